/**
 * The core laws once more, behind the fault wrapper: each call of a law's scenario
 * fails in each way that matters for its method, and a caller who asks again must
 * find the law kept.
 *
 * A call that only looks fails `before` or `hang`; one that changes something in every
 * way and, as an outage, from there on. What is lost with the
 * answer of a lease is a promise of its own (`failure.lease-answer-lost`).
 */
import type { Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import {
  type FaultPlan,
  faultyStorage,
  type FaultyStorage,
  type StorageMethod,
} from "../faults/FaultyStorage.ts";
import { patientStorage } from "../faults/PatientStorage.ts";
import type { StorageFixture } from "./Fixture.ts";
import { LawBroken, type StorageLaw } from "./Law.ts";
import { inDistrict } from "./district.ts";

/** The laws that are asked again under faults. */
export const faultLaws = (laws: ReadonlyArray<StorageLaw>): ReadonlyArray<StorageLaw> =>
  laws.filter(isCore).map(underFaults);

const CORE_GROUPS: ReadonlySet<string> = new Set([
  "read",
  "commit",
  "deletion",
  "guards",
  "receipts",
  "streams",
  "feed",
  "schedule",
  "lease",
  "settle",
  "dead",
  "count",
]);

/** Left out: scenarios of hundreds of calls, and those that need all namespaces to themselves. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "receipt.kept-until",
  "receipt.kept-for-ever",
  "feed.commit-order",
  "feed.paging",
  "feed.paging-by-stream",
  "commit.interrupted-whole",
  "lease.all-namespaces",
  "lease.fair-namespaces",
  "lease.fair-over-calls",
]);

const isCore = (law: StorageLaw): boolean =>
  law.needs === undefined && CORE_GROUPS.has(law.group) && !LEFT_OUT.has(law.id);

const underFaults = (law: StorageLaw): StorageLaw => ({
  ...law,
  id: `${law.id}+faults`,
  statement: `Under faults, too: ${law.statement}`,
  check: Effect.fnUntraced(function* (fixture: StorageFixture) {
    const counted = yield* runUnder(law, fixture, null, "count");
    const methods = [...counted.calls()];
    for (const [index, method] of methods.entries()) {
      for (const [n, fault] of faultsOf(method, index).entries()) {
        // A driver may be caught at any of its steps; calls of one scenario are cut at different ones.
        const plan: FaultPlan = { at: index + 1, ...fault, turns: 1 + (index % 3) };
        const { touched } = yield* runUnder(law, fixture, plan, `${index} ${n}`);
        if (!touched()) {
          const detail = `call ${index + 1} (${method}) was not made again: the scenario is not repeatable`;
          return yield* Effect.fail(new LawBroken({ law: `${law.id}+faults`, detail }));
        }
      }
    }
    return undefined;
  }),
});

type Fault = Pick<FaultPlan, "kind" | "lasting">;

// To the driver, `before` and `hang` of a call that only looks are one thing, as are the ways an
// outage begins: they take turns.
const faultsOf = (method: StorageMethod, index: number): ReadonlyArray<Fault> => {
  const even = index % 2 === 0;
  if (method !== "commit" && method !== "settle")
    return [{ kind: even ? "before" : "hang", lasting: "once" }];
  return [...CHANGING, { kind: even ? "before" : "after", lasting: "onward" }];
};

const CHANGING: ReadonlyArray<Fault> = [
  { kind: "before", lasting: "once" },
  { kind: "hang", lasting: "once" },
  { kind: "after", lasting: "once" },
  { kind: "late", lasting: "once" },
  { kind: "cut", lasting: "once" },
];

/** One run of the law's scenario in a district of its own, so that runs share one storage. */
const runUnder = (
  law: StorageLaw,
  fixture: StorageFixture,
  plan: FaultPlan | null,
  district: string,
) =>
  Effect.gen(function* () {
    const own: Storage = inDistrict(fixture.storage, `${district}: `);
    const faulty: FaultyStorage = faultyStorage(own, plan);
    yield* Effect.mapError(
      law.check({ ...fixture, storage: patientStorage(faulty, own) }),
      (broken) =>
        plan === null
          ? new LawBroken({ law: `${law.id}+faults`, detail: broken.detail })
          : new LawBroken({
              law: `${law.id}+faults`,
              detail: `with ${told(plan, faulty.calls()[plan.at - 1])}: ${broken.detail}`,
            }),
    );
    return faulty;
  });

const told = (plan: FaultPlan, method: StorageMethod | undefined): string => {
  const kind = plan.kind === "cut" ? `cut after ${plan.turns ?? 1} turns` : plan.kind;
  return `call ${plan.at} (${method ?? "none"}) failing "${kind}" ${plan.lasting}`;
};
