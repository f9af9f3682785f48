/**
 * Laws of bounds: every list of a batch, every request, every page and every text works
 * at exactly the largest size, to the last item and the last byte.
 */
import { type LeasedJob, STORAGE_LIMITS } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import {
  dead,
  done,
  entry,
  guard,
  HOME,
  idsOf,
  job,
  type Lab,
  only,
  receipt,
  row,
  same,
} from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";

const { batchItems: ITEMS, pageRows: PAGE, keyBytes, valueBytes } = STORAGE_LIMITS;

/** Names of as many things as a batch may hold, none the beginning of another. */
const names = (count: number = ITEMS) => Array.from({ length: count }, (_, n) => `n${10 ** 5 + n}`);

const LARGEST = `${"栋".repeat(Math.floor(valueBytes / 3))}x`;

/** Of the largest size in bytes; two of them differ in the last only. */
const longest = (last: string) => "楼".repeat(Math.floor(keyBytes / 3)) + `a${last}`;

/** Leases by the largest pages until nothing is left. */
const leaseAll = Effect.fnUntraced(function* (lab: Lab) {
  const all: Array<LeasedJob> = [];
  for (;;) {
    const jobs = yield* lab.lease({ limit: PAGE });
    if (jobs.length === 0) return all;
    all.push(...jobs);
  }
});

const alike = (what: string, seen: ReadonlyArray<string>, wanted: ReadonlyArray<string>) => {
  const at = wanted.findIndex((one, n) => seen[n] !== one);
  const from = at < 0 ? wanted.length : at;
  const around = (list: ReadonlyArray<string>) => [list.length, ...list.slice(from, from + 3)];
  return same(`${what}, from ${from} on`, around(seen), around(wanted));
};

const batchLaws: ReadonlyArray<StorageLaw> = [
  law(
    "limits.rows-at-bound",
    "A batch of nothing but the largest number of rows is written, and one request reads them all, in its order.",
    function* (lab) {
      const ids = names();
      yield* lab.commit({ rows: ids.map((id) => row(id)) });
      const backwards = [...ids].reverse();
      const found = yield* lab.read(...backwards);
      yield* alike(
        "rows",
        found.map((one) => one?.id ?? "none"),
        backwards,
      );
    },
  ),
  law(
    "limits.guards-at-bound",
    "Of the largest number of guards each is held: the first and the last that do not hold are named.",
    function* (lab) {
      const ids = names();
      const first = ids[0] ?? "";
      const last = ids.at(-1) ?? "";
      const guards = ids.map((id) => guard(id, id === first || id === last ? 7 : 0));
      const conflicts = yield* lab.refused({ guards });
      yield* same("conflicts", conflicts, [
        { kind: "thing", id: first, expected: 7, actual: 0 },
        { kind: "thing", id: last, expected: 7, actual: 0 },
      ]);
      yield* lab.commit({ rows: [row("a")], guards: ids.slice(1).map((id) => guard(id, 0)) });
      yield* same("row", yield* lab.versions("a"), [1]);
    },
  ),
  law(
    "limits.index-keys-at-bound",
    "A row may stand under as many keys as a batch holds: counted, and scanned by the largest pages both ways.",
    function* (lab) {
      const keys = names(ITEMS - 1);
      yield* lab.commit({ rows: [row("a", { by: keys })] });
      yield* same("count", yield* lab.count(), keys.length);
      for (const order of ["ascending", "descending"] as const) {
        const wanted = order === "ascending" ? keys : [...keys].reverse();
        const seen: Array<string> = [];
        let cursor: string | null = null;
        do {
          const page: { readonly keys: ReadonlyArray<string>; readonly next: string | null } =
            yield* keysOf(lab, order, cursor);
          seen.push(...page.keys);
          cursor = page.next;
        } while (cursor !== null && seen.length <= keys.length);
        yield* alike(order, seen, wanted);
      }
      yield* lab.commit({ rows: [row("a", { expected: 1 })] });
      yield* same("none left", yield* lab.count(), 0);
    },
  ),
  law(
    "limits.entries-at-bound",
    "A batch of the largest number of entries is kept whole, and the largest pages of the feed and of a stream give each once.",
    function* (lab) {
      const entries = Array.from({ length: ITEMS }, (_, n) =>
        entry(n % 5 === 4 ? "t" : "s", 1 + (n % 5 === 4 ? (n - 4) / 5 : n - Math.floor(n / 5))),
      );
      yield* lab.commit({ entries });
      const valuesOf = (list: ReadonlyArray<{ readonly value: string }>) =>
        list.map((one) => one.value);
      yield* alike("feed", valuesOf(yield* lab.feed({ limit: PAGE })), valuesOf(entries));
      const line = entries.filter((one) => one.stream === "s");
      const seen = yield* lab.feed({ stream: "s", limit: PAGE });
      yield* alike("stream", valuesOf(seen), valuesOf(line));
    },
  ),
  law(
    "limits.jobs-at-bound",
    "A batch of the largest number of jobs is scheduled, the largest pages lease them all, and one call settles them all.",
    function* (lab) {
      const ids = names();
      yield* lab.commit({ schedule: ids.map((id) => job(id)) });
      const jobs = yield* leaseAll(lab);
      yield* alike("leased", idsOf(jobs), ids);
      const answers = yield* lab.settle(1100, ...jobs.map(done));
      yield* alike(
        "answers",
        answers,
        ids.map(() => "Settled"),
      );
      yield* same("left", yield* lab.lease({ now: 9000, until: 9999, limit: PAGE }), []);
    },
  ),
  law(
    "limits.cancel-at-bound",
    "A batch may cancel the largest number of jobs, and none of them is leased.",
    function* (lab) {
      const ids = names();
      yield* lab.commit({ schedule: ids.map((id) => job(id)) });
      yield* lab.commit({ cancel: [...ids].reverse() });
      yield* same("left", idsOf(yield* lab.lease({ limit: 3 })), []);
    },
  ),
  law(
    "limits.dead-at-bound",
    "A batch may settle, and another revive, the largest number of jobs; the largest pages list all dead in between.",
    function* (lab) {
      const ids = names();
      yield* lab.commit({ schedule: ids.map((id) => job(id)) });
      const jobs = yield* leaseAll(lab);
      yield* lab.commit({ at: 1100, settle: jobs.map((one) => dead(one)) });
      yield* alike("dead", idsOf(yield* lab.dead({ limit: PAGE })), ids);
      yield* lab.commit({ at: 1200, revive: ids.map((id) => ({ id, dueAt: 1200 })) });
      yield* same("left", yield* lab.dead(), []);
      const [first] = yield* lab.lease({ now: 1200, limit: 1 });
      yield* same("revived", [first?.id, first?.attempt], [ids[0], 1]);
    },
  ),
];

