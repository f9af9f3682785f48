/** Laws of shared drivers: two handles on the same data, as two processes have them. */
import type { Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { command } from "./command.ts";
import { followWhile } from "./follow.ts";
import { appendsInOrder, leasesInOrder } from "./historyLaws.ts";
import {
  dead,
  done,
  entry,
  guard,
  HOME,
  job,
  type Lab,
  only,
  renew,
  row,
  same,
  Unexpected,
} from "./Lab.ts";
import { law, type LawBody, type StorageLaw } from "./Law.ts";

/** A law that only a shared driver is asked. */
export const shared = (id: string, statement: string, body: LawBody) =>
  law(id, statement, body, "shared");

const together = { concurrency: "unbounded" } as const;
const CROWD = Array.from({ length: 10 }, (_, n) => n);

/** A second handle on the same data. */
export const secondOf = Effect.fnUntraced(function* (lab: Lab) {
  const { openSecond } = lab.fixture;
  if (openSecond === undefined) {
    return yield* Effect.fail(
      new Unexpected("a shared driver must hand the suite a way to open a second handle"),
    );
  }
  return lab.within(HOME, yield* openSecond);
});

const won = <A, E>(call: Effect.Effect<A, E>) =>
  Effect.match(call, { onSuccess: () => 1, onFailure: () => 0 });
const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((total, one) => total + one, 0);

export const sharedLaws: ReadonlyArray<StorageLaw> = [
  shared(
    "shared.sees-commits",
    "What one handle has committed the other sees at once, by every method.",
    function* (lab) {
      const other = yield* secondOf(lab);
      yield* same("before", yield* other.read("a"), [null]);
      yield* lab.commit({
        rows: [row("a", { by: ["k"] })],
        entries: [entry("s", 1)],
        schedule: [job("j")],
      });
      yield* same("row", yield* other.versions("a"), [1]);
      yield* same("index", [yield* other.scanAll(), yield* other.count()], [["a"], 1]);
      yield* same("feed", yield* other.feed(), yield* lab.feed());
      yield* same("job", (yield* other.lease()).length, 1);
      yield* other.commit({ rows: [row("a", { expected: 1, value: "back" })] });
      yield* same("back", (yield* lab.read("a"))[0]?.value, "back");
    },
  ),
  shared(
    "shared.one-revives",
    "Both handles list the same dead jobs, and of those who revive one on either exactly one is accepted.",
    function* (lab) {
      const other = yield* secondOf(lab);
      const handles = [lab, other];
      for (let round = 0; round < 4; round += 1) {
        yield* lab.commit({ schedule: [job(`j${round}`)] });
        const leased = yield* only("job", yield* other.lease());
        yield* lab.settle(1100, dead(leased));
        yield* same("listed", yield* other.dead(), yield* lab.dead());
        const accepted = yield* Effect.forEach(
          CROWD,
          (n) =>
            won(
              handles[n % 2]?.commit({ revive: [{ id: `j${round}`, dueAt: 90_000 }] }) ??
                Effect.void,
            ),
          together,
        );
        yield* same("accepted", sum(accepted), 1);
        yield* same("left", yield* other.dead(), []);
      }
    },
  ),
  shared(
    "shared.one-writer-wins",
    "Of writers over the same version on two handles exactly one is accepted.",
    function* (lab) {
      const handles = [lab, yield* secondOf(lab)];
      for (let version = 0; version < 8; version += 1) {
        const accepted = yield* Effect.forEach(
          CROWD,
          (n) =>
            won(
              handles[n % 2]?.commit({
                rows: [row("a", { expected: version, value: `by ${n}` })],
                entries: [{ ...entry("s", version + 1), value: `by ${n}` }],
              }) ?? Effect.void,
            ),
          together,
        );
        yield* same("accepted", sum(accepted), 1);
        const winner = `by ${accepted.indexOf(1)}`;
        yield* same("row", (yield* lab.read("a"))[0]?.value, winner);
        yield* same("entry", (yield* lab.feed({ stream: "s" })).at(-1)?.value, winner);
      }
    },
  ),
  shared(
    "shared.acts-once",
    "A command sent through two handles at once acts once and gets one answer.",
    function* (lab) {
      const other = yield* secondOf(lab);
      const handles: ReadonlyArray<Storage> = CROWD.map((n) =>
        n % 2 === 0 ? lab.storage : other.storage,
      );
      for (const name of ["a", "b", "c"]) {
        const answers = yield* Effect.forEach(
          handles,
          (handle) => lab.within(HOME, handle).commit(command(name)),
          together,
        );
        const committed = answers.filter((one) => one._tag === "Committed").length;
        yield* same("committed", [committed, (yield* lab.feed({ stream: name })).length], [1, 1]);
        for (const answer of answers) {
          if (answer._tag === "Replayed")
            yield* same("answer", answer.receipt.value, `first ${name}`);
        }
      }
    },
  ),
  shared(
    "shared.one-holder",
    "Workers on two handles never hold the same job or key, and together they get all.",
    function* (lab) {
      const handles = [lab, yield* secondOf(lab)];
      const jobs = Array.from({ length: 60 }, (_, n) => job(`j${n}`, { key: `k${n % 24}` }));
      yield* lab.commit({ schedule: jobs });
      const leased = yield* Effect.forEach(
        CROWD,
        (n) => handles[n % 2]?.lease({ owner: `w${n}`, limit: 4 }) ?? Effect.succeed([]),
        together,
      );
      const rest = yield* lab.lease({ limit: 100 });
      const all = [...leased.flat(), ...rest];
      const [keys, tokens] = [all.map((one) => one.key), all.map((one) => one.token)];
      yield* same(
        "keys and tokens",
        [keys.length, new Set(keys).size, new Set(tokens).size],
        [24, 24, 24],
      );
    },
  ),
  shared(
    "shared.fenced",
    "A lease taken through one handle may be settled through another, until somebody else has it.",
    function* (lab) {
      const other = yield* secondOf(lab);
      yield* lab.commit({ schedule: [job("j"), job("k")] });
      const [j, k] = yield* lab.lease();
      if (j === undefined || k === undefined) return yield* only("jobs", []);
      yield* same("elsewhere", yield* other.settle(1100, done(j), renew(2500, k)), [
        "Settled",
        "Settled",
      ]);
      yield* same("renewed", yield* lab.lease({ now: 2400, until: 3000 }), []);
      const taken = yield* only("taken over", yield* other.lease({ now: 2500, until: 3500 }));
      yield* same("old holder", yield* lab.settle(2600, done(k)), ["LeaseLost"]);
      yield* same("new holder", yield* lab.settle(2600, done(taken)), ["Settled"]);
      return undefined;
    },
  ),
  shared(
    "shared.guards-hold",
    "Of a commit that relies on a version and one that ends it, on two handles, never both count.",
    function* (lab) {
      const other = yield* secondOf(lab);
      for (let n = 0; n < 12; n += 1) {
        const [post, act] = [`post ${n}`, `act ${n}`];
        yield* lab.commit({ rows: [row(post)] });
        const revoke = lab.commit({ rows: [row(post, { expected: 1 }), row(`${act} seen`)] });
        const rely = other.commit({
          rows: [row(act)],
          guards: [guard(post, 1), guard(`${act} seen`, 0)],
        });
        const [first, second] = yield* Effect.all(
          n % 2 === 0 ? [won(rely), won(revoke)] : [won(revoke), won(rely)],
          together,
        );
        const [acted, revoked] = n % 2 === 0 ? [first, second] : [second, first];
        // Both may be accepted if the one that relied came first; told and done must agree.
        yield* same("revoked", revoked, 1);
        yield* same("rows", yield* lab.versions(act, `${act} seen`), [acted, 1]);
        const late = other.refused({ rows: [row(`${act} late`)], guards: [guard(post, 1)] });
        yield* same("late", (yield* late)[0]?.actual, 2);
      }
    },
  ),
  shared(
    "shared.feed-misses-nothing",
    "A reader on one handle that follows commits of both sees every entry once, in the order of the feed.",
    function* (lab) {
      const other = yield* secondOf(lab);
      const writers = Effect.forEach(
        CROWD,
        (n) =>
          Effect.forEach([1, 2, 3, 4], (version) =>
            (n % 2 === 0 ? lab : other).commit({
              entries: [entry(`s${n}`, version), entry(`t${n}`, version)],
            }),
          ),
        together,
      );
      const wanted = CROWD.length * 8;
      const followed = yield* followWhile(other.storage, writers, wanted);
      const seen = followed.map((one) => `${one.stream} ${one.version}`);
      const whole = (yield* lab.feed()).map((one) => `${one.stream} ${one.version}`);
      yield* same("entries", seen, whole);
      yield* same("all", whole.length, wanted);
    },
  ),
  shared(
    "shared.read-whole",
    "A reader on one handle never sees half of a commit of the other.",
    function* (lab) {
      const other = yield* secondOf(lab);
      yield* lab.commit({ rows: [row("a"), row("b")] });
      const write = Effect.forEach(CROWD, (n) =>
        Effect.andThen(
          Effect.yieldNow,
          lab.commit({ rows: [row("a", { expected: n + 1 }), row("b", { expected: n + 1 })] }),
        ),
      );
      const look = Effect.forEach(
        Array.from({ length: 40 }, (_, n) => n),
        () => Effect.andThen(Effect.yieldNow, other.versions("a", "b")),
      );
      const [, seen] = yield* Effect.all([write, look], together);
      yield* same(
        "halves",
        seen.filter(([a, b]) => a !== b),
        [],
      );
    },
  ),
  shared(
    "shared.append-history",
    "What clients on two handles are told fits one order of all commits, also when answers get lost.",
    function* (lab) {
      const other = yield* secondOf(lab);
      yield* appendsInOrder([lab.storage, other.storage], 15);
    },
  ),
  shared(
    "shared.lease-history",
    "Workers on two handles never hold a job or key twice and lose none, also when answers get lost.",
    function* (lab) {
      const other = yield* secondOf(lab);
      yield* leasesInOrder([lab.storage, other.storage], 15);
    },
  ),
  shared(
    "shared.survives-the-other",
    "Closing one handle leaves the other and its leases alone.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const token = yield* Effect.scoped(
        Effect.gen(function* () {
          const other = yield* secondOf(lab);
          yield* other.commit({ rows: [row("a")] });
          return yield* only("job", yield* other.lease());
        }),
      );
      yield* same("row", yield* lab.versions("a"), [1]);
      yield* same("held", yield* lab.lease({ now: 1999, until: 3000 }), []);
      yield* same("settled", yield* lab.settle(1500, done(token)), ["Settled"]);
    },
  ),
  shared(
    "migration.several-at-once",
    "Several handles opened at once on the same data all work, and nothing is lost by it.",
    function* (lab) {
      yield* lab.commit({ rows: [row("a")], entries: [entry("s", 1)] });
      const others = yield* Effect.all(
        [1, 2, 3].map(() => secondOf(lab)),
        together,
      );
      for (const [n, other] of others.entries()) {
        yield* same("row", yield* other.versions("a"), [1]);
        yield* other.commit({ entries: [entry("s", n + 2)] });
      }
      yield* same(
        "entries",
        (yield* lab.feed()).map((one) => one.version),
        [1, 2, 3, 4],
      );
    },
  ),
];
