/**
 * Acting on issues: load, decide, commit, return.
 *
 * All decisions are the rooms'. What is done here is fetching what they need,
 * turning their events into one atomic commit - state row with its index keys,
 * contents, journal entries, the clock's job, notices and the command's receipt -
 * and trying again when somebody else was faster.
 */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { absorbing, perform } from "../climbing/index.ts";
import type { Performed } from "../climbing/index.ts";
import { contextOf, decodeCommand, isHidden, isOpening, mayNameRefs } from "../issue/index.ts";
import type { Actor, OpeningCommand } from "../issue/index.ts";
import { actedOf, attempt, commitDecided, encodeActed, NOTHING_DONE } from "./acted.ts";
import type { Acted, ActError } from "./acted.ts";
import { composeCommit } from "./compose.ts";
import type { Written } from "./compose.ts";
import type { Documents } from "./Documents.ts";
import {
  countClusters,
  findKnown,
  isIssueId,
  noSuchIssue,
  notOpening,
  opening,
  prepareSealed,
  referenceTaken,
  requestOf,
  sideRows,
  wordsOf,
} from "./prepare.ts";
import type { ActOptions, Request } from "./prepare.ts";
import { makeReading, otherIssue } from "./reading.ts";
import type { Loaded, Reading } from "./reading.ts";
import type { Settings } from "./Settings.ts";
import { makeSteps } from "./steps.ts";
import type { ActAll } from "./steps.ts";
import { spanned, told } from "./watching.ts";
import type { Facts } from "./watching.ts";

/** The commands of one namespace. */
export interface Commands extends Reading {
  /** Begins an issue: `report` or `recordSettled`. */
  readonly begin: (input: unknown, options: ActOptions) => Effect.Effect<Acted, ActError>;
  /** Any other command on an issue. */
  readonly act: (
    issue: string,
    input: unknown,
    options: ActOptions,
  ) => Effect.Effect<Acted, ActError>;
  /**
   * Several steps on one issue, each by its own actor, in one commit: all of them or
   * none. The journal says the same as if they had come one after the other.
   */
  readonly actAll: ActAll;
}

/** Builds the commands of one namespace. */
export const makeCommands = (settings: Settings, documents: Documents): Commands => {
  const reading = makeReading(settings, documents);
  const once = performOnce(settings, documents, reading);

  const run = (request: Request): Effect.Effect<Acted, ActError> =>
    told(attempt(settings, documents, request, once), "linli command", {
      of: ({ issue, version }) => ({ ...factsOf(request), issue, version }),
      ofError: (error) => ({
        ...factsOf(request),
        issue: request.issue ?? "",
        refused: error._tag === "Refusal" ? error.code : error._tag,
      }),
    });

  // Delivered again: what its reference made, for the system whose reference it is and offices who may see it.
  const knownIssue = Effect.fnUntraced(function* (command: OpeningCommand, actor: Actor) {
    const refs = command.externalRefs ?? [];
    if (refs.length === 0) return null;
    const published = yield* documents.published;
    const now = yield* settings.now;
    if (!mayNameRefs(contextOf(published, now, actor), refs)) return null;
    const found = yield* findKnown(settings, refs);
    const loaded = found === null ? null : yield* reading.load(found);
    if (loaded === null) return null;
    if (refs.every(({ system }) => actor.source === system)) return loaded;
    const world = yield* reading.worldOf(loaded.state);
    return isHidden(contextOf(world, now, actor), loaded.state)
      ? yield* referenceTaken(command.type)
      : loaded;
  });

  const beginOnce = Effect.fnUntraced(function* (input: unknown, options: ActOptions) {
    const command = yield* Effect.fromResult(decodeCommand(input));
    if (!isOpening(command)) return yield* notOpening();
    const known = yield* knownIssue(command, options.actor);
    if (known !== null) return { ...actedOf(known.state, NOTHING_DONE, null), known: true };
    return yield* run(yield* requestOf(settings, null, command, options));
  });

  const actOnce = (
    issue: string,
    input: unknown,
    options: ActOptions,
  ): Effect.Effect<Acted, ActError> => {
    const decoded = decodeCommand(input);
    if (Result.isFailure(decoded)) return Effect.fail(decoded.failure);
    const command = decoded.success;
    if (isOpening(command)) return Effect.fail(opening());
    return isIssueId(issue)
      ? Effect.flatMap(requestOf(settings, issue, command, options), run)
      : Effect.fail(noSuchIssue(command.type));
  };

  return {
    ...reading,
    begin: (input, options) => spanned("Linli.begin", () => beginOnce(input, options)),
    act: (issue, input, options) => spanned("Linli.act", () => actOnce(issue, input, options)),
    actAll: makeSteps(settings, documents, reading),
  };
};

const factsOf = ({ command, commandId }: Request): Facts => ({ command: command.type, commandId });

// One attempt: everything is decided and composed anew each time.
const performOnce = (settings: Settings, documents: Documents, reading: Reading) => {
  const decide = deciding(settings, documents, reading);
  return (request: Request) =>
    Effect.flatMap(
      request.issue === null
        ? decide(request, null)
        : reading.decideOn(request.issue, (loaded) => decide(request, loaded)),
      (decided) => commitDecided(settings, decided),
    );
};

const deciding = (settings: Settings, documents: Documents, reading: Reading) =>
  Effect.fnUntraced(function* (request: Request, loaded: Loaded | null) {
    const world =
      loaded === null ? yield* documents.published : yield* reading.worldOf(loaded.state);
    const now = yield* settings.now;
    const other = yield* otherIssue(reading, request.command);
    const prepared = yield* prepareSealed(settings, request, now);
    const bare = contextOf(world, now, request.actor, {
      issueId: prepared.issueId,
      receipt: prepared.receiptHash,
      content: prepared.refs,
      words: wordsOf(request.command),
      other: other?.state ?? null,
    });
    const context = isOpening(request.command)
      ? { ...bare, clusters: yield* countClusters(settings, bare, request.command) }
      : bare;
    const performed = perform(context, loaded?.state ?? null, request.command);
    if (Result.isFailure(performed)) return yield* performed.failure;
    const { events, rungs, state } = performed.success;
    const written = [writtenOf(request, world, loaded, performed.success)];
    if (request.command.type === "merge" && other !== null) {
      const kept = yield* reading.worldOf(other.state);
      const gained = absorbing(
        { ...context, ...kept },
        performed.success.before ?? state,
        other.state,
      );
      written.push(writtenOf(request, kept, other, gained));
    }
    const acted = actedOf(state, events, prepared.receiptCode);
    const batch = composeCommit(settings, {
      now,
      guards: world.guards,
      written,
      rows: sideRows(request, prepared, state),
      receipt: {
        id: request.commandId,
        contentHash: request.contentHash,
        value: encodeActed(settings, acted),
        keepUntil: now + settings.receiptMillis,
      },
    });
    return { acted, batch, changes: rungs.length + events.length > 0 };
  });

const writtenOf = (
  request: Request,
  world: Written["world"],
  before: Loaded | null,
  performed: Performed,
): Written => ({
  world,
  before,
  rungs: performed.rungs,
  events: performed.events,
  state: performed.state,
  actor: request.actor,
  cause: request.commandId,
});