const keysOf = (lab: Lab, order: "ascending" | "descending", cursor: string | null) =>
  Effect.map(lab.scan({ order, limit: PAGE, cursor }), ({ rows, next }) => ({
    keys: rows.map((one) => one.key),
    next,
  }));

const textLaws: ReadonlyArray<StorageLaw> = [
  law(
    "limits.values-at-bound",
    "The values of jobs and receipts and the reason of a death are kept unchanged at the largest size, too.",
    function* (lab) {
      const batch = {
        schedule: [job("j", { value: LARGEST })],
        receipt: receipt("c", "x", LARGEST),
      };
      yield* lab.commit(batch);
      const kept = yield* lab.storage.receipt({ namespace: HOME, id: "c" });
      yield* same("receipt", kept?.value === LARGEST, true);
      const again = yield* lab.commit(batch);
      yield* same("replayed", again._tag === "Replayed" && again.receipt.value === LARGEST, true);
      const leased = yield* only("job", yield* lab.lease());
      yield* same("job", leased.value === LARGEST, true);
      yield* lab.settle(1100, dead(leased, LARGEST));
      const gone = yield* only("dead", yield* lab.dead());
      yield* same("reason", [gone.reason === LARGEST, gone.value === LARGEST], [true, true]);
    },
  ),
  law(
    "limits.names-at-bound",
    "Names of exactly the largest size are told apart by their last byte wherever they stand, and come back whole.",
    function* (lab) {
      const [one, two] = [longest("1"), longest("2")];
      for (const [n, name] of [one, two].entries()) {
        const town = lab.within(name);
        yield* town.commit({
          rows: [
            {
              kind: name,
              id: name,
              expected: 0,
              value: "v",
              indexes: [{ index: name, key: name }],
            },
          ],
          entries: [{ ...entry(name, 1), hash: name }],
          schedule: [job(name, { queue: name, key: name })],
          receipt: receipt(name, name),
        });
        const page = yield* town.scan({ kind: name, index: name });
        yield* same(
          "row",
          page.rows.map((found) => [found.kind, found.id, found.key]),
          [[name, name, name]],
        );
        const [written] = yield* town.feed({ stream: name });
        yield* same("entry", [written?.stream, written?.hash], [name, name]);
        const other = n === 0 ? two : one;
        const astray = [{ ...entry(name, 2), hash: "h", previous: other }];
        yield* same("head", (yield* town.refused({ entries: astray })).length, 1);
        const [leased] = yield* town.lease({ queue: name, owner: name });
        yield* same("job", [leased?.id, leased?.queue, leased?.key], [name, name, name]);
        const kept = yield* town.storage.receipt({ namespace: name, id: name });
        yield* same("receipt", [kept?.id, kept?.contentHash], [name, name]);
      }
    },
  ),
  law(
    "limits.cursors-at-bound",
    "The cursor behind a key and an id of the largest size continues the page, whatever they are made of.",
    function* (lab) {
      for (const filler of ["\u0001", '"', "\\", "é", "𠮷"]) {
        const town = lab.within(`of ${filler}`);
        const size = new TextEncoder().encode(filler).length;
        const key = filler.repeat(Math.floor(keyBytes / size));
        const ids = ["1", "2", "3"].map(
          (last) => filler.repeat(Math.floor((keyBytes - 1) / size)) + last,
        );
        yield* town.commit({
          rows: ids.map((id) => row(id, { by: [key] })),
          schedule: ids.map((id, n) => job(id, { key: `k${n}` })),
        });
        yield* same("rows", yield* town.scanAll({ limit: 1 }), ids);
        const jobs = yield* town.lease();
        yield* town.settle(1100, ...jobs.map((one) => dead(one)));
        yield* same("dead", idsOf(yield* town.dead({ limit: 1 })), ids);
      }
    },
  ),
];

export const boundLaws: ReadonlyArray<StorageLaw> = [...batchLaws, ...textLaws];
