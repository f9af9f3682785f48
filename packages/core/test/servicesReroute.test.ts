/** Publishing a charter version: which open issues keep theirs and which are routed anew. */
import { FAULT_KINDS, faultyStorage } from "@linli/testing";
import fc from "fast-check";
import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import { makeMemoryStorage, StorageError } from "../src/ports/index.ts";
import type { Notifier, OutboundMessage, Storage } from "../src/ports/index.ts";
import { createDesk } from "../src/promise/index.ts";
import type { Desk } from "../src/promise/index.ts";
import { entriesOf, settleAll } from "./support/moving.ts";
import {
  calendar,
  charter,
  DAY,
  directory,
  hierarchy,
  HOUR,
  openTown,
  person,
} from "./support/town.ts";

/** Buildings may not settle repairs any more: they belong to the community. */
const stricter = {
  ...charter,
  version: "2",
  competences: { ...charter.competences, building: { category: { in: ["family"] } } },
  clockSets: {
    ...charter.clockSets,
    ordinary: { ...charter.clockSets.ordinary, resolve: { clock: "workingDays", amount: 2 } },
  },
};

const report = (unit: string, category = "repair") => ({
  type: "report",
  place: { unit },
  category,
});
const resident = { actor: person("resident") };
const admin = person("admin");

/** Twelve issues: eight repairs in two communities, a family matter, one handed up, one withdrawn, one settled. */
const busy = async (options: Parameters<typeof openTown>[0] = {}) => {
  const { desk, clock } = await openTown(options);
  const issues: Array<string> = [];
  for (const unit of ["B1", "B2", "B3", "B1", "B2", "B3", "B1", "B2"]) {
    issues.push((await desk.begin(report(unit), resident)).issue);
    clock.now += 1000;
  }
  const others = [];
  for (const category of ["family", "repair", "repair", "repair"]) {
    others.push((await desk.begin(report("B1", category), resident)).issue);
  }
  const [family = "", handedUp = "", withdrawn = "", settled = ""] = others;
  const chief = { actor: person("chief-1") };
  await desk.act(handedUp, { type: "handUp", words: "too big" }, chief);
  await desk.act(withdrawn, { type: "withdraw" }, resident);
  await desk.act(settled, { type: "settle" }, chief);
  return { desk, clock, issues, family, handedUp, withdrawn, settled };
};

const handlerOf = async (desk: Desk, issue: string) => {
  const { handler } = JSON.parse(
    JSON.stringify(await desk.view(issue, { viewer: { person: null, host: true } })),
  );
  return { post: handler.post, unit: handler.unit };
};

const versionsOf = async (storage: Storage, desk: Desk, now: number) => {
  const { states } = await entriesOf(storage, desk, now);
  return new Map([...states].map(([id, state]) => [id, state.charter.version]));
};

test("by default everything keeps the version it was routed under", async () => {
  const storage = makeMemoryStorage();
  const { desk, clock } = await busy({ storage });
  await desk.publish({ charter: stricter });
  expect(await desk.runDue()).toMatchObject({ rerouted: 0, more: false });
  expect(await desk.rerouting()).toBe(null);
  expect(new Set((await versionsOf(storage, desk, clock.now)).values())).toEqual(new Set(["1"]));
});

