/** What a refused batch must leave behind: nothing. */
import type { StorageReason } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { failsWith, HOME, type Lab, type PartialBatch, same } from "./Lab.ts";

/** Each batch must fail with the reason. */
export const allRefused = (lab: Lab, reason: StorageReason, batches: ReadonlyArray<PartialBatch>) =>
  Effect.forEach(batches, (batch, at) =>
    failsWith(`batch ${at}`, reason, lab.commit({ ...batch, at: 1000 + at })),
  );

/** Nothing of what the batches of these laws name is there. */
export const nothingThere = Effect.fnUntraced(function* (lab: Lab) {
  yield* same("rows", yield* lab.scanAll(), []);
  yield* same("row", yield* lab.read("a"), [null]);
  yield* same("entries", yield* lab.feed(), []);
  yield* same("jobs", yield* lab.lease(), []);
  yield* same("receipt", yield* lab.storage.receipt({ namespace: HOME, id: "c" }), null);
});
