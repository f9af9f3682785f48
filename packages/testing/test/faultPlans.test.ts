/** Under faults every core law is asked, and every method fails in every way; what is spared says why. */
import { makeMemoryStorage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { beforeAll, expect, it } from "vitest";
import { FAULT_KINDS, type FaultPlan, type StorageMethod, storageLaws } from "../src/index.ts";
import { scenarioOf } from "../src/storage/faultLaws.ts";
import { faultPlans, NOT_UNDER_FAULTS, SPARED } from "../src/storage/faultPlans.ts";

const ids = new Set(storageLaws.map(({ id }) => id));
const core = storageLaws.filter(({ id }) => ids.has(`${id}+faults`));
const seen: Array<{
  readonly id: string;
  readonly methods: ReadonlyArray<StorageMethod>;
  readonly weight: number;
  readonly plans: ReadonlyArray<FaultPlan>;
}> = [];

beforeAll(async () => {
  for (const law of core) {
    const storage = makeMemoryStorage();
    const counted = scenarioOf(law, { storage, claimed: storage.capabilities });
    const { methods, weight } = await Effect.runPromise(Effect.scoped(counted));
    seen.push({ id: law.id, methods, weight, plans: faultPlans(methods, weight) });
  }
});

it("leaves out no law without a reason, and has no reason without a law", () => {
  const whats = NOT_UNDER_FAULTS.map(({ what }) => what);
  const plain = storageLaws.filter(({ id, needs }) => !id.includes("+") && needs === undefined);
  const left = plain.filter(({ id }) => !ids.has(`${id}+faults`));
  expect(left.filter(({ id, group }) => !whats.includes(id) && !whats.includes(group))).toEqual([]);
  for (const what of whats)
    expect(
      storageLaws.some(({ id, group }) => id === what || group === what),
      what,
    ).toBe(true);
  for (const { instead } of SPARED) for (const id of instead) expect(ids, id).toContain(id);
});

it("fails every method in every way, once and as an outage, save what is spared", () => {
  const done = new Set(
    seen.flatMap(({ methods, plans }) =>
      plans.map(({ at, kind, lasting }) => `${methods[at - 1]} ${kind} ${lasting}`),
    ),
  );
  const spared = (method: string, kind: string) =>
    SPARED.some((one) => one.method === method && one.kinds.some((other) => other === kind));
  const methods = Object.keys(makeMemoryStorage()).filter((name) => name !== "capabilities");
  for (const method of methods) {
    for (const kind of FAULT_KINDS) {
      expect(done.has(`${method} ${kind} once`), `${method} ${kind}`).toBe(!spared(method, kind));
    }
    const outages = ["before", "hang"].filter((kind) => done.has(`${method} ${kind} onward`));
    expect(outages.length > 0, `${method} in an outage`).toBe(!spared(method, "before"));
  }
});

it("disturbs each call of a scenario of ordinary weight, and some of every other", () => {
  for (const { id, methods, weight, plans } of seen) {
    const disturbed = new Set(plans.map(({ at }) => at)).size;
    if (weight <= 10) expect(disturbed, id).toBe(methods.length);
    expect(plans.length, id).toBeGreaterThanOrEqual(Math.min(3, methods.length));
  }
});
