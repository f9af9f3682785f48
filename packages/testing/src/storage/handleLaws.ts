/** Finer laws of durable and shared drivers: what a second handle or a restart is easily wrong about. */
import type * as Effect from "effect/Effect";
import { NASTY_PIECES } from "../arbitraries/text.ts";
import {
  dead,
  done,
  entry,
  HOME,
  idsOf,
  job,
  type Lab,
  only,
  receipt,
  retry,
  row,
  same,
} from "./Lab.ts";
import { durable, reopened } from "./durableLaws.ts";
import type { StorageLaw } from "./Law.ts";
import { secondOf, shared } from "./sharedLaws.ts";

const LARGEST = Number.MAX_SAFE_INTEGER;

const durableLaws: ReadonlyArray<StorageLaw> = [
  durable(
    "durable.texts-everywhere",
    "Any text is there unchanged after reopening wherever one can stand: in jobs, dead jobs, entries and receipts.",
    function* (lab) {
      const texts = [...NASTY_PIECES.filter((one) => one !== ""), "栋".repeat(170)];
      yield* lab.commit({
        entries: texts.map((text) => ({ ...entry(text, 1), value: text, hash: text })),
        schedule: texts.flatMap((text) => [
          job(text, { key: text, queue: "outbox", value: text }),
          job(`dead ${text.slice(0, 99)}`, { key: text, value: text }),
        ]),
      });
      for (const text of texts)
        yield* lab.commit({ receipt: { ...receipt(text, text, text), keepUntil: null } });
      const dying = yield* lab.lease({ limit: 1000 });
      yield* lab.settle(1100, ...dying.map((one) => dead(one, one.value)));
      const [feed, gone] = [yield* lab.feed(), yield* lab.dead()];
      const again = yield* reopened(lab);
      yield* same("entries", yield* again.feed(), feed);
      yield* same("dead", yield* again.dead(), gone);
      const jobs = yield* again.lease({ queue: "outbox", limit: 1000 });
      yield* same(
        "jobs",
        jobs.map((one) => [one.id, one.key, one.value]),
        texts.map((text) => [text, text, text]),
      );
      for (const text of texts) {
        const kept = yield* again.storage.receipt({ namespace: HOME, id: text });
        yield* same("receipt", kept, { id: text, contentHash: text, value: text });
      }
    },
  ),
  durable(
    "durable.numbers",
    "Instants of any size are there exactly after reopening: of jobs, leases and deaths.",
    function* (lab) {
      const instants = [0, 2 ** 31, 1_800_000_000_123, 2 ** 52 + 1, LARGEST - 1];
      const queueOf = (at: number) => `queue ${at}`;
      for (const at of instants) {
        yield* lab.commit({
          schedule: ["a", "b"].map((id) => job(`${id} ${at}`, { queue: queueOf(at), dueAt: at })),
        });
        const first = yield* lab.lease({ queue: queueOf(at), now: at, until: LARGEST, limit: 1 });
        yield* lab.settle(at, ...first.map((one) => dead(one)));
      }
      const before = yield* lab.dead();
      const again = yield* reopened(lab);
      yield* same("dead", yield* again.dead(), before);
      for (const at of instants) {
        const request = { queue: queueOf(at), until: LARGEST };
        if (at > 0)
          yield* same("before", yield* again.lease({ ...request, now: at - 1, until: at }), []);
        yield* same(
          "due",
          (yield* only("job", yield* again.lease({ ...request, now: at }))).dueAt,
          at,
        );
      }
    },
  ),
  durable(
    "durable.outcomes",
    "What became of a job is known over a restart however it ended: told again it is Settled, told otherwise LeaseLost.",
    function* (lab) {
      yield* lab.commit({ schedule: ["d", "r", "x"].map((id) => job(id, { queue: "outbox" })) });
      const [d, r, x] = yield* lab.lease({ queue: "outbox" });
      if (d === undefined || r === undefined || x === undefined) return yield* only("jobs", []);
      yield* lab.commit({ at: 1100, settle: [done(d), retry(5000, r), dead(x)] });
      const again = yield* reopened(lab);
      const told = [done(d), retry(5000, r), dead(x)];
      yield* same(
        "again",
        yield* again.settle(1200, ...told),
        told.map(() => "Settled"),
      );
      const others = [dead(d), done(r), retry(6000, r), done(x)];
      yield* same(
        "otherwise",
        yield* again.settle(1300, ...others),
        others.map(() => "LeaseLost"),
      );
      yield* same("dead", idsOf(yield* again.dead({ queue: "outbox" })), ["x"]);
      yield* same("no other's", yield* again.dead({ queue: "clock" }), []);
      return undefined;
    },
  ),
  durable(
    "durable.refused",
    "What was refused or replayed is not there after reopening either.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a")], entries: [entry("s", 1)], receipt: receipt("c", "x") });
      const batch = {
        rows: [row("b", { by: ["k"] })],
        entries: [entry("s", 2)],
        schedule: [job("j")],
      };
      yield* lab.refused({ ...batch, guards: [{ kind: "thing", id: "a", version: 7 }] });
      const replayed = yield* lab.commit({ ...batch, receipt: receipt("c", "x") });
      yield* same("result", replayed._tag, "Replayed");
      const again = yield* reopened(lab);
      yield* same("versions", yield* again.versions("a", "b"), [1, 0]);
      yield* same("index", [yield* again.scanAll(), yield* again.count()], [[], 0]);
      yield* same("entries", (yield* again.feed()).length, 1);
      yield* same("jobs", yield* again.lease(), []);
      yield* again.commit({ ...batch, receipt: receipt("d", "x") });
    },
  ),
  durable(
    "durable.cursors",
    "Cursors of scans and dead jobs go on behind the same place after reopening.",
    function* (lab) {
      yield* cursorsOf(yield* filled(lab), reopened(lab));
    },
  ),
];

