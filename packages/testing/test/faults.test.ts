/** The fault wrapper does what its plan says, at the call it says. */
import { makeMemoryStorage, type Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  askAgain,
  FAULT_KINDS,
  type FaultPlan,
  faultyStorage,
  isInjected,
  patientStorage,
} from "../src/index.ts";

const NAMESPACE = "town";

const write = (storage: Storage, id: string, expected = 0) =>
  storage.commit({
    namespace: NAMESPACE,
    at: 1000,
    rows: [{ kind: "thing", id, expected, value: id, indexes: [] }],
    guards: [],
    entries: [],
    schedule: [],
    cancel: [],
    settle: [],
    receipt: null,
  });

const versionOf = (storage: Storage, id: string) =>
  Effect.map(
    storage.read({ namespace: NAMESPACE, keys: [{ kind: "thing", id }] }),
    ([row]) => row?.version ?? 0,
  );

const plan = (kind: FaultPlan["kind"], more: Partial<FaultPlan> = {}): FaultPlan => ({
  at: 2,
  kind,
  lasting: "once",
  ...more,
});

const names = ["a", "b", "c", "d"];

/** Which of four commits were answered, and which happened, when one fails as planned. */
const outcome = (given: FaultPlan) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const honest = makeMemoryStorage();
      const faulty = faultyStorage(honest, given);
      const answered: Array<boolean> = [];
      for (const name of names) {
        const call = Effect.raceFirst(
          Effect.as(faulty.silence, false),
          Effect.match(write(faulty.storage, name), {
            onSuccess: () => true,
            onFailure: (error) => !isInjected(error),
          }),
        );
        answered.push(yield* call);
      }
      const happened = yield* Effect.forEach(names, (name) => versionOf(honest, name));
      return { answered, happened, touched: faulty.touched(), calls: faulty.calls().length };
    }),
  );

describe("faultyStorage", () => {
  it.each([
    ["before", [1, 0, 1, 1]],
    ["after", [1, 1, 1, 1]],
    ["hang", [1, 0, 1, 1]],
    ["late", [1, 1, 1, 1]],
  ] as const)("fails the second call %s, once", async (kind, happened) => {
    expect(await outcome(plan(kind))).toEqual({
      answered: [true, false, true, true],
      happened: [...happened],
      touched: true,
      calls: 4,
    });
  });

  it.each([
    ["before", [1, 0, 0, 0]],
    ["after", [1, 1, 1, 1]],
    ["hang", [1, 0, 0, 0]],
    // Nothing comes behind them, so they are still under way.
    ["late", [1, 0, 0, 0]],
  ] as const)("fails all calls from the second on %s", async (kind, happened) => {
    const { answered, happened: seen } = await outcome(plan(kind, { lasting: "onward" }));
    expect([answered, seen]).toEqual([[true, false, false, false], [...happened]]);
  });

  it("leaves calls alone that come before, and says when it was never touched", async () => {
    const { answered, touched } = await outcome(plan("before", { at: 9 }));
    expect([answered, touched]).toEqual([[true, true, true, true], false]);
    expect((await outcome(plan("before", { methods: ["lease"] }))).touched).toBe(false);
  });

  it("lands a late call behind the next one, not before it", async () => {
    const program = Effect.gen(function* () {
      const honest = makeMemoryStorage();
      const faulty = faultyStorage(honest, plan("late", { at: 1 }));
      const given = yield* Effect.raceFirst(
        Effect.as(faulty.silence, "given up"),
        Effect.as(write(faulty.storage, "a"), "answered"),
      );
      const during = yield* versionOf(faulty.storage, "a");
      return [given, during, yield* versionOf(honest, "a")];
    });
    expect(await Effect.runPromise(program)).toEqual(["given up", 0, 1]);
  });

  it("cuts a driver at any of its turns", async () => {
    const steps: Array<string> = [];
    const honest = makeMemoryStorage();
    const slow: Storage = {
      ...honest,
      read: (request) =>
        Effect.gen(function* () {
          for (const step of ["one", "two", "three", "four"]) {
            steps.push(step);
            yield* Effect.yieldNow;
          }
          return yield* honest.read(request);
        }),
    };
    const seen: Array<number> = [];
    for (const turns of [1, 2, 3]) {
      steps.length = 0;
      const faulty = faultyStorage(slow, { at: 1, kind: "cut", lasting: "once", turns });
      const told = await Effect.runPromise(Effect.flip(versionOf(faulty.storage, "a")));
      expect(isInjected(told)).toBe(true);
      seen.push(steps.length);
    }
    expect(seen).toEqual([1, 2, 3]);
  });
});

describe("a caller that asks again", () => {
  const plans = fc.record({
    at: fc.integer({ min: 1, max: 6 }),
    kind: fc.constantFrom(...FAULT_KINDS),
    lasting: fc.constantFrom("once" as const, "onward" as const),
    turns: fc.nat(3),
  });

  it("gets over every fault and writes once", async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (given) => {
        const honest = makeMemoryStorage();
        const patient = patientStorage(faultyStorage(honest, given), honest);
        await Effect.runPromise(
          Effect.gen(function* () {
            for (let version = 0; version < 6; version += 1) {
              expect(yield* write(patient, "a", version)).toEqual({ _tag: "Committed" });
            }
            expect(yield* versionOf(honest, "a")).toBe(6);
          }),
        );
      }),
      { seed: 3, numRuns: 100 },
    );
  });

  it("is told a refusal, not asked to repeat it", async () => {
    const honest = makeMemoryStorage();
    const faulty = faultyStorage(honest, null);
    await Effect.runPromise(write(honest, "a"));
    const told = await Effect.runPromise(Effect.flip(askAgain(faulty, write(faulty.storage, "a"))));
    expect(told._tag).toBe("Conflict");
    expect(faulty.calls()).toEqual(["commit"]);
  });
});
