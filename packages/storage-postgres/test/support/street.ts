/** Life in a street through a service, for tests about what a database holds of it. */
import type { Storage } from "@linli/core/ports";
import { createDesk, type Desk } from "@linli/core/promise";
import { trustStreet } from "@linli/testing";

export interface Street {
  readonly desk: Desk;
  readonly clock: { now: number };
}

const HOUR = 3_600_000;

/** A desk over the street; ids begin with what nobody else's begin with. */
export const openStreet = async (storage: Storage, ids: string): Promise<Street> => {
  const clock = { now: Date.UTC(2026, 10, 23, 1, 0, 0) };
  let made = 0;
  const desk = await createDesk({
    ...{ storage, namespace: "main", ...trustStreet },
    ...{ now: () => clock.now, newId: () => `${ids}-${(made += 1)}` },
  });
  return { desk, clock };
};

/** Settled at once, handed up, left lying until it climbed, and reported without a name. */
export const liveAWhile = async ({ desk, clock }: Street, rounds: number): Promise<void> => {
  const by = (person: string) => ({ actor: { person } });
  const report = { type: "report", place: { unit: "B" }, category: "repair", words: "楼道灯不亮" };
  for (let round = 0; round < rounds; round += 1) {
    const settled = await desk.begin(report, by("resident"));
    await desk.act(settled.issue, { type: "settle", words: "换了灯泡" }, by("chief"));
    const hard = await desk.begin({ ...report, words: "电线老化" }, by("resident"));
    await desk.act(hard.issue, { type: "accept" }, by("chief"));
    await desk.act(hard.issue, { type: "handUp", words: "需要改造" }, by("chief"));
    await desk.begin({ ...report, reporter: { kind: "anonymous" } }, { actor: { person: null } });
    clock.now += 30 * HOUR;
    await desk.runDue();
  }
};