const sharedLaws: ReadonlyArray<StorageLaw> = [
  shared(
    "shared.cursors",
    "Cursors of scans and dead jobs that one handle gave go on through the other.",
    function* (lab) {
      yield* cursorsOf(yield* filled(lab), secondOf(lab));
    },
  ),
  shared(
    "shared.streams",
    "A stream goes on through either handle by turns, each holding the next entry against the last of both.",
    function* (lab) {
      const handles = [lab, yield* secondOf(lab)];
      for (let version = 1; version <= 8; version += 1) {
        const [own, other] = version % 2 === 0 ? handles : [...handles].reverse();
        const previous = version === 1 ? "" : entry("s", version - 1).hash;
        yield* own?.commit({ entries: [{ ...entry("s", version), previous }] }) ?? only("two", []);
        const again = other?.refused({ entries: [{ ...entry("s", version), previous }] });
        yield* same("conflicts", yield* again ?? only("two", []), [
          { kind: "stream", id: "s", expected: version - 1, actual: version },
        ]);
      }
      for (const handle of handles) yield* same("entries", (yield* handle.feed()).length, 8);
    },
  ),
  shared(
    "shared.ties",
    "Jobs of one instant stand in the order they were scheduled, whichever handle it was.",
    function* (lab) {
      const handles = [lab, yield* secondOf(lab)];
      const ids = ["z", "c", "y", "b", "x", "a"];
      for (const [n, id] of ids.entries())
        yield* handles[n < 2 ? 0 : n % 2]?.commit({ schedule: [job(id)] }) ?? only("two", []);
      yield* same("jobs", idsOf(yield* lab.lease()), ids);
    },
  ),
];

/** Rows and dead jobs, and the first pages of each. */
const filled = function* (lab: Lab) {
  const ids = ["a", "b", "c", "d", "e"];
  yield* lab.commit({
    rows: ids.map((id) => row(id, { by: ["k"] })),
    schedule: ids.map((id) => job(id)),
  });
  yield* lab.settle(1100, ...(yield* lab.lease()).map((one) => dead(one)));
  const up = yield* lab.scan({ limit: 2 });
  const down = yield* lab.scan({ limit: 2, order: "descending" });
  const { next } = yield* lab.storage.dead({
    ...{ namespace: HOME, queue: null, limit: 2, cursor: null },
  });
  return { up: up.next, down: down.next, dead: next };
};

type Cursors = { readonly [Name in "up" | "down" | "dead"]: string | null };

const cursorsOf = function* <E, R>(
  { up, down, dead: died }: Cursors,
  opens: Effect.Effect<Lab, E, R>,
) {
  const other = yield* opens;
  yield* same("upwards", yield* other.scanAll({ cursor: up }), ["c", "d", "e"]);
  const falling = yield* other.scanAll({ cursor: down, order: "descending" });
  yield* same("downwards", falling, ["c", "b", "a"]);
  yield* same("dead", idsOf(yield* other.dead({ cursor: died })), ["c", "d", "e"]);
};

export const handleLaws: ReadonlyArray<StorageLaw> = [...durableLaws, ...sharedLaws];
