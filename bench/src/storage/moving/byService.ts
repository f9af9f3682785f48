/** The move through the service: published, then worked off until `rekeying()` says that it is done. */
import * as Effect from "effect/Effect";
import { Disagreement } from "../../kit/report.ts";
import { makeService, type Service } from "../service.ts";
import type { Place } from "./place.ts";
import { MOVE_AT, movedHierarchy } from "./town.ts";

/** Issues in one commit: what `runDue` takes when it is told nothing. */
export const TOGETHER = 100;

/** A service on a copy, and the commits of issues it made. */
export interface Mover extends Service {
  readonly counted: { commits: number; rows: number };
}

/** Opens a copy at the instant of the move. */
export const openMover = async (place: Place, at: string): Promise<Mover> => {
  const { storage, close } = await place.open(at);
  const counted = { commits: 0, rows: 0 };
  const counting = {
    ...storage,
    commit: (batch: Parameters<typeof storage.commit>[0]) => {
      counted.commits += 1;
      counted.rows += batch.rows.length;
      return storage.commit(batch);
    },
  };
  const service = makeService({ storage: counting, close });
  service.clock.now = MOVE_AT;
  return { ...service, counted };
};

/** Publishes the move and works it off; how many issues were keyed anew. */
export const moveByService = async ({ linli }: Service): Promise<number> => {
  await Effect.runPromise(linli.publish({ hierarchy: movedHierarchy }));
  for (;;) {
    const { more } = await Effect.runPromise(linli.runDue());
    const progress = await Effect.runPromise(linli.rekeying());
    if (progress === null) throw new Disagreement("nothing was to be moved");
    if (progress.finishedAt !== null) return progress.keyed;
    if (!more) throw new Disagreement("the move is not done, and nothing more is due");
  }
};
