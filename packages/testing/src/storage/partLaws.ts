/**
 * Laws of the parts of a batch: each is held by itself, whatever stands beside it, and what
 * is refused for one part's sake is refused in all of them.
 */
import { STORAGE_LIMITS } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import {
  dead,
  done,
  entry,
  failsWith,
  guard,
  HOME,
  idsOf,
  job,
  type Lab,
  only,
  type PartialBatch,
  receipt,
  renew,
  row,
  same,
} from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";

/** What a batch would leave that has something of everything. */
const FULL: PartialBatch = {
  rows: [row("new", { by: ["k"] })],
  entries: [entry("s", 1)],
  schedule: [job("new")],
  cancel: ["waits"],
  receipt: receipt("c", "x"),
};

/** Nothing of such a batch is there, and the job it would have cancelled still is. */
const untouched = Effect.fnUntraced(function* (lab: Lab, what: string) {
  yield* same(`${what}: row`, yield* lab.read("new"), [null]);
  yield* same(`${what}: index keys`, [yield* lab.scanAll(), yield* lab.count()], [[], 0]);
  yield* same(`${what}: entries`, yield* lab.feed({ stream: "s" }), []);
  const kept = yield* lab.storage.receipt({ namespace: HOME, id: "c" });
  yield* same(`${what}: receipt`, kept, null);
});

const atomLaws: ReadonlyArray<StorageLaw> = [
  law(
    "commit.atomic-whatever",
    "When nothing but a lease, a dead job, a stream or its head does not hold, no part of the batch appears or acts either.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("waits", { dueAt: 3000 })], entries: [entry("t", 1)] });
      const wrong: Readonly<Record<string, PartialBatch>> = {
        lease: { settle: [{ _tag: "Done", namespace: HOME, id: "j", token: "of nobody" }] },
        dead: { revive: [{ id: "waits", dueAt: 1000 }] },
        stream: { entries: [...(FULL.entries ?? []), entry("t", 3)] },
        head: { entries: [...(FULL.entries ?? []), { ...entry("t", 2), previous: "another" }] },
      };
      for (const [what, part] of Object.entries(wrong)) {
        const conflicts = yield* lab.refused({ ...FULL, ...part });
        yield* same(
          "conflicts",
          conflicts.map((one) => one.kind),
          [what],
        );
        yield* untouched(lab, what);
      }
      yield* same("jobs", idsOf(yield* lab.lease({ now: 3000, until: 4000 })), ["waits"]);
      yield* lab.commit({ rows: [row("new")] });
      yield* same("under no key", [yield* lab.scanAll(), yield* lab.count()], [[], 0]);
    },
  ),
  law(
    "commit.order-of-parts",
    "Of one batch jobs are settled first, then cancelled, then revived, then scheduled, each in the order of its list.",
    function* (lab) {
      yield* lab.commit({ schedule: ["a", "b", "c", "d", "e"].map((id) => job(id)) });
      const [a, b, c, d, e] = yield* lab.lease();
      if (a === undefined || b === undefined || c === undefined) return yield* only("jobs", []);
      if (d === undefined || e === undefined) return yield* only("jobs", []);
      yield* lab.settle(1100, dead(c), dead(d), dead(e));
      yield* lab.commit({
        at: 1200,
        settle: [done(a), dead(b)],
        cancel: ["a", "b", "c"],
        revive: ["d", "c", "e"].map((id) => ({ id, dueAt: 1300 })),
        schedule: [job("f", { dueAt: 1300 }), job("e", { dueAt: 1300, value: "scheduled" })],
      });
      yield* same("done before it is cancelled", yield* lab.settle(1250, done(a)), ["Settled"]);
      yield* same("dead before it is cancelled", idsOf(yield* lab.dead()), ["b"]);
      const jobs = yield* lab.lease({ now: 1300 });
      yield* same("revived, then scheduled", idsOf(jobs), ["d", "c", "f", "e"]);
      yield* same("the scheduled one counts", jobs.at(-1)?.value, "scheduled");
      return undefined;
    },
  ),
  law(
    "commit.batch-given-back",
    "Once a commit is answered its batch is the caller's again: changing it changes nothing that is stored.",
    function* (lab) {
      const [kept, index] = [{ ...row("a") }, { index: "by", key: "k" }];
      const [line, work, first] = [entry("s", 1), { ...job("j") }, { ...receipt("c", "x") }];
      const lists = { rows: [{ ...kept, indexes: [index] }], entries: [line], schedule: [work] };
      yield* lab.commit({ ...lists, receipt: first });
      const scribbled = {
        id: "z",
        value: "scribble",
        key: "z",
        stream: "z",
        hash: "z",
        queue: "z",
      };
      for (const part of [...lists.rows, index, line, work, first])
        Object.assign(part, scribbled, { index: "z", contentHash: "z", dueAt: 9000, version: 9 });
      for (const list of [lists.rows, lists.entries, lists.schedule]) list.length = 0;
      yield* same("row", (yield* lab.read("a"))[0]?.value, "value of a");
      yield* same("index", yield* lab.scanAll(), ["a"]);
      yield* lab.commit({ rows: [row("a", { expected: 1, by: ["l"] })] });
      yield* same("index afterwards", yield* lab.scanAll(), ["a"]);
      const seen = (yield* lab.feed({ stream: "s" })).map(({ cursor: _, ...one }) => one);
      yield* same("entry", seen, [entry("s", 1)]);
      yield* same("receipt", yield* lab.storage.receipt({ namespace: HOME, id: "c" }), {
        ...{ id: "c", contentHash: "x", value: "result of c" },
      });
      const leased = yield* only("job", yield* lab.lease());
      yield* same("job", [leased.id, leased.value], ["j", "work j"]);
    },
  ),
];

