/** One long life of one issue, step by step, for the fixture that later releases must still read. */
import * as Result from "effect/Result";
import { advance, perform } from "../../src/climbing/index.ts";
import { decodeCharter } from "../../src/charter/index.ts";
import { decodeDirectory } from "../../src/directory/index.ts";
import { decodeHierarchy } from "../../src/hierarchy/index.ts";
import { contextOf } from "../../src/issue/index.ts";
import type { Command, IssueEvent, IssueState, World } from "../../src/issue/index.ts";
import { calendar, charter, DAY, directory, hierarchy, HOUR, MONDAY } from "./town.ts";

/** The town of the examples as a world. */
export const townWorld = (
  changes: {
    readonly charter?: object;
    readonly directory?: object;
    readonly hierarchy?: object;
  } = {},
): World => {
  const decoded = Result.getOrThrow(
    decodeCharter({ ...charter, ...changes.charter }, { calendars: [calendar] }),
  );
  const { levels, chains, posts } = decoded.document;
  const units = Result.getOrThrow(
    decodeHierarchy({ ...hierarchy, ...changes.hierarchy }, { levels, chains }),
  );
  const people = Result.getOrThrow(
    decodeDirectory({ ...directory, ...changes.directory }, { posts, hierarchy: units }),
  );
  return { charter: decoded, hierarchy: units, directory: people };
};

/** An issue that is worked on by hand: each command by a person, hours after the one before. */
export const openIssue = (world: World, report: Command, person: string | null = "resident") => {
  const history: Array<{ readonly event: IssueEvent; readonly recordedAt: number }> = [];
  let now = MONDAY;
  let state: IssueState | null = null;
  const issue = {
    history,
    get state(): IssueState {
      if (state === null) throw new Error("nothing was reported");
      return state;
    },
    get now() {
      return now;
    },
    /** Gives a command; answers the code of the refusal, or null when it was taken. */
    try: (
      who: string | null,
      command: Command,
      more: { readonly wait?: number; readonly other?: IssueState } = {},
    ) => {
      now += more.wait ?? HOUR;
      const context = contextOf(
        world,
        now,
        { person: who },
        {
          issueId: "issue-1",
          receipt: command.type === "report" ? "receipt-1" : null,
          content: "words" in command ? [{ id: `t${history.length}`, hash: "abc" }] : [],
          words: "words" in command ? (command.words ?? null) : null,
          other: more.other ?? null,
        },
      );
      const performed = perform(context, state, command);
      if (Result.isFailure(performed)) return performed.failure.code;
      state = performed.success.state;
      for (const event of [...performed.success.rungs, ...performed.success.events]) {
        history.push({ event, recordedAt: now });
      }
      return null;
    },
    /** Gives a command that must be taken. */
    does: (who: string | null, command: Command, wait: number = HOUR) => {
      const refused = issue.try(who, command, { wait });
      if (refused !== null) throw new Error(`${command.type} by ${who}: ${refused}`);
      return issue.state;
    },
    /** Lets time pass with nobody acting. */
    waits: (millis: number) => {
      now += millis;
      const advanced = advance(world, issue.state, now);
      state = advanced.state;
      for (const event of advanced.events) history.push({ event, recordedAt: now });
      return advanced.events;
    },
  };
  issue.does(person, report, 0);
  return issue;
};

/** The life in the fixture. */
export const recordedLife = () => {
  const issue = openIssue(townWorld(), {
    type: "report",
    category: "repair",
    place: { unit: "B1" },
    facts: { cost: 500 },
    externalRefs: [{ system: "hotline", ref: "2026/灯-1" }],
    words: "叶口巷3号 the corridor light is out",
  });
  const { does, waits } = issue;
  does("chief-2", { type: "support" });
  does("chief-1", { type: "accept" });
  does("chief-1", { type: "contact", reached: true });
  does("chief-1", { type: "ask", organisation: "property" });
  does("engineer", { type: "respond", organisation: "property", words: "tomorrow" });
  does("chief-1", { type: "summon", posts: [{ post: "chief", unit: "B2" }] });
  does("chief-2", { type: "checkIn", post: "chief", unit: "B2" });
  does("chief-1", { type: "addHelper", person: "neighbour" });
  does("chief-1", { type: "requestExtension", clock: "resolve", words: "a part is missing" });
  does("sec-1", { type: "grantExtension", granted: true, until: MONDAY + 10 * DAY });
  does("chief-1", { type: "suspend", reviewBy: MONDAY + 3 * DAY, words: "waiting for the part" });
  does("chief-1", { type: "resume" }, DAY);
  does("chief-1", { type: "handUp", words: "more than a bulb" });
  does("sec-1", { type: "sendBack", words: "it is a bulb" });
  waits(2 * DAY);
  does("resident", { type: "urge" });
  does("mayor", { type: "supervise", words: "settle it" });
  const { handler } = issue.state;
  does(handler.person, { type: "reclassify", category: "repair", facts: { cost: 800 } });
  does("chief-1", { type: "settle", words: "a new lamp" });
  does("resident", {
    type: "followUp",
    reached: true,
    rating: 2,
    resolved: false,
    words: "it flickers",
  });
  does("chief-1", { type: "accept" });
  does("chief-1", { type: "resolve", words: "a new fitting" });
  does("sec-1", { type: "verify", passed: true });
  does("chief-1", { type: "answer", words: "it shines" });
  does("chief-1", { type: "close" });
  return issue;
};
