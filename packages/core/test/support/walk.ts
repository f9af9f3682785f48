/** Walking through a drawn life: every command performed as the services would, histories kept. */
import { suitableCommands } from "@linli/testing";
import type { LifeStep, SmallTown, TownLife } from "@linli/testing";
import { TOWN_START } from "@linli/testing";
import * as Result from "effect/Result";
import { absorbing, clusterQuestions, perform } from "../../src/climbing/index.ts";
import type { Performed } from "../../src/climbing/index.ts";
import { allowedCommands, contextOf, isOpening } from "../../src/issue/index.ts";
import type {
  Actor,
  Command,
  Context,
  IssueEvent,
  IssueState,
  Refusal,
} from "../../src/issue/index.ts";
import type { Content } from "../../src/sight/index.ts";

/** One issue of a walk. */
export interface Walked {
  state: IssueState;
  readonly history: Array<{
    readonly event: IssueEvent;
    readonly recordedAt: number;
    readonly actor: Actor | null;
  }>;
  readonly contents: Array<Content>;
}

/** What one command did, with everything before and after it. */
export interface Moment {
  readonly town: SmallTown;
  readonly context: Context;
  readonly command: Command;
  readonly issue: string;
  readonly before: IssueState | null;
  readonly result: Result.Result<Performed, Refusal>;
  /** Issues by id after it, the one surviving a merge included. */
  readonly issues: ReadonlyMap<string, Walked>;
}

/** The words of a content, found again wherever they leak: never part of an id or sentence. */
export const marker = (issue: string, count: number, command: string): string =>
  `§${issue}-${count}-${command}§`;

/** Performs a life from its beginning; `look` is called after every command, refused or not. */
export const walk = (life: TownLife, look: (moment: Moment) => void = () => {}) => {
  const { town } = life;
  const issues = new Map<string, Walked>();
  let now = TOWN_START;
  let commands = 0;

  const give = (issue: string, actor: Actor, command: Command, other: string | null) => {
    commands += 1;
    const before = issues.get(issue)?.state ?? null;
    const context = contextFor(town, issues, { issue, actor, command, now, other, commands });
    const result = perform(context, before, command);
    if (Result.isSuccess(result))
      keep(issues, { issue, context, command, commands }, result.success);
    look({ town, context, command, issue, before, result, issues });
  };

  for (const { actor, command } of life.openings) {
    now += 60_000;
    give(`i${issues.size}`, actor, command, null);
  }
  for (const step of life.steps) {
    now += step.wait;
    const ids = [...issues.keys()];
    const issue = ids[step.issue % Math.max(1, ids.length)];
    if (issue === undefined) break;
    const other = ids.find((id) => id !== issue) ?? null;
    const { actor, command } = guidedBy(town, issues, { step, issue, other, now });
    give(issue, actor, command, other);
  }
  return { issues, now };
};

const guidedBy = (
  town: SmallTown,
  issues: ReadonlyMap<string, Walked>,
  at: {
    readonly step: LifeStep;
    readonly issue: string;
    readonly other: string | null;
    readonly now: number;
  },
): { readonly actor: Actor; readonly command: Command } => {
  const { step, issue, other, now } = at;
  const state = issues.get(issue)?.state;
  if (step.guided === null || state === undefined) return step;
  const [who, what, how] = step.guided;
  const people: ReadonlyArray<Actor> = [
    step.actor,
    ...[...town.officers, ...town.residents].map((person) => ({ person })),
    { person: null, host: true },
  ];
  // Whoever may grant an extension is looked for among everybody, or nobody ever would.
  const reach = state.extensionAsked === null ? 3 : people.length;
  const handler = { person: state.handler.person };
  const turned = [...people.slice(who % people.length), ...people.slice(0, who % people.length)];
  for (const actor of who % 2 === 0
    ? [handler, ...turned.slice(0, reach)]
    : turned.slice(0, reach + 1)) {
    const names = allowedCommands(contextOf(town, now, actor), state).filter(
      (name) => !SELDOM.has(name) || how % 4 === 0,
    );
    const forward = names.filter((name) => FORWARD.has(name));
    const pool = how % 3 === 1 && forward.length > 0 ? forward : names;
    const name = names.includes("grantExtension")
      ? "grantExtension"
      : pool[what % Math.max(1, pool.length)];
    if (name === undefined) continue;
    const inputs = suitableCommands(town, state, name, { now, other });
    const command = inputs[how % Math.max(1, inputs.length)];
    if (command !== undefined) return { actor, command };
  }
  return step;
};

