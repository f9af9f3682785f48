import { describe, expect, it } from "vitest";
import * as Result from "effect/Result";
import { advance, perform } from "../src/climbing/index.ts";
import { allowedCommands, contextOf, decide } from "../src/issue/index.ts";
import type { Command, IssueEvent } from "../src/issue/index.ts";
import { noticesFor, view } from "../src/sight/index.ts";
import { openIssue, townWorld } from "./support/recordedLife.ts";
import { DAY, hierarchy, HOUR, MONDAY } from "./support/town.ts";

const REPORT: Command = { type: "report", category: "repair", place: { unit: "B1" }, words: "w" };
const world = townWorld();
const types = (events: ReadonlyArray<IssueEvent>) => events.map(({ type }) => type);

const appointed = (person: string, post: string, unit: string, more: object = {}) => ({
  id: `x-${person}-${post}-${unit}`,
  person,
  post,
  unit,
  from: 0,
  ...more,
});

describe("a complaint about the handler", () => {
  const about = { ...REPORT, about: [{ post: "chief", unit: "B1" }] } as const;

  it("goes past the chief, who may neither act on it nor record it as settled", () => {
    const issue = openIssue(world, about);
    expect(issue.state.handler).toMatchObject({ post: "secretary", unit: "C1", person: "sec-1" });
    expect(issue.history[0]?.event).toMatchObject({
      passed: [{ post: "chief", unit: "B1", why: "excluded" }],
    });
    for (const type of ["accept", "settle", "handUp"] as const) {
      const command: Command = type === "handUp" ? { type, words: "up" } : { type };
      expect(issue.try("chief-1", command)).toBe("ConcernsYou");
    }
    const record: Command = { ...about, type: "recordSettled", settledAt: MONDAY - HOUR };
    const context = contextOf(world, MONDAY, { person: "chief-1" }, { issueId: "x" });
    const decided = decide(context, null, record);
    expect(Result.isFailure(decided) && decided.failure.code).toBe("ConcernsYou");
  });

  it("stays closed to whoever held the post then, after they have moved up", () => {
    const moving = townWorld({
      directory: {
        appointments: [
          appointed("mover", "chief", "B1", { until: MONDAY + DAY }),
          appointed("mover", "secretary", "C1", { from: MONDAY + DAY }),
          appointed("mayor", "mayor", "T"),
          appointed("desk", "desk", "T"),
        ],
      },
    });
    const issue = openIssue(moving, about);
    expect(issue.state.handler.person).toBe("mayor");
    issue.waits(2 * DAY);
    const seen = view(
      moving,
      { state: issue.state, contents: [] },
      { viewer: { person: "mover" }, purpose: "handle", at: issue.now },
    );
    expect(seen?.reporters).toBeNull();
    expect(issue.try("mover", { type: "accept" })).toBe("ConcernsYou");
  });

  it("leaves a concerned reporter their voice, and not the last word", () => {
    const issue = openIssue(world, { ...REPORT, about: [{ person: "resident" }] });
    issue.does("chief-1", { type: "settle", words: "done" });
    expect(issue.try("resident", { type: "verify", passed: true })).toBe("ConcernsYou");
    issue.does("resident", { type: "followUp", reached: true, resolved: true });
    expect(issue.state.status).toBe("resolved");
  });

  it("is refused when it names a post, unit or organisation that is not there", () => {
    for (const [subject, code] of [
      [{ post: "chef", unit: "B1" }, "UnknownPost"],
      [{ post: "chief", unit: "B9" }, "UnknownUnit"],
      [{ organisation: "nobody" }, "UnknownOrganisation"],
    ] as const) {
      const context = contextOf(world, MONDAY, { person: "resident" }, { issueId: "x" });
      const decided = decide(context, null, { ...REPORT, about: [subject] });
      expect(Result.isFailure(decided) && decided.failure.code).toBe(code);
    }
  });
});

