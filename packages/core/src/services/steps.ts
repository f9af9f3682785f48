/**
 * Several steps on one issue in one commit: for imports and hosts that know more
 * than one thing at once (settled, verified and answered, say).
 *
 * Each step is decided on the state the one before it left, with its own actor and
 * its own entries; the issue is loaded and written once. The first step refused
 * refuses all, and nothing is written.
 */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { perform } from "../climbing/index.ts";
import { encodeCanonical, InputError, isSoundText } from "../data/index.ts";
import { contextOf, decodeCommand, isOpening } from "../issue/index.ts";
import type { Actor, Command, IssueEvent, IssueState } from "../issue/index.ts";
import type { RowWrite } from "../ports/index.ts";
import type { Instant } from "../time/index.ts";
import { actedOf, attempt, commitDecided, encodeActed } from "./acted.ts";
import type { Acted, ActError } from "./acted.ts";
import { composeCommit } from "./compose.ts";
import type { WrittenStep } from "./compose.ts";
import type { Documents, Published } from "./Documents.ts";
import {
  commandHash,
  isIssueId,
  noSuchIssue,
  opening,
  prepareSealed,
  sideRows,
  wordsOf,
} from "./prepare.ts";
import type { Request } from "./prepare.ts";
import { otherIssue } from "./reading.ts";
import type { Loaded, Reading } from "./reading.ts";
import type { Settings } from "./Settings.ts";
import { spanned } from "./watching.ts";

/** A command, as untrusted data, and who gives it. */
export interface Step {
  readonly command: unknown;
  readonly actor: Actor;
}

/** Options of several steps. */
export interface StepOptions {
  /** The same id with the same steps acts once; default: a new one. At most 76 characters. */
  readonly commandId?: string;
}

/** Several steps on one issue in one commit. */
export type ActAll = (
  issue: string,
  steps: ReadonlyArray<Step>,
  options?: StepOptions,
) => Effect.Effect<Acted, ActError>;

/** Steps in one commit, at most. */
export const STEPS_MAX = 20;

/** Builds `actAll` of one namespace. */
export const makeSteps = (settings: Settings, documents: Documents, reading: Reading): ActAll => {
  const decide = decidingSteps(settings, reading);
  const once = (request: StepsRequest) =>
    Effect.flatMap(
      reading.decideOn(request.issue, (loaded) => decide(request, loaded)),
      (decided) => commitDecided(settings, decided),
    );
  return (issue, steps, options = {}) =>
    spanned("Linli.actAll", () =>
      Effect.flatMap(requestOf(settings, issue, steps, options), (request) =>
        attempt(settings, documents, request, once),
      ),
    );
};

interface StepsRequest {
  readonly issue: string;
  readonly commandId: string;
  readonly contentHash: string;
  readonly requests: ReadonlyArray<Request>;
}

const requestOf = Effect.fnUntraced(function* (
  settings: Settings,
  issue: string,
  steps: ReadonlyArray<Step>,
  options: StepOptions,
) {
  const commandId = options.commandId ?? settings.newId();
  if (commandId.length === 0 || commandId.length > 76 || !isSoundText(commandId)) {
    return yield* refused("/commandId", "must be 1 to 76 characters", "send a UUID");
  }
  if (steps.length === 0 || steps.length > STEPS_MAX) {
    return yield* refused("/steps", `must be 1 to ${STEPS_MAX} steps`, "send fewer at once");
  }
  const requests: Array<Request> = [];
  for (const [index, { command: input, actor }] of steps.entries()) {
    const command: Command = yield* Effect.fromResult(decodeCommand(input));
    if (isOpening(command)) return yield* opening();
    if (command.type === "merge") {
      return yield* refused(`/steps/${index}`, "changes two issues", "use act for merge");
    }
    if (!isIssueId(issue)) return yield* noSuchIssue(command.type);
    requests.push({
      issue,
      command,
      actor,
      commandId: `${commandId}.${index + 1}`,
      contentHash: "",
      newIssue: issue,
      receiptCode: "",
    });
  }
  const contentHash = yield* commandHash(
    settings,
    encodeCanonical({ issue, steps: requests.map(({ actor, command }) => ({ actor, command })) }),
  );
  return { issue, commandId, contentHash, requests } satisfies StepsRequest;
});

const refused = (path: string, reason: string, advice: string) =>
  new InputError({ door: "command", path, reason, advice });

const decidingSteps = (settings: Settings, reading: Reading) =>
  Effect.fnUntraced(function* (request: StepsRequest, loaded: Loaded | null) {
    if (loaded === null) {
      return yield* noSuchIssue(request.requests[0]?.command.type ?? "");
    }
    const world = yield* reading.worldOf(loaded.state);
    const now = yield* settings.now;
    const rows: Array<RowWrite> = [];
    const done: Array<WrittenStep> = [];
    let state: IssueState = loaded.state;
    for (const one of request.requests) {
      const other = yield* otherIssue(reading, one.command);
      const prepared = yield* prepareSealed(settings, one, now);
      const context = contextOf(world, now, one.actor, {
        issueId: one.newIssue,
        content: prepared.refs,
        words: wordsOf(one.command),
        other: other?.state ?? null,
      });
      const performed = perform(context, state, one.command);
      if (Result.isFailure(performed)) return yield* performed.failure;
      const { rungs, events } = performed.success;
      state = performed.success.state;
      rows.push(...sideRows(one, prepared, state));
      done.push({ rungs, events, actor: one.actor, cause: one.commandId });
    }
    return composeSteps(settings, request, { loaded, world, now, rows, done, state });
  });

const composeSteps = (
  settings: Settings,
  request: StepsRequest,
  made: {
    readonly loaded: Loaded;
    readonly world: Published;
    readonly now: Instant;
    readonly rows: ReadonlyArray<RowWrite>;
    readonly done: ReadonlyArray<WrittenStep>;
    readonly state: IssueState;
  },
) => {
  const { loaded, world, now, rows, done, state } = made;
  const [first = NO_STEP, ...then] = done;
  const events: ReadonlyArray<IssueEvent> = done.flatMap((step) => step.events);
  const acted = actedOf(state, events, null);
  const batch = composeCommit(settings, {
    now,
    guards: world.guards,
    written: [{ ...first, world, before: loaded, state, then }],
    rows,
    receipt: {
      id: request.commandId,
      contentHash: request.contentHash,
      value: encodeActed(settings, acted),
      keepUntil: now + settings.receiptMillis,
    },
  });
  return { acted, batch, changes: events.length > 0 };
};

const NO_STEP: WrittenStep = { rungs: [], events: [], actor: { person: null }, cause: "" };
