/** Laws of indexes while rows are rewritten, and of cursors at odd places. */
import type { RowWrite } from "@linli/core/ports";
import { entry, HOME, type Lab, row, same } from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";
import { JOINS } from "./lookalikes.ts";

const ORDERS = ["ascending", "descending"] as const;

/** A row under the same keys in two indexes, or in one of them. */
const placed = (
  id: string,
  expected: number,
  places: Readonly<Record<string, ReadonlyArray<string>>>,
): RowWrite => ({
  ...row(id, { expected }),
  indexes: Object.entries(places).flatMap(([index, keys]) => keys.map((key) => ({ index, key }))),
});

const keysIn = function* (lab: Lab, index: string, kind = "thing") {
  const page = yield* lab.scan({ index, kind });
  return page.rows.map((one) => one.key);
};

const indexLaws: ReadonlyArray<StorageLaw> = [
  law(
    "scan.reindexed-elsewhere",
    "Rewriting a row ends its entries in indexes that the new version does not name.",
    function* (lab) {
      yield* lab.commit({ rows: [placed("a", 0, { by: ["k", "l"], due: ["1"], place: ["p"] })] });
      yield* lab.commit({ rows: [placed("a", 1, { due: ["2"] })] });
      yield* same("by", [yield* keysIn(lab, "by"), yield* lab.count()], [[], 0]);
      yield* same("due", yield* keysIn(lab, "due"), ["2"]);
      yield* same("place", yield* keysIn(lab, "place"), []);
      yield* lab.commit({ rows: [placed("a", 2, { by: ["m"] })] });
      yield* same("by again", yield* keysIn(lab, "by"), ["m"]);
      yield* same("due no more", yield* keysIn(lab, "due"), []);
    },
  ),
  law(
    "scan.reindexed-alike",
    "Keys in another order, split or joined otherwise are told from those before: afterwards each stands as written last.",
    function* (lab) {
      const joined = JOINS.flatMap(({ ab }) => [["a", "b"], [ab]]);
      const lists = [
        ...joined,
        ["b", "a"],
        ["a", "b"],
        ["a,by:b"],
        ["a", "b"],
        ["b", "a", "c", "a"],
      ];
      for (const [n, by] of lists.entries()) {
        yield* lab.commit({ rows: [row("a", { expected: n, value: `${n}`, by })] });
        const page = yield* lab.scan();
        yield* same(
          `list ${n}`,
          page.rows.map((one) => [one.key, one.value]),
          [...new Set(by)].sort().map((key) => [key, `${n}`]),
        );
      }
    },
  ),
  law(
    "scan.reindexed-kinds-apart",
    "Rewriting or deleting a row leaves the index entries of other kinds' rows of its id alone.",
    function* (lab) {
      const kinds = ["person", "thing", "unit"];
      const of = (kind: string, expected: number, value: string | null, by: string) => ({
        ...row("a", { expected, value, by: value === null ? [] : [by] }),
        kind,
      });
      yield* lab.commit({ rows: kinds.map((kind) => of(kind, 0, "first", "k")) });
      yield* lab.commit({ rows: [of("person", 1, null, "")] });
      yield* lab.commit({ rows: [of("unit", 1, "second", "l")] });
      yield* same("person", yield* keysIn(lab, "by", "person"), []);
      yield* same("thing", [yield* keysIn(lab, "by"), yield* lab.count()], [["k"], 1]);
      yield* same("unit", yield* keysIn(lab, "by", "unit"), ["l"]);
      yield* same("row", yield* lab.versions("a"), [1]);
    },
  ),
  law(
    "delete.keys-stay-gone",
    "A row created again after a deletion stands under its new keys only.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a", { by: ["k", "l"] })] });
      yield* lab.commit({ rows: [row("a", { expected: 1, value: null })] });
      yield* lab.commit({ rows: [row("a")] });
      yield* same("under none", [yield* keysIn(lab, "by"), yield* lab.count()], [[], 0]);
      yield* lab.commit({ rows: [row("a", { expected: 1, value: null })] });
      yield* lab.commit({ rows: [row("a", { by: ["l", "m"] })] });
      yield* same("under two", yield* keysIn(lab, "by"), ["l", "m"]);
      yield* same("count", yield* lab.count(), 2);
    },
  ),
];