describe("one person in two posts", () => {
  const twice = townWorld({
    directory: {
      appointments: [
        appointed("both", "chief", "B1"),
        appointed("both", "secretary", "C1"),
        appointed("mayor", "mayor", "T"),
        appointed("desk", "desk", "T"),
      ],
    },
  });

  it("is passed over on the way up, and the journal says so", () => {
    const issue = openIssue(twice, REPORT);
    const events = issue.waits(6 * DAY);
    const escalated = events.find(({ type }) => type === "Escalated");
    expect(escalated).toMatchObject({
      handler: { post: "mayor", person: "mayor" },
      passed: [{ post: "secretary", unit: "C1", why: "excluded" }],
    });
  });

  it("grants itself no extension, and verifies nothing of its own", () => {
    const issue = openIssue(twice, REPORT);
    issue.does("both", { type: "requestExtension", clock: "resolve", words: "more time" });
    expect(
      issue.try("both", { type: "grantExtension", granted: true, until: MONDAY + 20 * DAY }),
    ).toBe("OwnWork");
    issue.does("mayor", { type: "grantExtension", granted: true, until: MONDAY + 20 * DAY });
    const resolve = issue.state.clocks.find(({ kind }) => kind === "resolve");
    expect(resolve?.deadline.dueAt).toBe(MONDAY + 20 * DAY);
    const granted = issue.history.at(-1)?.event as IssueEvent;
    const told = noticesFor(twice, issue.state, granted, issue.state.version);
    expect(told.map(({ person }) => person).sort()).toEqual(["both", "resident"]);
    issue.does("both", { type: "settle", words: "done" });
    expect(issue.try("both", { type: "verify", passed: true })).toBe("OwnWork");
  });

  it("who holds every post above hands up to nobody, and the ladder ends at once", () => {
    const alone = townWorld({
      directory: {
        appointments: [
          appointed("one", "chief", "B1"),
          appointed("one", "secretary", "C1"),
          appointed("one", "mayor", "T"),
          appointed("one", "desk", "T"),
        ],
      },
    });
    const issue = openIssue(alone, REPORT);
    expect(issue.try("one", { type: "handUp", words: "up" })).toBe("NothingAbove");
    expect(types(issue.waits(4 * DAY))).toEqual(["Reminded", "LastRungReached"]);
  });
});

describe("nights, leaves and buildings that are gone", () => {
  it("a chief on leave at night: the delegate has it and may act", () => {
    const night = MONDAY + 14 * HOUR;
    const away = townWorld({
      directory: {
        leaves: [
          {
            id: "l",
            person: "chief-1",
            from: MONDAY,
            until: MONDAY + 3 * DAY,
            delegate: "chief-2",
          },
        ],
      },
    });
    const context = contextOf(away, night, { person: "resident" }, { issueId: "n" });
    const { state } = Result.getOrThrow(perform(context, null, REPORT));
    expect(state.handler).toMatchObject({
      post: "chief",
      unit: "B1",
      person: "chief-2",
      via: "delegate",
    });
    const delegate = contextOf(away, night + HOUR, { person: "chief-2" });
    expect(allowedCommands(delegate, state)).toContain("settle");
  });

  it("a building that has ended still climbs through the community it stood in", () => {
    const units = hierarchy.units.map((unit) =>
      unit.id === "B1" ? { ...unit, until: MONDAY + HOUR, successors: ["B2"] } : unit,
    );
    const gone = townWorld({ hierarchy: { units } });
    const issue = openIssue(gone, REPORT);
    const events = issue.waits(4 * DAY);
    expect(events.find(({ type }) => type === "Escalated")).toMatchObject({
      handler: { unit: "C1" },
    });
    expect(
      allowedCommands(
        contextOf(gone, MONDAY + 2 * HOUR, { person: "sec-1" }),
        openIssue(gone, REPORT).state,
      ),
    ).toContain("supervise");
  });

  it("a clock set back, or one beyond the calendar, changes no order", () => {
    const issue = openIssue(world, REPORT);
    issue.does("chief-1", { type: "accept" }, 5 * HOUR);
    issue.does("chief-1", { type: "contact", reached: true }, -3 * HOUR);
    expect(issue.history.at(-1)?.event.at).toBe(MONDAY + 5 * HOUR);
    const beyond = contextOf(world, 9e15, { person: "chief-1" });
    const decided = decide(beyond, issue.state, { type: "settle" });
    expect(Result.isFailure(decided) && decided.failure.code).toBe("WrongInstant");
  });
});