test("all open issues: what was asked before is what happens, and the journal says who, why and what", async () => {
  const storage = makeMemoryStorage();
  const { desk, clock, issues, family, handedUp, withdrawn, settled } = await busy({ storage });
  const before = (await desk.history(issues[0] ?? "")).length;
  const preview = await desk.previewPublish({ charter: stricter });
  expect(preview).toEqual({
    issues: 10,
    moves: [
      {
        ...{ from: { post: "chief", unit: "B1" }, to: { post: "secretary", unit: "C1" } },
        ...{ issues: 3, example: expect.any(String) },
      },
      {
        ...{ from: { post: "chief", unit: "B2" }, to: { post: "secretary", unit: "C1" } },
        ...{ issues: 3, example: expect.any(String) },
      },
      {
        ...{ from: { post: "secretary", unit: "C2" }, to: { post: "secretary", unit: "C2" } },
        ...{ issues: 2, example: expect.any(String) },
      },
    ].filter(({ from, to }) => from.post !== to.post),
    ...{ same: 3, stays: { assigned: 1 }, kept: {} },
  });
  // Asking changes nothing.
  expect((await desk.published()).charter.version).toBe("1");
  expect(await desk.history(issues[0] ?? "")).toHaveLength(before);

  await desk.publish({ charter: stricter, reroute: {}, by: admin });
  expect(await desk.rerouting()).toMatchObject({ rerouted: 0, finishedAt: null });
  await settleAll(desk);
  expect(await desk.rerouting()).toMatchObject({
    ...{ charter: { id: "smalltown", version: "2" }, rerouted: 10, moved: 6, kept: {} },
    finishedAt: clock.now,
  });
  expect(await handlerOf(desk, issues[0] ?? "")).toMatchObject({ post: "secretary", unit: "C1" });
  expect(await handlerOf(desk, handedUp)).toMatchObject({ post: "secretary", unit: "C1" });
  const versions = await versionsOf(storage, desk, clock.now);
  for (const issue of [...issues, family, handedUp]) expect(versions.get(issue)).toBe("2");
  for (const issue of [withdrawn, settled]) expect(versions.get(issue)).toBe("1");
  const last = (await desk.history(issues[0] ?? "")).at(-1);
  expect(last).toMatchObject({
    actor: { type: "person", person: "admin" },
    cause: "reroute smalltown@2",
    charter: { id: "smalltown", version: "2" },
    event: {
      ...{ type: "Rerouted", fromCharter: { version: "1" }, charter: { version: "2" } },
      ...{ from: { post: "chief", unit: "B1" }, handler: { post: "secretary", unit: "C1" } },
      ...{ stays: null, before: { levels: expect.any(Array) }, routed: { rule: null } },
    },
  });
  const lines = await desk.timeline(issues[0] ?? "", person("resident"));
  expect(lines.at(-1)?.text.zh).toMatch(/^治理办法更新（2），现由C1secretary负责，时限 /);
  const kept = await desk.timeline(handedUp, person("resident"));
  expect(kept.at(-1)?.text.zh).toMatch(/^治理办法更新（2），承办人不变/);
  // Worklists say the same, and a second time nothing happens.
  const { stored, fresh } = await entriesOf(storage, desk, clock.now);
  expect(stored).toEqual(fresh);
  await desk.publish({ reroute: {} });
  await settleAll(desk);
  expect(await desk.rerouting()).toMatchObject({ rerouted: 0, moved: 0, kept: {} });
});

const CATEGORIES = "known are court, dispute, family, gas, hazard, repair";
const next = {
  ...{ ...charter, version: "next" },
  categories: [
    ...charter.categories,
    { id: "trees", name: { zh: "trees", en: "trees" }, words: ["tree"] },
  ],
  rules: [
    ...charter.rules,
    {
      ...{ id: "to-trees", when: { category: { in: ["trees"] } } },
      outcome: { course: "handle", clocks: "ordinary", size: "minor" },
      because: { zh: "树", en: "trees" },
    },
  ],
};

describe("which", () => {
  const chosen = async (reroute: object) => {
    const storage = makeMemoryStorage();
    const { desk, clock } = await busy({ storage });
    await desk.begin(report("B1", "hazard"), resident);
    await desk.begin(report("B3", "gas"), resident);
    const preview = await desk.previewPublish({ charter: stricter, reroute });
    await desk.publish({ charter: stricter, reroute });
    await settleAll(desk);
    const versions = [...(await versionsOf(storage, desk, clock.now)).values()];
    const rerouted = versions.filter((version) => version === "2").length;
    expect(preview.issues).toBe(rerouted);
    expect((await desk.rerouting())?.rerouted).toBe(rerouted);
    return rerouted;
  };
  test("of a unit and what is below it", async () => {
    expect(await chosen({ under: "C2" })).toBe(3);
    expect(await chosen({ under: "B1" })).toBe(6);
  });
  test("of a category and those below it", async () => {
    expect(await chosen({ category: "hazard" })).toBe(2);
    expect(await chosen({ category: "gas" })).toBe(1);
  });
  test("of rules, and of the decision without a rule; everything named must hold", async () => {
    expect(await chosen({ rules: ["hazard-fast"] })).toBe(2);
    expect(await chosen({ rules: ["otherwise"] })).toBe(10);
    expect(await chosen({ rules: ["hazard-fast"], under: "C2" })).toBe(1);
  });
  test("what is not there is refused, and nothing is published", async () => {
    const { desk } = await busy();
    const wrong: ReadonlyArray<readonly [object, string, string]> = [
      [{ under: "nowhere" }, "/under", "known are T and every unit below"],
      [{ category: "hazzard" }, "/category", CATEGORIES],
      // Issues of it there can only be under the new version.
      [{ category: "trees" }, "/category", CATEGORIES],
      [{ rules: ["hazard-fast", "slow"] }, "/rules/1", "hazard-fast, otherwise, to-court"],
      [{ rules: ["to-trees"] }, "/rules/0", "hazard-fast, otherwise, to-court"],
      [{ rules: ["otherwise"], category: "none" }, "/category", CATEGORIES],
      [{ rules: [] }, "/rules", ""],
      [{ category: 3 }, "/category", ""],
      [{ everything: true }, "/everything", ""],
    ];
    for (const [reroute, path, advice] of wrong) {
      const refusal = { _tag: "InputError", door: "reroute", path };
      const named = { ...refusal, advice: expect.stringContaining(advice) };
      await expect(desk.publish({ charter: next, reroute })).rejects.toMatchObject(named);
      await expect(desk.previewPublish({ charter: next, reroute })).rejects.toMatchObject(named);
    }
    expect((await desk.published()).charter.version).toBe("1");
    expect(await desk.rerouting()).toBe(null);
    await desk.publish({ charter: next });
    expect(await desk.rerouting()).toBe(null);
    await expect(desk.publish({ reroute: { rules: ["slow"] } })).rejects.toMatchObject({
      path: "/rules/0",
    });
    await settleAll(desk);
    expect(await desk.rerouting()).toBe(null);
  });
  test("what only an earlier version knows is known, and takes the issues under it", async () => {
    const { desk } = await openTown({ charter: next });
    const { issue } = await desk.begin(report("B1", "trees"), resident);
    await desk.begin(report("B1"), resident);
    for (const version of ["2", "3"]) await desk.publish({ charter: { ...stricter, version } });
    await desk.publish({ reroute: { rules: ["to-trees"] } });
    await settleAll(desk);
    // The category is gone, so the issue keeps its version, and that is said.
    expect(await desk.rerouting()).toMatchObject({ rerouted: 0, kept: { facts: 1 } });
    expect((await desk.history(issue)).at(-1)?.event.type).toBe("Reported");
  });
});

