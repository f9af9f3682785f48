/** Laws of receipts: a command acts once. */
import { entry, failsWith, HOME, job, receipt, row, same } from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";

export const receiptLaws: ReadonlyArray<StorageLaw> = [
  law("receipt.absent", "There is no receipt of a command that never came.", function* (lab) {
    yield* same("receipt", yield* lab.storage.receipt({ namespace: HOME, id: "c" }), null);
  }),
  law(
    "receipt.replays",
    "The same command with the same content is answered with its first receipt.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a")], receipt: receipt("c", "x", "first") });
      const again = yield* lab.commit({ rows: [row("a")], receipt: receipt("c", "x", "second") });
      const first = { id: "c", contentHash: "x", value: "first" };
      yield* same("result", again, { _tag: "Replayed", receipt: first });
      yield* same("receipt", yield* lab.storage.receipt({ namespace: HOME, id: "c" }), first);
    },
  ),
  law(
    "receipt.replay-writes-nothing",
    "A replayed command writes nothing, even where it would have been accepted.",
    function* (lab) {
      yield* lab.commit({ receipt: receipt("c", "x") });
      yield* lab.commit({
        rows: [row("a", { by: ["k"] })],
        entries: [entry("s", 1)],
        schedule: [job("j")],
        receipt: receipt("c", "x"),
      });
      yield* same("row", yield* lab.read("a"), [null]);
      yield* same("entries", yield* lab.feed(), []);
      yield* same("jobs", yield* lab.lease(), []);
    },
  ),
  law(
    "receipt.other-content",
    "The same command id with other content fails with ReceiptMismatch and writes nothing.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a")], receipt: receipt("c", "x") });
      const other = lab.commit({ rows: [row("b")], receipt: receipt("c", "y") });
      yield* failsWith("other content", "ReceiptMismatch", other);
      yield* same("row", yield* lab.read("b"), [null]);
    },
  ),
  law(
    "receipt.before-versions",
    "A known receipt is answered before any version is looked at.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a")], receipt: receipt("c", "x") });
      yield* lab.commit({ rows: [row("a", { expected: 1 })] });
      const again = yield* lab.commit({ rows: [row("a")], receipt: receipt("c", "x") });
      yield* same("result", again._tag, "Replayed");
    },
  ),
  law(
    "receipt.refused-leaves-none",
    "A refused command leaves no receipt and may be sent again.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a")] });
      yield* lab.refused({ rows: [row("a")], receipt: receipt("c", "x") });
      const again = yield* lab.commit({
        rows: [row("a", { expected: 1 })],
        receipt: receipt("c", "x"),
      });
      yield* same("result", again._tag, "Committed");
    },
  ),
  law(
    "receipt.kept-until",
    "A receipt is kept at least until its time, however much is written meanwhile.",
    function* (lab) {
      yield* lab.commit({ receipt: { ...receipt("c", "x"), keepUntil: 9000 } });
      for (let i = 0; i < 300; i += 1) {
        yield* lab.commit({ at: 9000, receipt: { ...receipt(`d${i}`, "x"), keepUntil: 8000 } });
      }
      const again = yield* lab.commit({ at: 9000, receipt: receipt("c", "x") });
      yield* same("result", again._tag, "Replayed");
    },
  ),
  law("receipt.kept-for-ever", "A receipt without a time is never forgotten.", function* (lab) {
    yield* lab.commit({ receipt: receipt("c", "x") });
    for (let i = 0; i < 300; i += 1) {
      const batch = {
        at: 4_000_000_000_000 + i,
        receipt: { ...receipt(`d${i}`, "x"), keepUntil: 5 },
      };
      yield* lab.commit(batch);
    }
    yield* same("result", (yield* lab.commit({ receipt: receipt("c", "x") }))._tag, "Replayed");
  }),
];
