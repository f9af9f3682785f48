/** Laws of failing calls: answers that get lost, calls cut short, one bad command among many. */
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { FAULT_KINDS, type FaultPlan, faultyStorage } from "../faults/FaultyStorage.ts";
import { giveUpOnSilence, patientStorage } from "../faults/PatientStorage.ts";
import { command, partsOf } from "./command.ts";
import { inDistrict } from "./district.ts";
import {
  done,
  entry,
  failsWith,
  guard,
  HOME,
  job,
  type Lab,
  makeLab,
  only,
  receipt,
  retry,
  row,
  same,
} from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";
import { fromCheck } from "./Property.ts";

const LATER = { now: 2000, until: 3000 };

const failing = (lab: Lab, plan: FaultPlan): Lab =>
  lab.within(HOME, faultyStorage(lab.storage, plan).storage);

export const failureLaws: ReadonlyArray<StorageLaw> = [
  law(
    "failure.lost-answer-replayed",
    "A command whose answer was lost is answered with its first result when it is sent again.",
    function* (lab) {
      const once = failing(lab, { at: 1, kind: "after", lasting: "once" });
      yield* failsWith("lost answer", "Unavailable", once.commit(command("a")));
      yield* same("again", yield* once.commit(command("a")), {
        _tag: "Replayed",
        receipt: { id: "a", contentHash: "x", value: "first a" },
      });
      yield* same("parts", yield* partsOf(lab, "a"), [1, 1, 1, 1, 1]);
    },
  ),
  law(
    "failure.lost-answer-conflict",
    "Without a receipt a commit sent again after a lost answer is refused, never done twice.",
    function* (lab) {
      const once = failing(lab, { at: 1, kind: "after", lasting: "once" });
      const batch = { rows: [row("a")], entries: [entry("s", 1)] };
      yield* failsWith("lost answer", "Unavailable", once.commit(batch));
      yield* same("conflicts", yield* once.refused(batch), [
        { kind: "stream", id: "s", expected: 0, actual: 1 },
        { kind: "thing", id: "a", expected: 0, actual: 1 },
      ]);
      yield* same("version", yield* lab.versions("a"), [1]);
    },
  ),
  law(
    "failure.late-commit-harmless",
    "A commit that lands after its caller gave up and others went on is refused and changes nothing.",
    function* (lab) {
      const faulty = faultyStorage(lab.storage, { at: 1, kind: "late", lasting: "once" });
      const slow = lab.within(HOME, faulty.storage);
      yield* failsWith(
        "late",
        "Unavailable",
        giveUpOnSilence(faulty, slow.commit({ rows: [row("a", { value: "late" })] })),
      );
      yield* slow.commit({ rows: [row("a", { value: "meanwhile", by: ["k"] })] });
      yield* faulty.land;
      yield* same("row", (yield* lab.read("a"))[0], {
        kind: "thing",
        id: "a",
        version: 1,
        value: "meanwhile",
      });
      yield* same("index", yield* lab.scanAll(), ["a"]);
    },
  ),
  law(
    "failure.lease-answer-lost",
    "Jobs whose lease was granted but never told of come back at its end, one attempt later.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j"), job("k")] });
      const lost = failing(lab, { at: 1, kind: "after", lasting: "once" });
      yield* failsWith("lost answer", "Unavailable", lost.lease());
      yield* same("held by nobody known", yield* lab.lease({ now: 1999, until: 3000 }), []);
      const back = yield* lab.lease(LATER);
      yield* same(
        "back",
        back.map((one) => [one.id, one.attempt]),
        [
          ["j", 2],
          ["k", 2],
        ],
      );
    },
  ),
  law(
    "failure.settle-answer-lost",
    "A settlement whose answer was lost is Settled when it is sent again, and counts once.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j"), job("k")] });
      const [j, k] = yield* lab.lease();
      if (j === undefined || k === undefined) return yield* only("jobs", []);
      const lost = failing(lab, { at: 1, kind: "after", lasting: "once" });
      yield* failsWith("lost answer", "Unavailable", lost.settle(1100, done(j), retry(1200, k)));
      yield* same("again", yield* lost.settle(1100, done(j), retry(1200, k)), [
        "Settled",
        "Settled",
      ]);
      const back = yield* only("retried", yield* lab.lease(LATER));
      yield* same("job", [back.id, back.attempt, back.dueAt], ["k", 2, 1200]);
      return undefined;
    },
  ),
  law(
    "failure.settle-late",
    "A settlement that lands after another worker has taken over is refused and leaves the new lease alone.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const old = yield* only("job", yield* lab.lease());
      const faulty = faultyStorage(lab.storage, { at: 1, kind: "late", lasting: "once" });
      const slow = lab.within(HOME, faulty.storage);
      yield* failsWith(
        "late",
        "Unavailable",
        giveUpOnSilence(faulty, slow.settle(2100, done(old))),
      );
      const taken = yield* only("taken over", yield* lab.lease(LATER));
      yield* faulty.land;
      yield* same("holder", yield* lab.settle(2200, done(taken)), ["Settled"]);
    },
  ),
  law(
    "failure.neighbours-unharmed",
    "Bad commands among many sent at once spoil none of the good ones, and each is told its own fault.",
    function* (lab) {
      yield* lab.commit({ rows: [row("taken")], receipt: receipt("used", "x") });
      const crowd = Array.from({ length: 30 }, (_, n) => n);
      const answers = yield* Effect.forEach(
        crowd,
        (n) =>
          Effect.match(
            lab.commit(
              n % 5 === 1
                ? { rows: [row(`r${n}`), row("taken")], entries: [entry("journal", 1)] }
                : n % 5 === 3
                  ? { rows: [row(`r${n}`)], receipt: receipt("used", "other") }
                  : { rows: [row(`r${n}`)], entries: [entry(`s${n}`, 1)] },
            ),
            {
              onSuccess: (result) => result._tag,
              onFailure: (error) => (error._tag === "Conflict" ? "Conflict" : error.reason),
            },
          ),
        { concurrency: "unbounded" },
      );
      const wanted = crowd.map((n) =>
        n % 5 === 1 ? "Conflict" : n % 5 === 3 ? "ReceiptMismatch" : "Committed",
      );
      yield* same("answers", answers, wanted);
      yield* same(
        "rows",
        yield* lab.versions(...crowd.map((n) => `r${n}`)),
        wanted.map((answer) => (answer === "Committed" ? 1 : 0)),
      );
      yield* same("entries", (yield* lab.feed()).length, 18);
    },
  ),
  law(
    "failure.retry-storm",
    "A command sent again and again by many, each losing some answers, acts once.",
    function* (lab) {
      const sent = Array.from({ length: 12 }, (_, n) => {
        const kind = FAULT_KINDS[n % 2 === 0 ? 0 : 1] ?? "after";
        const faulty = faultyStorage(lab.storage, { at: 1, kind, lasting: "once" });
        return makeLab(lab.fixture, HOME, patientStorage(faulty, lab.storage));
      });
      yield* Effect.forEach(sent, (one) => one.commit(command("a")), {
        concurrency: "unbounded",
        discard: true,
      });
      yield* same("parts", yield* partsOf(lab, "a"), [1, 1, 1, 1, 1]);
      yield* same("jobs", (yield* lab.lease()).length, 1);
    },
  ),
  law(
    "failure.any-plan",
    "Whatever call of a scenario fails, in whatever way and for how long, asking again ends in the same state.",
    function* (lab) {
      let run = 0;
      const plans = fc.record({
        at: fc.integer({ min: 1, max: 14 }),
        kind: fc.constantFrom("before" as const, "after" as const, "late" as const, "cut" as const),
        lasting: fc.constantFrom("once" as const, "onward" as const),
        turns: fc.nat(4),
      });
      const property = fc.asyncProperty(
        plans,
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 6 }),
        async (plan, steps) => {
          run += 1;
          const own = inDistrict(lab.storage, `plan ${run}: `);
          const calm = inDistrict(lab.storage, `calm ${run}: `);
          const faulty = faultyStorage(own, { ...plan, methods: ["commit", "settle"] });
          const disturbed = await Effect.runPromise(
            scenario(makeLab(lab.fixture, HOME, patientStorage(faulty, own)), steps),
          );
          const undisturbed = await Effect.runPromise(
            scenario(makeLab(lab.fixture, HOME, calm), steps),
          );
          return JSON.stringify(disturbed) === JSON.stringify(undisturbed);
        },
      );
      yield* fromCheck(property, { numRuns: 40, seed: 77 }, lab.fixture.replay);
    },
  ),
  law(
    "failure.guard-in-the-gap",
    "A commit that lands late, after what it relied on has changed, is refused.",
    function* (lab) {
      yield* lab.commit({ rows: [row("post")] });
      const faulty = faultyStorage(lab.storage, { at: 1, kind: "late", lasting: "once" });
      const slow = lab.within(HOME, faulty.storage);
      const act = slow.commit({ rows: [row("a")], guards: [guard("post", 1)] });
      yield* failsWith("late", "Unavailable", giveUpOnSilence(faulty, act));
      yield* lab.commit({ rows: [row("post", { expected: 1, value: "revoked" })] });
      yield* faulty.land;
      yield* same("row", yield* lab.read("a"), [null]);
    },
  ),
];

