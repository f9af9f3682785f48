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
import { isSoundText } from "../data/index.ts";
import { contextOf, decodeCommand, isHidden, isOpening, mayNameRefs } from "../issue/index.ts";
import type { Actor, OpeningCommand, World } from "../issue/index.ts";
import type { Instant } from "../time/index.ts";
import { actedOf, attempt, NOTHING_DONE, parseActed } from "./acted.ts";
import type { Acted, ActError } from "./acted.ts";
import { composeCommit } from "./compose.ts";
import type { Written } from "./compose.ts";
import type { Documents, Published } from "./Documents.ts";
import {
  countClusters,
  findKnown,
  noSuchIssue,
  notOpening,
  opening,
  prepareSealed,
  referenceTaken,
  requestOf,
  sideRows,
  wordsOf,
} from "./prepare.ts";
import type { ActOptions, PreparedCommand, Request } from "./prepare.ts";
import { makeReading, otherIssue } from "./reading.ts";
import type { Loaded, Reading } from "./reading.ts";
import type { Settings } from "./Settings.ts";
import { makeSteps } from "./steps.ts";
import type { ActAll } from "./steps.ts";

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
    attempt(settings, documents, request, once).pipe(
      Effect.tap((acted) => told(request, { issue: acted.issue, version: acted.version })),
      Effect.tapError((error) =>
        told(request, { issue: request.issue ?? "", refused: codeOf(error) }),
      ),
    );

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

  const begin = Effect.fnUntraced(
    function* (input: unknown, options: ActOptions) {
      const command = yield* Effect.fromResult(decodeCommand(input));
      if (!isOpening(command)) return yield* notOpening();
      const known = yield* knownIssue(command, options.actor);
      if (known !== null) return { ...actedOf(known.state, NOTHING_DONE, null), known: true };
      return yield* run(yield* requestOf(settings, null, command, options));
    },
    Effect.withSpan("Linli.begin", {}, UNTRACED),
  );

  const act = Effect.fnUntraced(
    function* (issue: string, input: unknown, options: ActOptions) {
      const command = yield* Effect.fromResult(decodeCommand(input));
      if (isOpening(command)) return yield* opening();
      if (issue.length === 0 || issue.length > 80 || !isSoundText(issue))
        return yield* noSuchIssue(command.type);
      return yield* run(yield* requestOf(settings, issue, command, options));
    },
    Effect.withSpan("Linli.act", {}, UNTRACED),
  );

  return { ...reading, begin, act, actAll: makeSteps(settings, documents, reading) };
};

// Failures are typed and say where they belong, so no command pays for a stack trace.
const UNTRACED = { captureStackTrace: false } as const;

// Spans and logs carry ids, names of commands and codes: nothing anybody wrote, and nobody's name.
const told = (request: Request, facts: Readonly<Record<string, string | number>>) => {
  const attributes = { command: request.command.type, commandId: request.commandId, ...facts };
  return Effect.annotateCurrentSpan(attributes).pipe(
    Effect.andThen(Effect.logDebug("linli command")),
    Effect.annotateLogs(attributes),
  );
};

const codeOf = (error: ActError): string => (error._tag === "Refusal" ? error.code : error._tag);

// One attempt: everything is read, decided and composed anew each time.
const performOnce = (settings: Settings, documents: Documents, reading: Reading) =>
  Effect.fnUntraced(function* (request: Request) {
    const loaded = request.issue === null ? null : yield* reading.load(request.issue);
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
    const { state } = performed.success;
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
    return yield* commit(settings, request, {
      prepared,
      performed: performed.success,
      written,
      now,
      world,
    });
  });

const commit = Effect.fnUntraced(function* (
  settings: Settings,
  request: Request,
  done: {
    readonly prepared: PreparedCommand;
    readonly performed: Performed;
    readonly written: ReadonlyArray<Written>;
    readonly now: Instant;
    readonly world: Published;
  },
) {
  const { state } = done.performed;
  const acted = actedOf(state, done.performed.events, done.prepared.receiptCode);
  const batch = composeCommit(settings, {
    now: done.now,
    guards: done.world.guards,
    written: done.written,
    rows: sideRows(request, done.prepared, state),
    receipt: {
      id: request.commandId,
      contentHash: request.contentHash,
      value: JSON.stringify(acted),
      keepUntil: done.now + settings.receiptMillis,
    },
  });
  const result = yield* settings.storage.commit(batch);
  return result._tag === "Committed" ? acted : parseActed(result.receipt.value);
});

const writtenOf = (
  request: Request,
  world: World,
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