const heldLaws: ReadonlyArray<StorageLaw> = [
  law(
    "stream.other-in-several",
    "Of several streams in a batch each entry is held against its own stream's end, and each head that differs is named.",
    function* (lab) {
      yield* lab.commit({ entries: [entry("s", 1), entry("t", 1), entry("u", 1)] });
      const [s, t, u] = ["s", "t", "u"].map((name) => ({
        ...entry(name, 2),
        previous: entry(name, 1).hash,
      }));
      if (s === undefined || t === undefined || u === undefined) return yield* only("entries", []);
      const astray = (one: typeof s) => ({ ...one, previous: s.previous });
      const head = (id: string) => ({ kind: "head", id, expected: 1, actual: 0 });
      yield* same("one", yield* lab.refused({ entries: [s, astray(t), u] }), [head("t")]);
      yield* same("last", yield* lab.refused({ entries: [s, t, astray(u)] }), [head("u")]);
      const several = yield* lab.refused({ entries: [s, astray(t), astray(u)] });
      yield* same("several", several, [head("t"), head("u")]);
      yield* lab.commit({ entries: [s, t, u] });
      return undefined;
    },
  ),
  law(
    "guard.each-held",
    "Of several guards each is held, those on absence among them.",
    function* (lab) {
      const ids = ["a", "b", "c"];
      yield* lab.commit({ rows: ids.map((id) => row(id)) });
      for (const absent of ids) {
        const guards = ids.map((id) => guard(id, id === absent ? 0 : 1));
        yield* same(absent, yield* lab.refused({ rows: [row("d")], guards }), [
          { kind: "thing", id: absent, expected: 0, actual: 1 },
        ]);
      }
      yield* lab.commit({
        rows: [row("d")],
        guards: [guard("a", 1), guard("e", 0), guard("c", 1)],
      });
      yield* same("versions", yield* lab.versions("d", "e"), [1, 0]);
    },
  ),
  law(
    "guard.kinds-apart",
    "A guard is on the row of its kind, whatever rows of other kinds have its id.",
    function* (lab) {
      const other = (id: string, expected: number) => ({
        ...row(id, { expected }),
        kind: "person",
      });
      yield* lab.commit({ rows: [other("a", 0), row("b")] });
      yield* lab.commit({ rows: [other("a", 1), other("b", 0)], guards: [guard("a", 0)] });
      yield* lab.commit({ rows: [other("b", 1)], guards: [guard("a", 0), guard("b", 1)] });
      yield* same("missing", yield* lab.refused({ guards: [guard("a", 2)] }), [
        { kind: "thing", id: "a", expected: 2, actual: 0 },
      ]);
      yield* same("another", yield* lab.refused({ guards: [guard("b", 2)] }), [
        { kind: "thing", id: "b", expected: 2, actual: 1 },
      ]);
    },
  ),
  law(
    "guard.before-writes",
    "A guard on a row that the batch itself writes is on its version before the batch.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a"), row("b")], guards: [guard("a", 0)] });
      yield* lab.commit({
        rows: [row("a", { expected: 1 }), row("b", { expected: 1, value: null })],
        guards: [guard("a", 1), guard("b", 1)],
      });
      yield* lab.refused({ rows: [row("a", { expected: 2 })], guards: [guard("a", 3)] });
      yield* lab.refused({ rows: [row("b")], guards: [guard("b", 1)] });
      yield* same("versions", yield* lab.versions("a", "b"), [2, 0]);
    },
  ),
  law(
    "receipt.other-content-first",
    "Other content under a known command is told as such before any version is looked at, and moves no job.",
    function* (lab) {
      yield* lab.commit({
        rows: [row("a")],
        schedule: [job("j"), job("k", { dueAt: 1500 }), job("x")],
        receipt: receipt("c", "x"),
      });
      const [j, x] = yield* lab.lease();
      if (j === undefined || x === undefined) return yield* only("jobs", []);
      yield* lab.settle(1100, dead(x));
      const other = {
        at: 1200,
        settle: [done(j)],
        cancel: ["k"],
        revive: [{ id: "x", dueAt: 1200 }],
        schedule: [job("new")],
        receipt: receipt("c", "y"),
      };
      yield* failsWith("as it could act", "ReceiptMismatch", lab.commit(other));
      const stale = { ...other, rows: [row("a")], entries: [entry("s", 7)] };
      yield* failsWith("as it could not", "ReceiptMismatch", lab.commit(stale));
      yield* same("dead", idsOf(yield* lab.dead()), ["x"]);
      yield* same("waiting", idsOf(yield* lab.lease({ now: 1500 })), ["k"]);
      yield* same("held", yield* lab.settle(1600, renew(1700, j)), ["Settled"]);
      return undefined;
    },
  ),
  law(
    "limits.conflicts-at-bound",
    "Of the largest number of guards that do not hold each is named.",
    function* (lab) {
      const ids = Array.from({ length: STORAGE_LIMITS.batchItems }, (_, n) => `n${10 ** 5 + n}`);
      const conflicts = yield* lab.refused({ guards: ids.map((id) => guard(id, 7)) });
      const named = new Set(conflicts.map((one) => one.id));
      yield* same("named", [conflicts.length, named.size], [ids.length, ids.length]);
    },
  ),
];

export const partLaws: ReadonlyArray<StorageLaw> = [...atomLaws, ...heldLaws];