/** Commits, leases and settles after given steps; gives everything that can be seen afterwards. */
const scenario = Effect.fnUntraced(function* (lab: Lab, steps: ReadonlyArray<number>) {
  const versions = new Map<string, number>();
  for (const [n, step] of steps.entries()) {
    const id = `r${step % 3}`;
    const expected = versions.get(id) ?? 0;
    versions.set(id, expected + 1);
    yield* lab.commit({
      rows: [row(id, { expected, value: `${n}`, by: [`k${step}`] })],
      entries: [entry(id, expected + 1)],
      schedule: [job(`j${step}`, { value: `${n}` })],
      cancel: step === 5 ? ["j1"] : [],
      receipt: n % 2 === 0 ? receipt(`c${n}`, "x") : null,
    });
    if (step < 4) continue;
    const leased = yield* lab.lease({ limit: 1, now: 1000 + n });
    yield* lab.settle(1100, ...leased.map((one) => (step === 4 ? done(one) : retry(1200, one))));
  }
  return yield* everything(lab);
});

const everything = (lab: Lab) =>
  Effect.gen(function* () {
    const jobs = yield* lab.lease({ now: 9000, until: 9999, limit: 100 });
    return {
      rows: yield* lab.read("r0", "r1", "r2"),
      index: (yield* lab.scan()).rows,
      entries: (yield* lab.feed()).map(({ cursor: _, ...rest }) => rest),
      jobs: jobs.map(({ token: _, ...rest }) => rest),
    };
  });
