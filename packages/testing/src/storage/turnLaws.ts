/** Laws of numbers beyond 32 bits, of several outcomes and towns at once, and of long names in two namespaces. */
import { STORAGE_LIMITS } from "@linli/core/ports";
import {
  dead,
  done,
  entry,
  guard,
  HOME,
  idsOf,
  job,
  only,
  receipt,
  renew,
  retry,
  row,
  same,
} from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";

const LARGEST = Number.MAX_SAFE_INTEGER;

const numberLaws: ReadonlyArray<StorageLaw> = [
  law(
    "number.versions-exact",
    "Versions of any size are compared and named exactly, as expected, as guard and in a stream.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a"), row("b")], entries: [entry("s", 1)] });
      for (const wrong of [2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 2, LARGEST]) {
        const conflicts = yield* lab.refused({
          rows: [row("a", { expected: wrong })],
          guards: [guard("b", wrong), guard("none", wrong)],
          entries: [entry("s", wrong)],
        });
        yield* same(`${wrong}`, conflicts, [
          { kind: "stream", id: "s", expected: wrong - 1, actual: 1 },
          { kind: "thing", id: "a", expected: wrong, actual: 1 },
          { kind: "thing", id: "b", expected: wrong, actual: 1 },
          { kind: "thing", id: "none", expected: wrong, actual: 0 },
        ]);
      }
    },
  ),
  law(
    "number.instants-exact",
    "Instants of any size are kept exactly: a job put off, revived, renewed or dead, and how long a receipt is kept.",
    function* (lab) {
      for (const at of [2 ** 31, 2 ** 32 + 5, 1_800_000_000_000, 2 ** 52 + 1, LARGEST - 10]) {
        const town = lab.within(`at ${at}`);
        const kept = { ...receipt("c", "x"), keepUntil: at + 9 };
        yield* town.commit({ at, schedule: [job("r"), job("n"), job("x")], receipt: kept });
        const [r, n, x] = yield* town.lease({ now: at, until: at + 2 });
        if (r === undefined || n === undefined || x === undefined) return yield* only("jobs", []);
        yield* town.settle(at + 1, retry(at + 3, r), renew(at + 6, n), dead(x));
        yield* same("died", (yield* only("dead", yield* town.dead())).diedAt, at + 1);
        yield* town.commit({ at: at + 2, revive: [{ id: "x", dueAt: at + 4 }] });
        const late = (now: number) => town.lease({ now, until: at + 10 });
        yield* same("before", yield* late(at + 2), []);
        const again = yield* only("put off", yield* late(at + 3));
        yield* same("put off", [again.id, again.dueAt, again.leasedUntil], ["r", at + 3, at + 10]);
        const revived = yield* only("revived", yield* late(at + 5));
        yield* same("revived", [revived.id, revived.dueAt], ["x", at + 4]);
        yield* same("renewed", idsOf(yield* late(at + 6)), ["n"]);
        const replayed = yield* town.commit({ at: at + 9, receipt: kept });
        yield* same("receipt", replayed._tag, "Replayed");
      }
      return undefined;
    },
  ),
  law(
    "dead.order-of-instants",
    "Dead jobs stand in the order of the instants at which they died, however many digits those have.",
    function* (lab) {
      const instants = [0, 9, 10, 99, 1000, 2 ** 31, 1_800_000_000_000, LARGEST];
      const id = (at: number) => `j${instants.length - instants.indexOf(at)}`;
      yield* lab.commit({ schedule: instants.map((at) => job(id(at), { dueAt: 0 })) });
      for (const one of yield* lab.lease({ now: 0, until: LARGEST })) {
        const at = instants.find((instant) => id(instant) === one.id) ?? 0;
        // Nobody's lease holds at the very last instant there is.
        yield* lab.settle(Math.min(at, LARGEST - 1), dead(one));
      }
      for (const limit of [1, 3, 100])
        yield* same(`pages of ${limit}`, idsOf(yield* lab.dead({ limit })), instants.map(id));
    },
  ),
];

