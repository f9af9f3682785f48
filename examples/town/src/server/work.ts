/** The work behind the town: due clocks, waiting messages, seals on their rhythm, boards. */
import type { LinliService } from "@linli/core/services";
import * as Effect from "effect/Effect";

/** Fires everything that is due and brings the boards up to date. */
export const settleDue = Effect.fnUntraced(function* (linli: LinliService) {
  while ((yield* linli.runDue()).more);
  while ((yield* linli.project()).more);
});
