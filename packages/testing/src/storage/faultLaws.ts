/**
 * The core laws once more, behind the fault wrapper: calls of a law's scenario fail in
 * each way that their method may, once and as the beginning of an outage, and a caller
 * who asks again must find the law kept. Which calls and which ways say `faultPlans`;
 * what is spared is data, with its reason.
 */
import type { CommitBatch, Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import {
  type FaultPlan,
  faultyStorage,
  type FaultyStorage,
  type StorageMethod,
} from "../faults/FaultyStorage.ts";
import { patientStorage } from "../faults/PatientStorage.ts";
import { inDistrict } from "./district.ts";
import { faultPlans, NOT_UNDER_FAULTS } from "./faultPlans.ts";
import type { StorageFixture } from "./Fixture.ts";
import { LawBroken, type StorageLaw } from "./Law.ts";
import { typedAnswers } from "./typedAnswers.ts";

/** The laws that are asked again under faults. */
export const faultLaws = (laws: ReadonlyArray<StorageLaw>): ReadonlyArray<StorageLaw> =>
  laws.filter(isCore).map(underFaults);

/**
 * What a law's scenario calls when nothing fails, what it costs in small calls, and the queues
 * from which it leases in all namespaces.
 */
export const scenarioOf = (law: StorageLaw, fixture: StorageFixture) =>
  Effect.gen(function* () {
    const seen: Seen = { weight: 0, queues: new Set() };
    const own = watched(inDistrict(typedAnswers(fixture.storage), "count: "), seen);
    const counted = yield* runUnder(law, fixture, own, null);
    const methods = [...counted.calls()];
    return { methods, weight: methods.length + seen.weight, queues: [...seen.queues] };
  });

// Private

const LEFT_OUT: ReadonlySet<string> = new Set(NOT_UNDER_FAULTS.map(({ what }) => what));

const isCore = (law: StorageLaw): boolean =>
  law.needs === undefined && !LEFT_OUT.has(law.group) && !LEFT_OUT.has(law.id);

const underFaults = (law: StorageLaw): StorageLaw => ({
  ...law,
  id: `${law.id}+faults`,
  statement: `Under faults, too: ${law.statement}`,
  check: Effect.fnUntraced(function* (fixture: StorageFixture) {
    const { methods, weight, queues } = yield* scenarioOf(law, fixture);
    for (const [n, plan] of faultPlans(methods, weight).entries()) {
      for (const queue of queues) yield* drained(law, typedAnswers(fixture.storage), queue);
      const own = inDistrict(typedAnswers(fixture.storage), `${n}: `);
      const { touched } = yield* runUnder(law, fixture, own, plan);
      if (!touched()) {
        const detail = `call ${plan.at} (${methods[plan.at - 1]}) was not made again: the scenario is not repeatable`;
        return yield* Effect.fail(new LawBroken({ law: `${law.id}+faults`, detail }));
      }
    }
    return undefined;
  }),
});

/** One run of the law's scenario in a district of its own, so that runs share one storage. */
const runUnder = (law: StorageLaw, fixture: StorageFixture, own: Storage, plan: FaultPlan | null) =>
  Effect.gen(function* () {
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

/** A lease of all namespaces would find the jobs of the run before, so it finds them first. */
const drained = Effect.fnUntraced(function* (law: StorageLaw, storage: Storage, queue: string) {
  const now = 4_000_000_000_000;
  const request = { namespace: null, queue, owner: "drain", limit: 1000 };
  for (;;) {
    const jobs = yield* orBroken(law, storage.lease({ ...request, now, until: now + 1000 }));
    if (jobs.length === 0) return;
    const outcomes = jobs.map(({ namespace, id, token }) => ({
      ...{ _tag: "Done" as const, namespace, id, token },
    }));
    yield* orBroken(law, storage.settle(outcomes, now));
  }
});

const orBroken = <A, E extends Error>(law: StorageLaw, call: Effect.Effect<A, E>) =>
  Effect.mapError(
    call,
    ({ message }) => new LawBroken({ law: `${law.id}+faults`, detail: `between runs: ${message}` }),
  );

interface Seen {
  weight: number;
  readonly queues: Set<string>;
}

/** Large batches cost more than their calls. */
const watched = (storage: Storage, seen: Seen): Storage => ({
  ...storage,
  commit: (batch) => {
    seen.weight += weightOf(batch);
    return storage.commit(batch);
  },
  lease: (request) => {
    if (request.namespace === null) seen.queues.add(request.queue);
    return storage.lease(request);
  },
});

const weightOf = ({ rows, entries, schedule }: CommitBatch): number => {
  let [items, text] = [rows.length + entries.length + schedule.length, 0];
  for (const { value, indexes } of rows) {
    items += indexes.length;
    text += value?.length ?? 0;
  }
  for (const { value } of [...entries, ...schedule]) text += value.length;
  return Math.floor(items / ITEMS_OF_A_CALL) + Math.floor(text / TEXT_OF_A_CALL);
};

const ITEMS_OF_A_CALL = 25;
const TEXT_OF_A_CALL = 25_000;

const told = (plan: FaultPlan, method: StorageMethod | undefined): string => {
  const kind = plan.kind === "cut" ? `cut after ${plan.turns ?? 1} turns` : plan.kind;
  return `call ${plan.at} (${method ?? "none"}) failing "${kind}" ${plan.lasting}`;
};
