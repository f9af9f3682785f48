/** Laws of whole histories: several callers at once, and no order that explains the answers but a right one. */
import type { Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { checkAppends } from "../history/checkAppends.ts";
import { checkLeases } from "../history/LeaseHistory.ts";
import { recordAppends } from "../history/recordAppends.ts";
import { recordLeases } from "../history/recordLeases.ts";
import { Unexpected } from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";

const SEEDS = [1, 2, 3, 4, 5, 6];

export const historyLaws: ReadonlyArray<StorageLaw> = [
  law(
    "race.append-history",
    "What concurrent clients are told of reads, commits, refusals and guards fits one order of all commits.",
    function* (lab) {
      yield* appendsInOrder([lab.storage], 0);
    },
  ),
  law(
    "race.append-history-lost",
    "The same when answers get lost: each commit has happened once or not at all.",
    function* (lab) {
      yield* appendsInOrder([lab.storage], 25);
    },
  ),
  law(
    "race.lease-history",
    "Whatever concurrent workers lease, renew, settle and let run out, no job or key is ever held twice and none is lost.",
    function* (lab) {
      yield* leasesInOrder([lab.storage], 0);
    },
  ),
  law(
    "race.lease-history-lost",
    "The same when answers get lost: a job comes back when the lease nobody knows of has run out.",
    function* (lab) {
      yield* leasesInOrder([lab.storage], 20);
    },
  ),
];

/** Fails with the first anomaly that clients on these handles see. */
export const appendsInOrder = (handles: ReadonlyArray<Storage>, lostOfHundred: number) =>
  Effect.forEach(
    SEEDS,
    (seed) =>
      Effect.gen(function* () {
        const history = yield* recordAppends(handles, {
          namespace: `appends ${seed}`,
          seed,
          clients: 6,
          subjects: 4,
          commits: 8,
          lostOfHundred,
        });
        yield* nothingWrong(seed, checkAppends(history));
      }),
    { discard: true },
  );

/** Fails with the first anomaly that workers on these handles see. */
export const leasesInOrder = (handles: ReadonlyArray<Storage>, lostOfHundred: number) =>
  Effect.forEach(
    SEEDS,
    (seed) =>
      Effect.gen(function* () {
        const history = yield* recordLeases(handles, {
          namespace: `leases ${seed}`,
          seed,
          workers: 5,
          jobs: 12,
          keys: 7,
          rounds: 6,
          lostOfHundred,
        });
        yield* nothingWrong(seed, checkLeases(history));
      }),
    { discard: true },
  );

const nothingWrong = (
  seed: number,
  anomalies: ReadonlyArray<{
    readonly kind: string;
    readonly operations: ReadonlyArray<string>;
    readonly detail: string;
  }>,
) => {
  const [first] = anomalies;
  return first === undefined
    ? Effect.void
    : Effect.fail(
        new Unexpected(
          `${first.kind} of ${first.operations.join(", ")} in history ${seed}: ${first.detail}`,
        ),
      );
};