test("whom it moves is told: the new handler, the old one and the first-asked post, each once", async () => {
  const sent: Array<OutboundMessage> = [];
  const notifier: Notifier = {
    channel: "test",
    capabilities: { maxBytes: null, deduplicates: false },
    send: (message) => Effect.sync(() => ({ providerId: String(sent.push(message)) })),
  };
  const addressesOf = (who: string) => [{ channel: "test", to: who, locale: "zh" as const }];
  const { desk } = await openTown({ settings: { notifiers: [notifier], addressesOf } });
  const { issue } = await desk.begin(report("B1"), resident);
  const { issue: stays } = await desk.begin(report("B1", "family"), resident);
  await settleAll(desk);
  sent.length = 0;
  await desk.publish({ charter: stricter, reroute: {} });
  await settleAll(desk);
  expect(sent.map(({ to }) => to).sort()).toEqual(["chief-1", "sec-1"]);
  expect(sent.every(({ data }) => data.issue === issue)).toBe(true);
  expect((await desk.history(stays)).at(-1)?.event.type).toBe("Rerouted");
});

test("rungs that were due come first, under the version the issue was under then", async () => {
  const { desk, clock } = await openTown();
  const issues: Array<string> = [];
  for (const unit of ["B1", "B2", "B1"]) {
    issues.push((await desk.begin(report(unit), resident)).issue);
  }
  clock.now += 3 * DAY;
  await desk.publish({ charter: stricter, reroute: {} });
  // One clock and one issue in a pass: rerouting comes to issues whose clocks nobody has fired yet.
  for (let pass = 0; pass < 30; pass += 1) await desk.runDue({ limit: 1 });
  for (const issue of issues) {
    const lines = (await desk.history(issue)).map(
      ({ event, charter: under }) => `${event.type} ${under.version}`,
    );
    const place = lines.indexOf("Rerouted 2");
    expect(lines.slice(0, 3)).toEqual(["Reported 1", "Reminded 1", "Escalated 1"]);
    expect(place).toBeGreaterThan(2);
    expect(lines.slice(0, place).every((line) => line.endsWith(" 1"))).toBe(true);
    const at = (await desk.history(issue)).map(({ event }) => event.at);
    expect(at).toEqual(at.toSorted((a, b) => a - b));
  }
});

test("nothing is routed back: a version still being worked off leaves alone what is under a later one", async () => {
  const storage = makeMemoryStorage();
  const { desk, clock, issues } = await busy({ storage });
  await desk.publish({ charter: stricter, reroute: { under: "C1" } });
  await desk.publish({ charter: { ...stricter, version: "3" } });
  const { issue: later } = await desk.begin(report("B1"), resident);
  await settleAll(desk);
  const versions = await versionsOf(storage, desk, clock.now);
  expect(versions.get(later)).toBe("3");
  expect(versions.get(issues[0] ?? "")).toBe("2");
  expect(versions.get(issues[2] ?? "")).toBe("1");
});

