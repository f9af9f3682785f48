/** Laws of what lies in the data, looked at past the driver. */
import * as Effect from "effect/Effect";
import { command } from "./command.ts";
import { failsWith, guard, job, type Lab, receipt, row, same } from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";

export const inspectLaws: ReadonlyArray<StorageLaw> = [
  law(
    "failure.refused-no-trace",
    "A refused commit leaves nothing in the data, not even what no method shows.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a", { by: ["k"] })], schedule: [job("j")] });
      const before = yield* inspected(lab);
      yield* lab.refused({ ...command("b"), guards: [guard("a", 7)] });
      yield* failsWith(
        "other content",
        "ReceiptMismatch",
        Effect.andThen(
          lab.commit({ receipt: receipt("used", "x") }),
          lab.commit({ ...command("c"), receipt: receipt("used", "y") }),
        ),
      );
      const after = yield* inspected(lab);
      yield* same("stored", after, { ...before, receipts: before.receipts + 1 });
    },
    "inspect",
  ),
  law(
    "delete.no-trace",
    "Deleting rows and writing them anew leaves no index entry behind.",
    function* (lab) {
      const before = yield* inspected(lab);
      for (let n = 0; n < 5; n += 1) {
        yield* lab.commit({ rows: [row("a", { by: ["k", "l"] }), row("b", { by: ["m"] })] });
        yield* lab.commit({ rows: [row("a", { expected: 1, by: ["n"] })] });
        const gone = [
          row("a", { expected: 2, value: null }),
          row("b", { expected: 1, value: null }),
        ];
        yield* lab.commit({ rows: gone });
      }
      yield* same("stored", yield* inspected(lab), before);
    },
    "inspect",
  ),
  law(
    "commit.stored-as-counted",
    "What lies in the data is what was committed: rows, index entries, entries, receipts and jobs.",
    function* (lab) {
      yield* lab.commit(command("a"));
      yield* lab.within("minhou").commit(command("a"));
      yield* same("stored", yield* inspected(lab), {
        rows: 4,
        indexKeys: 2,
        entries: 4,
        receipts: 2,
        jobs: 2,
      });
    },
    "inspect",
  ),
];

const inspected = (lab: Lab) =>
  lab.fixture.inspect ?? Effect.die("a law that looks at the data needs `inspect`");
