/** Whoever works off what is due until there is no more has done and sent all of it. */
import * as Effect from "effect/Effect";
import { expect, test } from "vitest";
import type { Notifier, OutboundMessage } from "../src/ports/index.ts";
import { openTown, person } from "./support/town.ts";

const ISSUES = 12;

const openNoticed = async () => {
  const sent: Array<OutboundMessage> = [];
  const notifier: Notifier = {
    channel: "test",
    capabilities: { maxBytes: null, deduplicates: false },
    send: (message) => Effect.sync(() => ({ providerId: String(sent.push(message)) })),
  };
  const addressesOf = (who: string) => [{ channel: "test", to: who, locale: "zh" as const }];
  const { desk, clock } = await openTown({ settings: { notifiers: [notifier], addressesOf } });
  const issues: Array<string> = [];
  for (let count = 0; count < ISSUES; count += 1) {
    const report = { type: "report", place: { unit: "B1" }, category: "repair" };
    issues.push((await desk.begin(report, { actor: person("resident") })).issue);
    clock.now += 1000;
  }
  return { desk, sent, issues };
};

for (const limit of [1, 5, ISSUES, 100]) {
  test(`all messages to one person, in the order they were written, ${limit} in a pass`, async () => {
    const { desk, sent, issues } = await openNoticed();
    let passes = 0;
    let counted = 0;
    for (let more = true; more; passes += 1) {
      const run = await desk.runDue({ limit });
      expect(run.sent).toBeLessThanOrEqual(limit);
      counted += run.sent;
      more = run.more;
    }
    const toChief = sent.filter(({ to }) => to === "chief-1").map(({ data }) => data.issue);
    expect(toChief).toEqual(issues);
    expect(counted).toBe(sent.length);
    expect(passes).toBeLessThanOrEqual(Math.ceil(sent.length / limit) + 1);
    expect(await desk.runDue()).toMatchObject({ sent: 0, more: false });
  });
}