test("interrupted after every call of the storage, in every way, each issue is rerouted once", async () => {
  let cut = 0;
  for (const kind of FAULT_KINDS) {
    for (let at = 1; ; at += 1) {
      const storage = makeMemoryStorage();
      const { desk, clock } = await busy({ storage });
      await desk.publish({ charter: stricter, reroute: {} });
      const faulty = faultyStorage(storage, { at, kind, lasting: "once" });
      const open = { storage: faulty.storage, calendars: [calendar], now: () => clock.now };
      const other = await createDesk(open);
      await Effect.runPromise(
        Effect.exit(Effect.raceFirst(faulty.silence, other.effect.runDue({ limit: 5 }))),
      );
      await Effect.runPromise(faulty.land);
      clock.now += 2 * 60_000;
      await settleAll(desk);
      const { states, stored, fresh } = await entriesOf(storage, desk, clock.now);
      expect(stored).toEqual(fresh);
      for (const [id, state] of states) {
        const times = (await desk.history(id)).filter(({ event }) => event.type === "Rerouted");
        const isOpen = ["reported", "accepted", "suspended"].includes(state.status);
        expect(times).toHaveLength(isOpen ? 1 : 0);
      }
      expect((await desk.rerouting())?.finishedAt).not.toBe(null);
      if (!faulty.touched()) break;
      cut += 1;
    }
  }
  expect(cut).toBeGreaterThan(60);
});

test("a command that is faster is decided under its version, and rerouted afterwards", async () => {
  const inner = makeMemoryStorage();
  let meanwhile: (() => Promise<unknown>) | undefined;
  const storage: Storage = {
    ...inner,
    commit: (batch) => {
      const act = meanwhile;
      const isReroute = batch.entries.some(({ value }) => value.includes("Rerouted"));
      if (act === undefined || !isReroute) return inner.commit(batch);
      meanwhile = undefined;
      return Effect.flatMap(Effect.promise(act), () => inner.commit(batch));
    },
  };
  const { desk, clock } = await openTown({ storage });
  const { issue } = await desk.begin(report("B1"), resident);
  await desk.publish({ charter: stricter, reroute: {} });
  clock.now += HOUR;
  meanwhile = () => desk.act(issue, { type: "accept" }, { actor: person("chief-1") });
  await settleAll(desk);
  const types = (await desk.history(issue)).map(({ event }) => event.type);
  expect(types).toEqual(["Reported", "Accepted", "Rerouted"]);
});