const jobLaws: ReadonlyArray<StorageLaw> = [
  law(
    "settle.call-in-turn",
    "Outcomes of one call count one after another: of two under one lease that differ the first is kept.",
    function* (lab) {
      yield* lab.commit({ schedule: ["a", "b", "c"].map((id) => job(id)) });
      const [a, b, c] = yield* lab.lease();
      if (a === undefined || b === undefined || c === undefined) return yield* only("jobs", []);
      const outcomes = [done(a), dead(a), retry(3000, b), done(b), dead(c), retry(3000, c)];
      const answers = ["Settled", "LeaseLost"];
      const wanted = [...answers, ...answers, ...answers];
      yield* same("answers", yield* lab.settle(1100, ...outcomes), wanted);
      yield* same("dead", idsOf(yield* lab.dead()), ["c"]);
      const left = yield* lab.lease({ now: 9000, until: 9999 });
      yield* same(
        "left",
        left.map((one) => [one.id, one.dueAt]),
        [["b", 3000]],
      );
      return undefined;
    },
  ),
  law(
    "settle.kept-through-cancel",
    "Cancelling a job that is done or dead forgets nothing of it: told its outcome again it is Settled.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("a"), job("b")] });
      const [a, b] = yield* lab.lease();
      if (a === undefined || b === undefined) return yield* only("jobs", []);
      yield* lab.settle(1100, done(a), dead(b));
      yield* lab.commit({ at: 1200, cancel: ["a", "b"] });
      yield* same("again", yield* lab.settle(1300, done(a), dead(b)), ["Settled", "Settled"]);
      yield* same("other", yield* lab.settle(1300, dead(a), done(b)), ["LeaseLost", "LeaseLost"]);
      return undefined;
    },
  ),
  law(
    "lease.fair-calls-of-several",
    "Calls for fewer jobs than there are namespaces come to all in turn, not to the same ones again.",
    function* (lab) {
      const towns = ["bazhong", "minhou", "xinan"];
      for (const name of towns) {
        const schedule = Array.from({ length: 6 }, (_, n) => job(`j${n}`, { dueAt: n }));
        yield* lab.within(name).commit({ schedule });
      }
      const seen: Array<string> = [];
      for (let call = 0; call < 3; call += 1) {
        const jobs = yield* lab.lease({ namespace: null, limit: 2 });
        seen.push(...jobs.map((one) => one.namespace));
      }
      yield* same("turns", seen.sort(), [...towns, ...towns].sort());
    },
  ),
  law(
    "lease.many-namespaces",
    "A lease of all namespaces comes to every one of them, however many there are.",
    function* (lab) {
      const towns = Array.from({ length: 130 }, (_, n) => `town ${1000 + n}`);
      for (const name of towns) yield* lab.within(name).commit({ schedule: [job("j")] });
      const seen: Array<string> = [];
      for (let found = -1; found !== seen.length;) {
        found = seen.length;
        const jobs = yield* lab.lease({ namespace: null, limit: 1000 });
        seen.push(...jobs.map((one) => one.namespace));
      }
      yield* same("namespaces", seen.sort(), towns);
    },
  ),
  law(
    "dead.queue-paging",
    "Pages of one queue's dead jobs hold them all, however many of other queues died between them.",
    function* (lab) {
      const queues = ["clock", "outbox", "outbox", "outbox"];
      const jobs = Array.from({ length: 12 }, (_, n) =>
        job(`j${100 + n}`, { queue: queues[n % 4] ?? "clock" }),
      );
      yield* lab.commit({ schedule: jobs });
      for (const queue of ["clock", "outbox"])
        yield* lab.settle(
          1100,
          ...(yield* lab.lease({ queue, limit: 12 })).map((one) => dead(one)),
        );
      for (const queue of ["clock", "outbox"]) {
        const wanted = idsOf(jobs.filter((one) => one.queue === queue));
        for (const limit of [1, 2, 3, 9])
          yield* same(`${queue} by ${limit}`, idsOf(yield* lab.dead({ queue, limit })), wanted);
      }
    },
  ),
  law(
    "namespace.long-names-apart",
    "Names of the largest size mean nothing in another namespace, as short ones do.",
    function* (lab) {
      const long = "x".repeat(STORAGE_LIMITS.keyBytes);
      const towns = [lab, lab.within("minhou"), lab.within(`${long.slice(1)}y`)];
      for (const [n, town] of towns.entries()) {
        const result = yield* town.commit({
          rows: [row(long, { value: `${n}`, by: [long] })],
          entries: [{ ...entry(long, 1), hash: long }],
          schedule: [job(long, { key: long, value: `${n}` })],
          receipt: receipt(long, "x", `${n}`),
        });
        yield* same("result", result._tag, "Committed");
      }
      yield* lab.commit({ rows: [row(long, { expected: 1, value: null })], cancel: [long] });
      for (const [n, town] of towns.slice(1).entries()) {
        const page = yield* town.scan();
        yield* same(
          "row",
          page.rows.map((one) => one.value),
          [`${n + 1}`],
        );
        yield* same("entries", (yield* town.feed()).length, 1);
        yield* same("job", (yield* only("job", yield* town.lease())).value, `${n + 1}`);
        const kept = yield* town.storage.receipt({ namespace: town.namespace, id: long });
        yield* same("receipt", kept?.value, `${n + 1}`);
      }
      yield* same("ours", [yield* lab.scanAll(), yield* lab.lease()], [[], []]);
      yield* same(
        "receipt",
        (yield* lab.storage.receipt({ namespace: HOME, id: long }))?.value,
        "0",
      );
    },
  ),
];

export const turnLaws: ReadonlyArray<StorageLaw> = [...numberLaws, ...jobLaws];
