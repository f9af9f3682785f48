/** Laws of reading, committing, deleting, guarding. */
import * as Effect from "effect/Effect";
import { lookTwice } from "./command.ts";
import { entry, guard, HOME, job, receipt, row, same } from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";

export const commitLaws: ReadonlyArray<StorageLaw> = [
  law(
    "read.order",
    "Rows come in the order of the keys asked for, null where there is none, a key asked twice twice.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a"), row("b")] });
      const found = yield* lab.read("b", "none", "a", "b");
      yield* same(
        "ids",
        found.map((one) => one?.id ?? null),
        ["b", null, "a", "b"],
      );
    },
  ),
  law("read.empty", "Asking for no rows gives none.", function* (lab) {
    yield* same("rows", yield* lab.read(), []);
  }),
  law(
    "read.unchanged",
    "A row reads back with its kind, id, version and value as written.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a", { value: '{"n":1,"t":"井盖"}' })] });
      const expected = { kind: "thing", id: "a", version: 1, value: '{"n":1,"t":"井盖"}' };
      yield* same("row", yield* lab.read("a"), [expected]);
    },
  ),
  law(
    "read.kinds-apart",
    "Rows of different kinds with the same id are different rows.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a"), { ...row("a", { value: "other" }), kind: "person" }] });
      const found = yield* lab.storage.read({
        namespace: HOME,
        keys: [{ kind: "person", id: "a" }],
      });
      yield* same(
        "values",
        [found[0]?.value, (yield* lab.read("a"))[0]?.value],
        ["other", "value of a"],
      );
    },
  ),
  law("commit.first-version", "A created row has version 1.", function* (lab) {
    yield* lab.commit({ rows: [row("a")] });
    yield* same("version", yield* lab.versions("a"), [1]);
  }),
  law("commit.version-steps", "Each write raises a row's version by exactly one.", function* (lab) {
    for (let expected = 0; expected < 5; expected += 1) {
      yield* lab.commit({ rows: [row("a", { expected })] });
      yield* same("version", yield* lab.versions("a"), [expected + 1]);
    }
  }),
  law(
    "commit.reads-own-writes",
    "An acknowledged commit is what the next read shows.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a", { value: "one" })] });
      yield* lab.commit({ rows: [row("a", { expected: 1, value: "two" })] });
      yield* same("value", (yield* lab.read("a"))[0]?.value, "two");
    },
  ),
  law(
    "commit.stale-refused",
    "A write over an older version is refused and changes nothing.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a")] });
      yield* lab.commit({ rows: [row("a", { expected: 1, value: "newer" })] });
      yield* lab.refused({ rows: [row("a", { expected: 1, value: "stale" })] });
      yield* same("value", (yield* lab.read("a"))[0]?.value, "newer");
    },
  ),
  law(
    "commit.ahead-refused",
    "A write over a version that is not there yet is refused.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a")] });
      yield* lab.refused({ rows: [row("a", { expected: 2 })] });
      yield* same("version", yield* lab.versions("a"), [1]);
    },
  ),
  law("commit.create-twice-refused", "Creating a row that exists is refused.", function* (lab) {
    yield* lab.commit({ rows: [row("a")] });
    yield* lab.refused({ rows: [row("a", { value: "second" })] });
    yield* same("value", (yield* lab.read("a"))[0]?.value, "value of a");
  }),
  law(
    "commit.missing-refused",
    "Writing over a row that does not exist is refused.",
    function* (lab) {
      yield* lab.refused({ rows: [row("a", { expected: 1 })] });
      yield* same("row", yield* lab.read("a"), [null]);
    },
  ),
  law(
    "commit.conflict-names-actual",
    "A conflict names the row with the version asked for and the one that is there.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a")] });
      yield* lab.commit({ rows: [row("a", { expected: 1 })] });
      const conflicts = yield* lab.refused({ rows: [row("a", { expected: 1 })] });
      yield* same("conflicts", conflicts, [{ kind: "thing", id: "a", expected: 1, actual: 2 }]);
    },
  ),
  law(
    "commit.conflict-names-all",
    "A conflict names every row, guard and stream that did not hold, once each.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a"), row("b")], entries: [entry("s", 1)] });
      const conflicts = yield* lab.refused({
        rows: [row("a"), row("fine")],
        guards: [guard("b", 7), guard("none", 1)],
        entries: [entry("s", 4), entry("s", 5)],
      });
      yield* same("conflicts", conflicts, [
        { kind: "stream", id: "s", expected: 3, actual: 1 },
        { kind: "thing", id: "a", expected: 0, actual: 1 },
        { kind: "thing", id: "b", expected: 7, actual: 1 },
        { kind: "thing", id: "none", expected: 1, actual: 0 },
      ]);
    },
  ),
  law(
    "commit.atomic",
    "When one thing does not hold, no row, index key, entry, job or receipt of the batch appears.",
    function* (lab) {
      yield* lab.commit({ rows: [row("old")] });
      yield* lab.refused({
        rows: [row("new", { by: ["k"] }), row("old")],
        entries: [entry("s", 1)],
        schedule: [job("j")],
        receipt: receipt("c", "x"),
      });
      yield* same("row", yield* lab.read("new"), [null]);
      yield* same("index keys", yield* lab.scanAll(), []);
      yield* same("entries", yield* lab.feed(), []);
      yield* same("jobs", yield* lab.lease(), []);
      yield* same("receipt", yield* lab.storage.receipt({ namespace: HOME, id: "c" }), null);
    },
  ),
  law(
    "commit.atomic-cancel",
    "A refused batch neither cancels nor settles a job.",
    function* (lab) {
      yield* lab.commit({ rows: [row("old")], schedule: [job("j"), job("k")] });
      yield* lab.refused({ rows: [row("old")], cancel: ["j", "k"] });
      yield* same("jobs", (yield* lab.lease()).length, 2);
    },
  ),
  law(
    "commit.all-together",
    "Rows, index keys, entries, jobs and the receipt of a batch are all there afterwards.",
    function* (lab) {
      yield* lab.commit({
        rows: [row("a", { by: ["k"] })],
        entries: [entry("s", 1)],
        schedule: [job("j")],
        receipt: receipt("c", "x"),
      });
      yield* same("row", yield* lab.versions("a"), [1]);
      yield* same("index keys", yield* lab.scanAll(), ["a"]);
      yield* same("entries", (yield* lab.feed()).length, 1);
      yield* same("jobs", (yield* lab.lease()).length, 1);
      const kept = yield* lab.storage.receipt({ namespace: HOME, id: "c" });
      yield* same("receipt", kept, { id: "c", contentHash: "x", value: "result of c" });
    },
  ),
  law("commit.empty", "An empty batch is committed.", function* (lab) {
    yield* same("result", yield* lab.commit({}), { _tag: "Committed" });
  }),
  law("commit.after-refusal", "After a refusal the right batch is accepted.", function* (lab) {
    yield* lab.commit({ rows: [row("a")] });
    yield* lab.refused({ rows: [row("a"), row("b")], entries: [entry("s", 1)] });
    yield* lab.commit({ rows: [row("a", { expected: 1 }), row("b")], entries: [entry("s", 1)] });
    yield* same("versions", yield* lab.versions("a", "b"), [2, 1]);
  }),
  law("delete.gone", "A deleted row reads as null and counts as version 0.", function* (lab) {
    yield* lab.commit({ rows: [row("a", { by: ["k"] })] });
    yield* lab.commit({ rows: [row("a", { expected: 1, value: null })] });
    yield* same("row", yield* lab.read("a"), [null]);
    const conflicts = yield* lab.refused({ rows: [row("a", { expected: 1 })] });
    yield* same("actual", conflicts[0]?.actual, 0);
  }),
  law("delete.index-gone", "Deleting a row deletes its index entries.", function* (lab) {
    yield* lab.commit({ rows: [row("a", { by: ["k", "l"] }), row("b", { by: ["k"] })] });
    yield* lab.commit({ rows: [row("a", { expected: 1, value: null })] });
    yield* same("scan", yield* lab.scanAll(), ["b"]);
    yield* same("count", yield* lab.count(), 1);
  }),
  law(
    "delete.create-again",
    "A deleted row can be created again and starts at version 1.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a")] });
      yield* lab.commit({ rows: [row("a", { expected: 1, value: null })] });
      yield* lab.commit({ rows: [row("a", { value: "again" })] });
      yield* same("row", (yield* lab.read("a"))[0], {
        kind: "thing",
        id: "a",
        version: 1,
        value: "again",
      });
    },
  ),
  law(
    "delete.stale-refused",
    "Deleting over another version, or what is not there, is refused.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a")] });
      yield* lab.refused({ rows: [row("a", { expected: 2, value: null })] });
      yield* lab.refused({ rows: [row("b", { expected: 1, value: null })] });
      yield* same("versions", yield* lab.versions("a", "b"), [1, 0]);
    },
  ),
  law(
    "guard.holds",
    "A commit is accepted while its guards hold, and leaves the guarded rows alone.",
    function* (lab) {
      yield* lab.commit({ rows: [row("charter")] });
      yield* lab.commit({ rows: [row("a")], guards: [guard("charter", 1)] });
      yield* same("versions", yield* lab.versions("charter", "a"), [1, 1]);
    },
  ),
  law(
    "guard.refuses",
    "A guard on a version that has moved on refuses the whole commit.",
    function* (lab) {
      yield* lab.commit({ rows: [row("charter")] });
      yield* lab.commit({ rows: [row("charter", { expected: 1 })] });
      const conflicts = yield* lab.refused({ rows: [row("a")], guards: [guard("charter", 1)] });
      yield* same("conflicts", conflicts, [
        { kind: "thing", id: "charter", expected: 1, actual: 2 },
      ]);
      yield* same("row", yield* lab.read("a"), [null]);
    },
  ),
  law(
    "guard.absence",
    "A guard on version 0 holds while the row is missing and refuses once it is there.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a")], guards: [guard("leave", 0)] });
      yield* lab.commit({ rows: [row("leave")] });
      yield* lab.refused({ rows: [row("b")], guards: [guard("leave", 0)] });
      yield* same("versions", yield* lab.versions("a", "b"), [1, 0]);
    },
  ),
  law("guard.deleted", "A guard on a row that was deleted refuses.", function* (lab) {
    yield* lab.commit({ rows: [row("post")] });
    yield* lab.commit({ rows: [row("post", { expected: 1, value: null })] });
    const conflicts = yield* lab.refused({ rows: [row("a")], guards: [guard("post", 1)] });
    yield* same("actual", conflicts[0]?.actual, 0);
  }),
  law("guard.alone", "A commit of guards and entries only is still guarded.", function* (lab) {
    yield* lab.commit({ rows: [row("post")] });
    yield* lab.refused({ guards: [guard("post", 2)], entries: [entry("s", 1)] });
    yield* same("entries", yield* lab.feed(), []);
  }),
  law(
    "commit.interrupted-whole",
    "A commit that is interrupted has happened wholly or not at all.",
    function* (lab) {
      for (let i = 0; i < 20; i += 1) {
        const batch = {
          rows: [row(`a${i}`, { by: ["k"] }), row(`b${i}`)],
          entries: [entry(`s${i}`, 1)],
        };
        const fiber = yield* Effect.forkChild(lab.commit(batch));
        if (i % 2 === 0) yield* Effect.yieldNow;
        yield* Effect.sync(() => fiber.interruptUnsafe());
        yield* Effect.exit(Effect.suspend(() => lab.read(`a${i}`)));
        const look = Effect.gen(function* () {
          const seen = yield* lab.versions(`a${i}`, `b${i}`);
          return [...seen, (yield* lab.feed({ stream: `s${i}` })).length];
        });
        const parts = yield* lookTwice(look);
        const whole = parts[0] ?? 0;
        yield* same("parts seen", parts, [whole, whole, whole]);
      }
    },
  ),
];