const cursorLaws: ReadonlyArray<StorageLaw> = [
  law(
    "scan.cursor-of-deleted",
    "A cursor goes on at its place when the row it stands behind was deleted or moved.",
    function* (lab) {
      const ids = ["a", "b", "c", "d", "e", "f", "g"];
      for (const [n, order] of ORDERS.entries()) {
        const town = lab.within(order);
        yield* town.commit({ rows: ids.map((id) => row(id, { by: [id] })) });
        const first = yield* town.scan({ order, limit: 3 });
        const behind = first.rows.at(-1)?.id ?? "";
        yield* town.commit({
          rows: [row(behind, { expected: 1, ...(n === 0 ? { value: null } : { by: ["z"] }) })],
        });
        const second = yield* town.scan({ order, limit: 2, cursor: first.next });
        const wanted = order === "ascending" ? ids : [...ids].reverse();
        const [next, gone = ""] = second.rows.map((one) => one.id);
        yield* same(`${order}: second page`, [next, gone], wanted.slice(3, 5));
        yield* town.commit({ rows: [row(gone, { expected: 1, by: n === 0 ? ["A"] : [] })] });
        const rest = yield* town.scanAll({ order, cursor: second.next });
        yield* same(`${order}: rest`, rest, wanted.slice(5));
      }
    },
  ),
  law(
    "scan.paging-any-keys",
    "Pages of one row go through keys and ids of any text, the empty key among them, in bytewise order both ways.",
    function* (lab) {
      const keys = ["", "\u0001", "A", "a", "é", "社", "\ue000", "\uffff", "𠮷", "\u{10ffff}"];
      const ids = ["a", "\uffff", "𠮷"];
      yield* lab.commit({
        rows: ids.map((id) => row(id, { by: keys })),
      });
      const wanted = keys.flatMap((key) => ids.map((id) => [key, id]));
      for (const order of ORDERS) {
        const seen: Array<ReadonlyArray<string>> = [];
        let cursor: string | null = null;
        do {
          const page: {
            readonly rows: ReadonlyArray<{ readonly key: string; readonly id: string }>;
            readonly next: string | null;
          } = yield* lab.scan({ order, limit: 1, cursor });
          seen.push(...page.rows.map((one) => [one.key, one.id]));
          cursor = page.next;
        } while (cursor !== null && seen.length <= wanted.length);
        yield* same(order, seen, order === "ascending" ? wanted : [...wanted].reverse());
      }
    },
  ),
  law(
    "scan.empty-bound",
    "The empty text is an end like any other: a range up to it holds nothing, one from it everything.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a", { by: [""] }), row("b", { by: ["k"] })] });
      const upTo = { from: null, to: "" };
      const from = { from: "", to: null };
      for (const order of ORDERS) {
        yield* same("up to", yield* lab.scan({ order, range: upTo }), { rows: [], next: null });
        const all = yield* lab.scanAll({ order, range: from });
        yield* same("from", all, order === "ascending" ? ["a", "b"] : ["b", "a"]);
      }
      yield* same("counts", [yield* lab.count(upTo), yield* lab.count(from)], [0, 2]);
      const between = { from: "", to: "\u0001" };
      yield* same("between", yield* lab.scanAll({ range: between }), ["a"]);
    },
  ),
  law(
    "scan.cursor-beyond-range",
    "A cursor with a range that ends before it gives nothing, and nothing a second time.",
    function* (lab) {
      const ids = ["a", "b", "c", "d", "e", "f"];
      yield* lab.commit({ rows: ids.map((id) => row(id, { by: [id] })) });
      for (const order of ORDERS) {
        const { next } = yield* lab.scan({ order, limit: 3 });
        const range = order === "ascending" ? { from: "a", to: "c" } : { from: "e", to: null };
        const page = yield* lab.scan({ order, range, cursor: next });
        yield* same(order, page, { rows: [], next: null });
      }
    },
  ),
  law(
    "feed.limit-exact",
    "A page of exactly as many entries as are left behind a cursor gives them all, of the feed and of a stream.",
    function* (lab) {
      const all = Array.from({ length: 12 }, (_, n) => entry("s", n + 1));
      yield* lab.commit({ entries: all.slice(0, 7) });
      yield* lab.commit({ entries: all.slice(7) });
      const cursors = (yield* lab.feed()).map((one) => one.cursor);
      for (const stream of [null, "s"]) {
        for (const [n, after] of [null, ...cursors.slice(0, -1)].entries()) {
          const limit = all.length - n;
          const page = yield* lab.storage.feed({ namespace: HOME, after, limit, stream });
          yield* same(
            `${limit} left`,
            page.entries.map((one) => one.version),
            all.slice(n).map((one) => one.version),
          );
        }
      }
    },
  ),
  law(
    "feed.cursor-of-stream",
    "An entry has one cursor, read alone with its stream or among all: the whole feed goes on behind either.",
    function* (lab) {
      for (let n = 1; n <= 3; n += 1)
        yield* lab.commit({ entries: [entry("t", n), entry("s", n)] });
      const whole = yield* lab.feed();
      const line = yield* lab.feed({ stream: "s" });
      const cursorsOf = (list: typeof line) => list.map((one) => one.cursor);
      yield* same("cursors", cursorsOf(line), cursorsOf(whole.filter((one) => one.stream === "s")));
      const page = yield* lab.storage.feed({ namespace: HOME, after: null, limit: 2, stream: "s" });
      const rest = yield* lab.feed({ after: page.next });
      yield* same(
        "rest",
        rest.map((one) => `${one.stream}${one.version}`),
        ["t3", "s3"],
      );
    },
  ),
  law(
    "feed.cursor-rests-by-stream",
    "Of a stream, too, the cursor handed in comes back when nothing is new, whatever other streams hold.",
    function* (lab) {
      yield* lab.commit({ entries: [entry("s", 1)] });
      const end = (yield* lab.feed()).at(-1)?.cursor ?? null;
      yield* lab.commit({ entries: [entry("t", 1), entry("t", 2)] });
      for (const [stream, after] of [
        ["s", end],
        ["none", null],
        ["none", end],
      ] as const) {
        const page = yield* lab.storage.feed({ namespace: HOME, after, limit: 10, stream });
        yield* same(stream, page, { entries: [], next: after });
      }
      yield* lab.commit({ entries: [entry("s", 2)] });
      const fresh = yield* lab.feed({ stream: "s", after: end });
      yield* same(
        "fresh",
        fresh.map((one) => one.version),
        [2],
      );
    },
  ),
];

export const rewriteLaws: ReadonlyArray<StorageLaw> = [...indexLaws, ...cursorLaws];
