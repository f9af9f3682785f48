/** Laws of durable drivers: what was acknowledged is there after closing and opening again. */
import type { StorageCapabilities } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { NASTY_PIECES } from "../arbitraries/text.ts";
import { faultyStorage } from "../faults/FaultyStorage.ts";
import {
  dead,
  done,
  entry,
  failsWith,
  HOME,
  job,
  type Lab,
  only,
  receipt,
  row,
  same,
  Unexpected,
} from "./Lab.ts";
import { law, type LawBody, type StorageLaw } from "./Law.ts";

/** What a driver says of itself that the port knows; it may say more. */
export const claims = ({ name, durable: kept, shared }: StorageCapabilities) => ({
  ...{ name, durable: kept, shared },
});

/** A law that only a durable driver is asked. */
export const durable = (id: string, statement: string, body: LawBody) =>
  law(id, statement, body, "durable");

/** The same data, closed and opened again. */
export const reopened = Effect.fnUntraced(function* (lab: Lab) {
  const { reopen } = lab.fixture;
  if (reopen === undefined) {
    return yield* Effect.fail(
      new Unexpected("a durable driver must hand the suite a way to reopen"),
    );
  }
  return lab.within(HOME, yield* reopen);
});

export const durableLaws: ReadonlyArray<StorageLaw> = [
  law(
    "capabilities.truthful",
    "The driver says of itself what the suite was told.",
    function* (lab) {
      yield* same("capabilities", claims(lab.storage.capabilities), claims(lab.fixture.claimed));
    },
  ),
  durable(
    "durable.rows",
    "Rows, versions and index keys are there after reopening.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a", { by: ["k"] }), row("gone")] });
      yield* lab.commit({
        rows: [
          row("a", { expected: 1, value: "二", by: ["l"] }),
          row("gone", { expected: 1, value: null }),
        ],
      });
      const again = yield* reopened(lab);
      yield* same("rows", yield* again.read("a", "gone"), [
        { kind: "thing", id: "a", version: 2, value: "二" },
        null,
      ]);
      yield* same(
        "keys",
        (yield* again.scan()).rows.map((one) => one.key),
        ["l"],
      );
      yield* again.refused({ rows: [row("a", { expected: 1 })] });
    },
  ),
  durable(
    "durable.feed",
    "The feed is the same after reopening, cursors included, and goes on.",
    function* (lab) {
      for (let i = 1; i <= 5; i += 1)
        yield* lab.commit({ entries: [entry("s", i), entry(`t${i}`, 1)] });
      const before = yield* lab.feed();
      const again = yield* reopened(lab);
      yield* same("entries", yield* again.feed(), before);
      yield* again.commit({ entries: [entry("s", 6)] });
      const fresh = yield* again.feed({ after: before.at(-1)?.cursor ?? null });
      yield* same(
        "new entries",
        fresh.map((one) => one.value),
        ["s 6"],
      );
      yield* again.refused({ entries: [entry("s", 8)] });
    },
  ),
  durable("durable.receipts", "A command acts once over a restart.", function* (lab) {
    yield* lab.commit({ rows: [row("a")], receipt: receipt("c", "x", "first") });
    const again = yield* reopened(lab);
    const result = yield* again.commit({ rows: [row("b")], receipt: receipt("c", "x") });
    yield* same("result", result, {
      _tag: "Replayed",
      receipt: { id: "c", contentHash: "x", value: "first" },
    });
    yield* failsWith(
      "other content",
      "ReceiptMismatch",
      again.commit({ receipt: receipt("c", "y") }),
    );
  }),
  durable("durable.jobs", "Jobs wait over a restart, in their order.", function* (lab) {
    yield* lab.commit({ schedule: [job("z"), job("b", { dueAt: 500 }), job("gone")] });
    yield* lab.commit({ cancel: ["gone"] });
    const again = yield* reopened(lab);
    yield* again.commit({ schedule: [job("a")] });
    yield* same(
      "jobs",
      (yield* again.lease()).map((one) => one.id),
      ["b", "z", "a"],
    );
  }),
  durable(
    "durable.leases",
    "A lease holds over a restart, for its holder only, until its end.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j"), job("k")] });
      const [first, second] = yield* lab.lease();
      if (first === undefined || second === undefined) return yield* only("jobs", []);
      const again = yield* reopened(lab);
      yield* same("held", yield* again.lease({ now: 1500 }), []);
      yield* same("settled", yield* again.settle(1500, done(first)), ["Settled"]);
      const taken = yield* only("after its end", yield* again.lease({ now: 2000, until: 3000 }));
      yield* same("job", [taken.id, taken.attempt, taken.token !== second.token], ["k", 2, true]);
      yield* same("old token", yield* again.settle(2100, done(second)), ["LeaseLost"]);
      return undefined;
    },
  ),
  durable(
    "durable.settled",
    "What was settled stays settled over a restart, and is known to be.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const leased = yield* only("job", yield* lab.lease());
      yield* lab.settle(1100, done(leased));
      const again = yield* reopened(lab);
      yield* same("again", yield* again.settle(1200, done(leased)), ["Settled"]);
      yield* same("jobs", yield* again.lease({ now: 9000, until: 9999 }), []);
    },
  ),
  durable(
    "durable.dead",
    "Dead jobs are listed after reopening as before, and can be revived.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j"), job("k")] });
      const [j, k] = yield* lab.lease();
      if (j === undefined || k === undefined) return yield* only("jobs", []);
      yield* lab.settle(1100, dead(j, "first"), dead(k, "second"));
      const before = yield* lab.dead();
      const again = yield* reopened(lab);
      yield* same("dead", yield* again.dead(), before);
      yield* again.commit({ revive: [{ id: "j", dueAt: 1200 }] });
      const open = again.within(HOME, yield* reopenOf(again));
      yield* same("left", (yield* open.dead()).length, 1);
      yield* same("due", (yield* only("job", yield* open.lease({ now: 1200 }))).id, "j");
      return undefined;
    },
  ),
  durable(
    "durable.lost-answer",
    "A command whose answer was lost is answered with its first result after reopening, too.",
    function* (lab) {
      const { storage } = faultyStorage(lab.storage, { at: 1, kind: "after", lasting: "once" });
      const batch = { rows: [row("a")], receipt: receipt("c", "x", "first") };
      yield* failsWith("lost answer", "Unavailable", lab.within(HOME, storage).commit(batch));
      const again = yield* reopened(lab);
      yield* same("answer", yield* again.commit(batch), {
        _tag: "Replayed",
        receipt: { id: "c", contentHash: "x", value: "first" },
      });
      yield* same("version", yield* again.versions("a"), [1]);
    },
  ),
  durable(
    "durable.texts",
    "Large values and any text are there unchanged after reopening.",
    function* (lab) {
      const texts = [...NASTY_PIECES, "栋".repeat(100_000)];
      yield* lab.commit({
        rows: texts.map((value, n) => row(`r${n}`, { value, by: [value.slice(0, 100)] })),
      });
      const before = yield* lab.scan();
      const again = yield* reopened(lab);
      yield* same("rows", yield* again.scan(), before);
    },
  ),
  durable(
    "migration.reopened-often",
    "Opening the same data again and again changes nothing in it.",
    function* (lab) {
      yield* lab.commit({
        rows: [row("a", { by: ["k"] })],
        entries: [entry("s", 1)],
        schedule: [job("j")],
        receipt: receipt("c", "x"),
      });
      const look = (open: Lab) =>
        Effect.all([
          open.read("a"),
          open.scan(),
          open.feed(),
          open.storage.receipt({ namespace: HOME, id: "c" }),
        ]);
      const before = yield* look(lab);
      let open = lab;
      for (let n = 0; n < 3; n += 1) {
        open = open.within(HOME, yield* reopenOf(open));
        yield* same(`opened ${n + 2} times`, yield* look(open), before);
      }
      yield* same("jobs", (yield* open.lease()).length, 1);
    },
  ),
  durable(
    "migration.empty",
    "A storage that was opened and closed without a write is empty and takes writes.",
    function* (lab) {
      const again = yield* reopened(lab);
      yield* same("feed", yield* again.feed(), []);
      yield* again.commit({ rows: [row("a")], entries: [entry("s", 1)] });
      yield* same("row", yield* again.versions("a"), [1]);
    },
  ),
  durable("durable.tokens-new", "A token never comes back over restarts.", function* (lab) {
    const tokens = new Set<string>();
    yield* lab.commit({ schedule: [job("j")] });
    let open = lab;
    for (let i = 1; i <= 3; i += 1) {
      const now = i * 1000;
      const leased = yield* only("job", yield* open.lease({ now, until: now + 1000 }));
      tokens.add(leased.token);
      if (i < 3) open = open.within(HOME, yield* reopenOf(open));
    }
    yield* same("tokens", tokens.size, 3);
  }),
];

const reopenOf = (lab: Lab) => Effect.map(reopened(lab), (again) => again.storage);