/** Steps towards the end, taken more often, or hardly any life would come to it. */
const FORWARD: ReadonlySet<string> = new Set([
  "settle",
  "resolve",
  "verify",
  "answer",
  "close",
  "checkIn",
  "sendBack",
]);

// Taken less often, or most lives would be over or full of applause after two steps.
const SELDOM: ReadonlySet<string> = new Set([
  "support",
  "contact",
  "link",
  "comment",
  "urge",
  "withdraw",
  "decline",
  "signpost",
]);

const contextFor = (
  town: SmallTown,
  issues: ReadonlyMap<string, Walked>,
  given: {
    readonly issue: string;
    readonly actor: Actor;
    readonly command: Command;
    readonly now: number;
    readonly other: string | null;
    readonly commands: number;
  },
): Context => {
  const { issue, actor, command, now, commands } = given;
  const named =
    command.type === "merge" ? command.into : command.type === "link" ? command.issue : null;
  const words = "words" in command && command.words !== undefined ? command.words : null;
  const bare = contextOf(town, now, actor, {
    issueId: issue,
    receipt: command.type === "report" ? `receipt-${issue}` : null,
    content: words === null ? [] : [{ id: `${issue}.c${commands}`, hash: "h" }],
    words,
    other: named === null ? null : (issues.get(named)?.state ?? null),
  });
  return isOpening(command) ? { ...bare, clusters: clustersFor(bare, issues, command) } : bare;
};

const clustersFor = (
  context: Context,
  issues: ReadonlyMap<string, Walked>,
  command: Command,
): ReadonlyMap<string, number> => {
  const first = perform(context, null, command);
  if (Result.isFailure(first)) return new Map();
  const { state } = first.success;
  return new Map(
    clusterQuestions(context, state, context.now).map(({ cluster, since }) => [
      cluster.id,
      1 +
        [...issues.values()].filter(
          (other) => other.state.category === state.category && other.state.reportedAt >= since,
        ).length,
    ]),
  );
};

const keep = (
  issues: Map<string, Walked>,
  given: {
    readonly issue: string;
    readonly context: Context;
    readonly command: Command;
    readonly commands: number;
  },
  done: Performed,
): void => {
  const { issue, context, command, commands } = given;
  record(issues, issue, context, done);
  const walked = issues.get(issue);
  for (const { id } of context.content) {
    walked?.contents.push({
      id,
      issue,
      command: command.type,
      by: context.actor.person,
      at: context.now,
      words: marker(issue, commands, command.type),
      attachments: (["public", "parties", "sealed"] as const).map((visibility) => ({
        uri: `file:${marker(issue, commands, visibility)}`,
        sha256: "0".repeat(64),
        mime: "image/jpeg",
        visibility,
      })),
    });
  }
  if (command.type !== "merge") return;
  const kept = issues.get(command.into);
  if (kept === undefined || done.before === null) return;
  record(issues, command.into, context, absorbing(context, done.before, kept.state));
};

const record = (
  issues: Map<string, Walked>,
  issue: string,
  context: Context,
  done: Performed,
): void => {
  const walked = issues.get(issue) ?? { state: done.state, history: [], contents: [] };
  walked.state = done.state;
  const recordedAt = context.now;
  for (const event of done.rungs) walked.history.push({ event, recordedAt, actor: null });
  for (const event of done.events) walked.history.push({ event, recordedAt, actor: context.actor });
  issues.set(issue, walked);
};
