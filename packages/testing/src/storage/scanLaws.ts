/** Laws of index order, ranges, pages and counts. */
import * as Effect from "effect/Effect";
import { EVERYTHING, failsWith, type Lab, row, same } from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";

const fill = (lab: Lab, count: number) =>
  lab.commit({
    rows: Array.from({ length: count }, (_, n) => row(nameOf(n), { by: [nameOf(n)] })),
  });
const nameOf = (n: number) => `k${String(n).padStart(3, "0")}`;
const names = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => nameOf(from + n));

/** In the order of their UTF-8 bytes; UTF-16 order and locale orders differ. */
const BYTEWISE = ["A", "Z", "a", "z", "~", "é", "社", "\ue000", "\uffff", "𠮷", "\u{10ffff}"];

export const scanLaws: ReadonlyArray<StorageLaw> = [
  law("scan.empty", "A scan of an index that nobody wrote is empty and ended.", function* (lab) {
    yield* same("page", yield* lab.scan(), { rows: [], next: null });
  }),
  law("scan.bytewise-order", "Keys are ordered by the bytes of their UTF-8 form.", function* (lab) {
    const rows = [...BYTEWISE].reverse().map((key) => row(`id ${key}`, { by: [key] }));
    yield* lab.commit({ rows });
    const page = yield* lab.scan();
    yield* same(
      "keys",
      page.rows.map((one) => one.key),
      BYTEWISE,
    );
  }),
  law(
    "scan.prefix-first",
    "A key sorts before every longer key that begins with it.",
    function* (lab) {
      yield* lab.commit({
        rows: [
          row("1", { by: ["ab"] }),
          row("2", { by: ["a"] }),
          row("3", { by: ["a\u0001"] }),
          row("4", { by: [""] }),
        ],
      });
      yield* same(
        "keys",
        (yield* lab.scan()).rows.map((one) => one.key),
        ["", "a", "a\u0001", "ab"],
      );
    },
  ),
  law(
    "scan.ties-by-id",
    "Rows under the same key are ordered by the bytes of their id.",
    function* (lab) {
      yield* lab.commit({
        rows: ["b", "𠮷", "\uffff", "a"].map((id) => row(id, { by: ["same"] })),
      });
      yield* same("ids", yield* lab.scanAll(), ["a", "b", "\uffff", "𠮷"]);
    },
  ),
  law(
    "scan.descending",
    "Descending is exactly the reverse of ascending, page by page too.",
    function* (lab) {
      yield* lab.commit({
        rows: ["c", "a", "b"].flatMap((id) => [
          row(`${id}1`, { by: ["x", id] }),
          row(`${id}2`, { by: [id] }),
        ]),
      });
      const upwards = yield* lab.scanAll();
      for (const limit of [1, 2, 100]) {
        const downwards = yield* lab.scanAll({ order: "descending", limit });
        yield* same(`pages of ${limit}`, downwards, [...upwards].reverse());
      }
    },
  ),
  law(
    "scan.half-open",
    "A range holds its lower end and not its upper end, in both orders.",
    function* (lab) {
      yield* fill(lab, 6);
      const range = { from: nameOf(1), to: nameOf(4) };
      yield* same("ascending", yield* lab.scanAll({ range }), names(1, 4));
      yield* same(
        "descending",
        yield* lab.scanAll({ range, order: "descending" }),
        names(1, 4).reverse(),
      );
    },
  ),
  law("scan.open-range", "A range open on a side reaches to that end.", function* (lab) {
    yield* fill(lab, 5);
    yield* same("to", yield* lab.scanAll({ range: { from: null, to: nameOf(2) } }), names(0, 2));
    yield* same("from", yield* lab.scanAll({ range: { from: nameOf(3), to: null } }), names(3, 5));
    yield* same(
      "all",
      yield* lab.scanAll({ range: EVERYTHING, order: "descending" }),
      names(0, 5).reverse(),
    );
  }),
  law("scan.bounds-between-keys", "The ends of a range need not be keys.", function* (lab) {
    yield* fill(lab, 5);
    const range = { from: `${nameOf(1)}x`, to: `${nameOf(3)}x` };
    yield* same("ids", yield* lab.scanAll({ range }), names(2, 4));
  }),
  law(
    "scan.empty-range",
    "A range that ends before it begins, or at its beginning, is empty.",
    function* (lab) {
      yield* fill(lab, 5);
      for (const order of ["ascending", "descending"] as const) {
        for (const [from, to] of [
          [nameOf(3), nameOf(1)],
          [nameOf(2), nameOf(2)],
        ] as const) {
          yield* same(order, yield* lab.scan({ order, range: { from, to } }), {
            rows: [],
            next: null,
          });
        }
      }
    },
  ),
  law(
    "scan.carries-rows",
    "A scan gives each row's current version and value with the key it was found under.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a", { by: ["k"] })] });
      yield* lab.commit({ rows: [row("a", { expected: 1, value: "new", by: ["k"] })] });
      const page = yield* lab.scan();
      yield* same("rows", page.rows, [
        { kind: "thing", id: "a", version: 2, value: "new", key: "k" },
      ]);
    },
  ),
  law(
    "scan.several-keys",
    "A row under several keys of an index is found under each.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a", { by: ["1", "3"] }), row("b", { by: ["2"] })] });
      yield* same("ids", yield* lab.scanAll(), ["a", "b", "a"]);
      yield* same(
        "keys",
        (yield* lab.scan()).rows.map((one) => one.key),
        ["1", "2", "3"],
      );
    },
  ),
  law("scan.same-key-once", "The same key given twice for a row is one entry.", function* (lab) {
    yield* lab.commit({ rows: [row("a", { by: ["k", "k"] })] });
    yield* lab.commit({ rows: [row("a", { expected: 1, by: ["k", "k", "l", "l"] })] });
    yield* same("count", [yield* lab.count(), (yield* lab.scanAll()).length], [2, 2]);
    yield* lab.commit({ rows: [row("a", { expected: 2, by: [] })] });
    yield* same("count", yield* lab.count(), 0);
  }),
  law("scan.reindexed", "Writing a row replaces all its index entries.", function* (lab) {
    yield* lab.commit({ rows: [row("a", { by: ["1", "2", "3"] })] });
    yield* lab.commit({ rows: [row("a", { expected: 1, by: ["2", "4"] })] });
    yield* same(
      "keys",
      (yield* lab.scan()).rows.map((one) => one.key),
      ["2", "4"],
    );
    yield* lab.commit({ rows: [row("a", { expected: 2 })] });
    yield* same("none left", yield* lab.scanAll(), []);
  }),
  law("scan.apart", "Indexes of other names and of other kinds do not mix.", function* (lab) {
    yield* lab.commit({
      rows: [
        {
          ...row("a"),
          indexes: [
            { index: "by", key: "1" },
            { index: "due", key: "2" },
          ],
        },
        { ...row("b"), kind: "person", indexes: [{ index: "by", key: "3" }] },
      ],
    });
    const seen = [
      yield* lab.scanAll(),
      yield* lab.scanAll({ index: "due" }),
      yield* lab.scanAll({ kind: "person" }),
    ];
    yield* same("ids", seen, [["a"], ["a"], ["b"]]);
  }),
  law(
    "scan.limit",
    "A page holds at most `limit` rows and says whether another follows.",
    function* (lab) {
      yield* fill(lab, 4);
      const [short, exact, long] = [
        yield* lab.scan({ limit: 3 }),
        yield* lab.scan({ limit: 4 }),
        yield* lab.scan({ limit: 5 }),
      ];
      yield* same("rows", [short.rows.length, exact.rows.length, long.rows.length], [3, 4, 4]);
      yield* same("more", [short.next !== null, exact.next, long.next], [true, null, null]);
    },
  ),
  law(
    "scan.paging",
    "Pages of any size put together are the whole range, each entry once.",
    function* (lab) {
      yield* lab.commit({
        rows: names(0, 10).map((id, n) => row(id, { by: [`k${n >> 2}`, `l${n % 3}`] })),
      });
      const whole = yield* lab.scanAll();
      yield* same("entries", whole.length, 20);
      for (const limit of [1, 2, 3, 7, 19, 20, 21]) {
        yield* same(`pages of ${limit}`, yield* lab.scanAll({ limit }), whole);
      }
    },
  ),
  law("scan.paging-in-range", "A cursor keeps within the range it was taken in.", function* (lab) {
    yield* fill(lab, 10);
    const range = { from: nameOf(2), to: nameOf(8) };
    for (const order of ["ascending", "descending"] as const) {
      const ids = yield* lab.scanAll({ range, order, limit: 2 });
      yield* same(order, [...ids].sort(), names(2, 8));
    }
  }),
  law(
    "scan.cursor-narrowed",
    "A cursor used with a narrower range gives nothing outside that range.",
    function* (lab) {
      yield* fill(lab, 10);
      const range = { from: nameOf(5), to: nameOf(7) };
      for (const order of ["ascending", "descending"] as const) {
        const { next } = yield* lab.scan({ order, limit: 2 });
        const page = yield* lab.scan({ order, range, cursor: next });
        const ids = page.rows.map((one) => one.id).sort();
        yield* same(order, ids, names(5, 7));
      }
    },
  ),
  law(
    "scan.paging-under-writes",
    "Rows that stay as they are are each seen exactly once, whatever is written between two pages.",
    function* (lab) {
      yield* fill(lab, 20);
      for (const order of ["ascending", "descending"] as const) {
        const seen = yield* pageThroughWrites(lab, order);
        const steady = seen.filter((id) => Number(id.slice(1)) % 2 === 1 && id.length === 4);
        const expected = names(0, 20).filter((_, n) => n % 2 === 1);
        yield* same(order, steady, order === "ascending" ? expected : expected.reverse());
      }
    },
  ),
  law(
    "scan.foreign-cursor",
    "A cursor that was never handed out is refused as Invalid.",
    function* (lab) {
      yield* failsWith("foreign cursor", "Invalid", lab.scan({ cursor: "no cursor" }));
    },
  ),
  law("count.exact", "A count is the number of index entries in the range.", function* (lab) {
    yield* fill(lab, 7);
    yield* lab.commit({ rows: [row("twice", { by: ["k001x", "k002x"] })] });
    yield* same("all", yield* lab.count(), 9);
    yield* same("range", yield* lab.count({ from: nameOf(1), to: nameOf(3) }), 4);
    yield* same("empty", yield* lab.count({ from: "x", to: "y" }), 0);
  }),
  law("count.bounded", "A count stops at `max`.", function* (lab) {
    yield* fill(lab, 7);
    const counts = [
      yield* lab.count(EVERYTHING, 0),
      yield* lab.count(EVERYTHING, 3),
      yield* lab.count(EVERYTHING, 7),
      yield* lab.count(EVERYTHING, 8),
    ];
    yield* same("counts", counts, [0, 3, 7, 7]);
  }),
  law(
    "count.follows-writes",
    "A count follows rows as they are written, moved and deleted.",
    function* (lab) {
      yield* fill(lab, 3);
      yield* lab.commit({
        rows: [
          row(nameOf(0), { expected: 1, value: null }),
          row(nameOf(1), { expected: 1, by: ["elsewhere"] }),
        ],
      });
      yield* same("count", yield* lab.count({ from: "k", to: "l" }), 1);
    },
  ),
];

/** Reads pages of 3; between two pages even rows are moved, deleted, added around the cursor. */
const pageThroughWrites = Effect.fnUntraced(function* (
  lab: Lab,
  order: "ascending" | "descending",
) {
  const seen: Array<string> = [];
  let cursor: string | null = null;
  let turn = 0;
  do {
    const page: {
      readonly rows: ReadonlyArray<{ readonly id: string }>;
      readonly next: string | null;
    } = yield* lab.scan({ order, limit: 3, cursor });
    seen.push(...page.rows.map((one) => one.id));
    cursor = page.next;
    const even = nameOf((turn * 2) % 20);
    const [version = 0] = yield* lab.versions(even);
    if (version > 0) {
      const moved = turn % 3 === 0 ? { value: null } : { by: [nameOf((turn * 7) % 20)] };
      yield* lab.commit({ rows: [row(even, { expected: version, ...moved })] });
    }
    const added = `${nameOf((turn * 5) % 20)}-${order}-${turn}`;
    yield* lab.commit({ rows: [row(added, { by: [added] })] });
    turn += 1;
  } while (cursor !== null && turn < 100);
  return seen;
});
