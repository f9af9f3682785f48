/** Laws of calls that are interrupted while the driver works. */
import * as Effect from "effect/Effect";
import { cutAfter } from "../faults/FaultyStorage.ts";
import { command, partsOf } from "./command.ts";
import { turn } from "./follow.ts";
import { done, job, row, same } from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";

const TURNS = Array.from({ length: 12 }, (_, n) => n);
const LATER = { now: 2000, until: 3000 };

export const cutLaws: ReadonlyArray<StorageLaw> = [
  law(
    "failure.cut-commit",
    "A commit cut short at any turn has happened wholly or not at all, and its retry acts once.",
    function* (lab) {
      for (const turns of TURNS) {
        for (const [way, each] of [Effect.yieldNow, turn].entries()) {
          const name = `c${turns} ${way}`;
          yield* cutAfter(lab.commit(command(name)), turns, each);
          const seen = yield* partsOf(lab, name);
          const whole = seen[0] ?? 0;
          yield* same(`parts after ${turns} turns`, seen, [whole, whole, whole, whole, whole]);
          yield* lab.commit(command(name));
          yield* same("parts after the retry", yield* partsOf(lab, name), [1, 1, 1, 1, 1]);
        }
      }
      yield* same("index entries", yield* lab.count(), TURNS.length * 2);
      yield* same("jobs", (yield* lab.lease({ limit: 100 })).length, TURNS.length * 2);
    },
  ),
  law(
    "failure.cut-lease",
    "A lease cut short at any turn leaves each job free or held to the lease's end, never lost.",
    function* (lab) {
      for (const turns of TURNS) {
        const other = lab.within(`t${turns}`);
        yield* other.commit({ schedule: [job("j"), job("k")] });
        yield* cutAfter(other.lease(), turns, turn);
        const back = yield* other.lease(LATER);
        const ids = back.map((one) => one.id).sort();
        yield* same(`jobs after ${turns} turns`, ids, ["j", "k"]);
      }
    },
  ),
  law(
    "failure.cut-settle",
    "A settlement cut short at any turn may be sent again and is then Settled, once.",
    function* (lab) {
      for (const turns of TURNS) {
        const other = lab.within(`t${turns}`);
        yield* other.commit({ schedule: [job("j"), job("k")] });
        const leased = yield* other.lease();
        const settled = other.settle(1100, ...leased.map(done));
        yield* cutAfter(settled, turns, turn);
        yield* same(`again after ${turns} turns`, yield* settled, ["Settled", "Settled"]);
        yield* same("jobs", yield* other.lease(LATER), []);
      }
    },
  ),
  law(
    "failure.usable-after-cuts",
    "After any number of calls cut short nothing is held: every method answers.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a", { by: ["k"] })], schedule: [job("j")] });
      for (let n = 0; n < 40; n += 1) {
        const calls: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
          lab.read("a"),
          lab.scan(),
          lab.count(),
          lab.feed(),
          lab.commit({ rows: [row(`b${n}`)] }),
          lab.refused({ rows: [row("a")] }),
          lab.lease({ queue: "nothing" }),
          lab.settle(1000),
        ];
        yield* Effect.forEach(calls, (call) => cutAfter(call, n % 4, turn), {
          concurrency: "unbounded",
          discard: true,
        });
      }
      yield* lab.commit({ rows: [row("a", { expected: 1, by: ["k"] })] });
      yield* same("row", yield* lab.versions("a"), [2]);
      yield* same("scan", [yield* lab.scanAll(), yield* lab.count()], [["a"], 1]);
      yield* same("job", (yield* lab.lease()).length, 1);
    },
  ),
];