describe("a command that moves an issue to where the job has read already", () => {
  test("does not leave it under its version", async () => {
    const inner = makeMemoryStorage();
    const around: { before?: () => Promise<unknown>; after?: () => Promise<unknown> } = {};
    const storage: Storage = {
      ...inner,
      // Before the job begins with a list the issue goes to its end, and after the first page to its beginning.
      scan: (request) => {
        const isFirst = request.index === "under" && request.cursor === null;
        const { before, after } = around;
        if (before === undefined || after === undefined || !isFirst) return inner.scan(request);
        return Effect.promise(before).pipe(
          Effect.andThen(inner.scan(request)),
          Effect.tap(() => Effect.promise(after)),
        );
      },
    };
    const { desk, clock } = await openTown({ storage });
    const chief = { actor: person("chief-1") };
    const { issue } = await desk.begin(report("B1"), resident);
    clock.now += HOUR;
    const { issue: other } = await desk.begin(report("B1"), resident);
    await desk.act(issue, { type: "accept" }, chief);
    await desk.publish({ charter: stricter, reroute: {} });
    let moved = 0;
    const unlessRefused = (command: object) =>
      desk.act(issue, command, chief).then(
        () => (moved += 1),
        (error: unknown) => expect(error).toMatchObject({ _tag: "Refusal" }),
      );
    const reviewBy = clock.now + 30 * DAY;
    around.before = () => unlessRefused({ type: "suspend", reviewBy, words: "winter" });
    around.after = () => unlessRefused({ type: "resume" });
    for (let pass = 0; pass < 20; pass += 1) await desk.runDue({ limit: 1 });
    expect((await desk.rerouting())?.finishedAt).toBe(clock.now);
    expect(moved).toBeGreaterThan(1);
    const versions = await versionsOf(storage, desk, clock.now);
    expect(versions.get(other)).toBe("2");
    expect(versions.get(issue)).toBe("2");
  });

  test("lists that do not agree with the hierarchy yet are not read", async () => {
    const inner = makeMemoryStorage();
    let broken = true;
    const storage: Storage = {
      ...inner,
      scan: (request) => {
        const isLeft = broken && request.index === "under" && request.range.from === "B3/a/";
        if (!isLeft) return inner.scan(request);
        return Effect.fail(
          new StorageError({ reason: "Unavailable", operation: "scan", detail: "for a while" }),
        );
      },
    };
    const { desk, clock } = await openTown({ storage });
    for (const unit of ["B3", "B1", "B3"]) await desk.begin(report(unit), resident);
    const moved = {
      version: "h2",
      units: hierarchy.units.map((unit) =>
        unit.id === "B3"
          ? { ...unit, moves: [{ chain: "residential", parent: "C1", from: clock.now }] }
          : unit,
      ),
    };
    await desk.publish({ charter: stricter, hierarchy: moved, reroute: { under: "C1" } });
    await settleAll(desk);
    expect(await desk.rerouting()).toMatchObject({ rerouted: 0, finishedAt: null });
    broken = false;
    clock.now += HOUR;
    await settleAll(desk);
    expect(await desk.rerouting()).toMatchObject({ rerouted: 3, finishedAt: clock.now });
  });

  const act = fc.constantFrom("accept", "suspend", "resume", "handUp", "contact");
  const races = fc.array(fc.record({ act, issue: fc.nat({ max: 4 }), days: fc.nat({ max: 30 }) }), {
    minLength: 4,
    maxLength: 30,
  });
  test("whatever is done between whichever pages, each open issue is rerouted once", async () => {
    let acted = 0;
    await fc.assert(
      fc.asyncProperty(races, fc.boolean(), async (steps, under) => {
        const storage = makeMemoryStorage();
        const { desk, clock } = await openTown({ storage });
        const issues: Array<string> = [];
        for (const unit of ["B1", "B2", "B1", "B2", "B1"]) {
          issues.push((await desk.begin(report(unit), resident)).issue);
        }
        await desk.publish({ charter: stricter, reroute: under ? { under: "C1" } : {} });
        for (const step of steps) {
          await desk.runDue({ limit: 1 });
          clock.now += 1000;
          const issue = issues[step.issue] ?? "";
          const { states } = await entriesOf(storage, desk, clock.now);
          const actor = person(states.get(issue)?.handler.person ?? "nobody");
          const reviewBy = clock.now + step.days * DAY + HOUR;
          const more =
            step.act === "suspend" ? { reviewBy } : step.act === "contact" ? { reached: true } : {};
          const words = ["suspend", "handUp"].includes(step.act) ? { words: "x" } : {};
          await desk.act(issue, { type: step.act, ...more, ...words }, { actor }).then(
            () => (acted += 1),
            (error: unknown) => expect(error).toMatchObject({ _tag: "Refusal" }),
          );
        }
        await settleAll(desk);
        for (const [id, { charter: own }] of (await entriesOf(storage, desk, clock.now)).states) {
          expect(own.version).toBe("2");
          const lines = (await desk.history(id)).filter(({ event }) => event.type === "Rerouted");
          expect(lines).toHaveLength(1);
        }
      }),
      { seed: 1204, numRuns: 150 },
    );
    expect(acted).toBeGreaterThan(300);
  });
});

test("what a cluster raised never goes lower, even where nobody holds the post it was raised to", async () => {
  const { desk } = await openTown();
  const vacant = {
    ...directory,
    version: "d2",
    appointments: directory.appointments.filter(({ unit }) => unit !== "T"),
  };
  await desk.publish({ directory: vacant });
  const issues: Array<string> = [];
  for (let count = 0; count < 3; count += 1) {
    issues.push((await desk.begin(report("B1", "hazard"), resident)).issue);
  }
  const [first = "", , raised = ""] = issues;
  expect((await desk.history(raised)).map(({ event }) => event.type)).toContain("ClusterRaised");
  expect(await handlerOf(desk, raised)).toMatchObject({ post: "mayor", unit: "T" });
  // Hazards belong to the buildings from now on.
  const lower = {
    ...{ ...charter, version: "2" },
    rules: charter.rules.map((rule) =>
      rule.id === "hazard-fast"
        ? { ...rule, outcome: { course: "handle", clocks: "fast", size: "critical" } }
        : rule,
    ),
  };
  expect(await desk.previewPublish({ charter: lower })).toMatchObject({ stays: { climbed: 1 } });
  await desk.publish({ charter: lower, reroute: {} });
  await settleAll(desk);
  expect((await desk.rerouting())?.rerouted).toBe(3);
  expect(await handlerOf(desk, raised)).toMatchObject({ post: "mayor", unit: "T" });
  expect(await handlerOf(desk, first)).toMatchObject({ post: "chief", unit: "B1" });
});