describe("work with others", () => {
  it("asking an organisation moves neither handler nor clocks, and only it or the handler answers", () => {
    const issue = openIssue(world, REPORT);
    const { handler, clocks } = issue.state;
    issue.does("chief-1", { type: "ask", organisation: "property" });
    expect(issue.state).toMatchObject({ handler, clocks });
    expect(issue.try("chief-2", { type: "respond", organisation: "property" })).toBe("NotYours");
    issue.does("engineer", { type: "respond", organisation: "property" });
    expect(issue.waits(4 * DAY).map(({ type }) => type)).toContain("Escalated");
  });

  it("whoever checks in first leads, and a new handler does not undo a summons", () => {
    const issue = openIssue(world, REPORT);
    const posts = [
      { post: "chief", unit: "B2" },
      { post: "secretary", unit: "C2" },
    ];
    issue.does("chief-1", { type: "summon", posts });
    issue.does("chief-1", { type: "handUp", words: "up" });
    issue.does("sec-1", { type: "refer", to: { post: "secretary", unit: "C2" }, words: "yours" });
    expect(issue.state.clocks.filter(({ kind }) => kind === "checkIn")).toHaveLength(2);
    issue.does("sec-2", { type: "checkIn", post: "secretary", unit: "C2" });
    issue.does("chief-2", { type: "checkIn", post: "chief", unit: "B2" });
    expect(issue.state.summons.map(({ unit, lead }) => [unit, lead])).toEqual([
      ["B2", false],
      ["C2", true],
    ]);
  });

  it("the second reopening is one level up", () => {
    const issue = openIssue(world, REPORT);
    for (const unit of ["B1", "C1"]) {
      issue.does(issue.state.handler.person, { type: "settle", words: "done" });
      issue.does("resident", { type: "reopen", words: "no" });
      expect(issue.state.handler.unit).toBe(unit);
    }
  });

  it("suspended from the last rung, it still has a clock when it goes on", () => {
    const issue = openIssue(world, REPORT);
    issue.waits(60 * DAY);
    expect(issue.state.lastRung).toBe(true);
    const { person } = issue.state.handler;
    issue.does(person, { type: "suspend", reviewBy: issue.now + 3 * DAY, words: "winter" });
    issue.does(person, { type: "resume" });
    expect(issue.state.clocks.filter(({ paused }) => paused === null)).toHaveLength(1);
    issue.does(person, { type: "refer", to: { post: "secretary", unit: "C1" }, words: "yours" });
    expect(types(advance(world, issue.state, issue.now + 20 * DAY).events)).toContain("Escalated");
  });

  it("and when all that was paused is a check-in that nobody comes to", () => {
    const issue = openIssue(world, REPORT);
    issue.waits(60 * DAY);
    const { person } = issue.state.handler;
    issue.does(person, { type: "summon", posts: [{ post: "chief", unit: "B2" }] });
    issue.does(person, { type: "suspend", reviewBy: issue.now + 3 * DAY, words: "winter" });
    issue.does(person, { type: "resume" });
    issue.waits(30 * DAY);
    expect(issue.state.clocks.filter(({ paused }) => paused === null)).not.toEqual([]);
  });

  it("one of several reporters cannot withdraw what others have reported too", () => {
    const first = openIssue(world, REPORT);
    const kept = openIssue(world, REPORT, "neighbour");
    const other = { ...kept.state, id: "issue-2" };
    expect(first.try("chief-1", { type: "merge", into: "issue-2" }, { other })).toBeNull();
    expect(first.state).toMatchObject({ status: "merged", mergedInto: "issue-2", clocks: [] });
    expect(first.try("chief-1", { type: "merge", into: "issue-2" }, { other })).toBe("NotNow");
    const both = { ...kept.state, reporters: [...kept.state.reporters, ...first.state.reporters] };
    const context = contextOf(world, kept.now, { person: "neighbour" });
    expect(allowedCommands(context, both)).not.toContain("withdraw");
    expect(allowedCommands(context, kept.state)).toContain("withdraw");
  });

  it("a complaint about somebody is not merged into an issue they may see", () => {
    const complaint = openIssue(world, { ...REPORT, about: [{ post: "chief", unit: "B1" }] });
    const other = { ...openIssue(world, REPORT, "neighbour").state, id: "issue-2" };
    expect(complaint.try("sec-1", { type: "merge", into: "issue-2" }, { other })).toBe("NotNow");
  });

  it("no assignment goes down to a level whose duty list lacks it", () => {
    const context = contextOf(world, MONDAY, { person: null, source: "bureau" }, { issueId: "a" });
    const assignment: Command = {
      ...REPORT,
      kind: "assignment",
      category: "family",
      reporter: { kind: "official", source: "bureau" },
    };
    const { state } = Result.getOrThrow(perform(context, null, assignment));
    expect(state.handler.level).toBe("town");
    for (const to of [
      { post: "secretary", unit: "C1" },
      { post: "chief", unit: "B1" },
    ]) {
      const decided = decide(contextOf(world, MONDAY, { person: "mayor" }), state, {
        type: "refer",
        to,
        words: "yours",
      });
      expect(Result.isFailure(decided) && decided.failure.code).toBe("OutsideDutyList");
    }
  });
});
