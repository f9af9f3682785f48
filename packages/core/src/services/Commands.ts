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
import type { InputError } from "../data/index.ts";
import { contextOf, decodeCommand, isOpening } from "../issue/index.ts";
import type { Command, IssueState, Refusal, Status, World } from "../issue/index.ts";
import { StorageError } from "../ports/index.ts";
import type { Conflict } from "../ports/index.ts";
import type { Instant } from "../time/index.ts";
import { composeCommit } from "./compose.ts";
import type { Written } from "./compose.ts";
import type { Documents, Published } from "./Documents.ts";
import type { NotPublished, Unreadable } from "./Errors.ts";
import {
  countClusters,
  findKnown,
  noSuchIssue,
  notOpening,
  opening,
  prepare,
  requestOf,
  sideRows,
  wordsOf,
} from "./prepare.ts";
import type { ActOptions, PreparedCommand, Request } from "./prepare.ts";
import { decodeIssue, KIND } from "./rows.ts";
import type { StoredIssue } from "./rows.ts";
import type { Settings } from "./Settings.ts";

/** What a command did. */
export interface Acted {
  readonly issue: string;
  readonly status: Status;
  /** Version of the issue's stream afterwards. */
  readonly version: number;
  /** Types of the events this command caused, in order. */
  readonly events: ReadonlyArray<string>;
  readonly handler: { readonly post: string; readonly unit: string; readonly level: string };
  /** The next due instant; null when the issue is final. */
  readonly dueAt: Instant | null;
  /** Given once, to whoever reported: the code to follow the issue by. */
  readonly receiptCode: string | null;
  /** True when a report named an external reference that is known already: nothing was written. */
  readonly known: boolean;
}

/** Everything that can stand in the way of a command. */
export type ActError = InputError | Refusal | NotPublished | Unreadable | StorageError;

/** The commands of one namespace. */
export interface Commands {
  /** Begins an issue: `report` or `recordSettled`. */
  readonly begin: (input: unknown, options: ActOptions) => Effect.Effect<Acted, ActError>;
  /** Any other command on an issue. */
  readonly act: (
    issue: string,
    input: unknown,
    options: ActOptions,
  ) => Effect.Effect<Acted, ActError>;
  /** The stored issue with its row version; null when there is none. */
  readonly load: (issue: string) => Effect.Effect<Loaded | null, Unreadable | StorageError>;
  /** The world an issue lives in: current hierarchy and directory, its own charter version. */
  readonly worldOf: (
    state: IssueState,
  ) => Effect.Effect<Published, NotPublished | Unreadable | StorageError>;
}

/** An issue as loaded for a commit. */
export interface Loaded extends StoredIssue {
  readonly row: number;
}

const ATTEMPTS = 8;

/** Builds the commands of one namespace. */
export const makeCommands = (settings: Settings, documents: Documents): Commands => {
  const { storage, namespace } = settings;

  const load = Effect.fnUntraced(function* (issue: string) {
    const [row] = yield* storage.read({ namespace, keys: [{ kind: KIND.issue, id: issue }] });
    if (row == null) return null;
    const stored = yield* Effect.fromResult(decodeIssue(issue, row.value));
    return { ...stored, row: row.version } satisfies Loaded;
  });

  const worldOf = Effect.fnUntraced(function* (state: IssueState) {
    const published = yield* documents.published;
    const { id, version } = state.charter;
    if (published.charter.id === id && published.charter.version === version) return published;
    return { ...published, charter: yield* documents.charterAt(id, version) };
  });

  const once = performOnce(settings, documents, { load, worldOf });

  const run = (request: Request): Effect.Effect<Acted, ActError> =>
    attempt(settings, documents, request, once, ATTEMPTS).pipe(
      Effect.tap((acted) => told(request, { issue: acted.issue, version: acted.version })),
      Effect.tapError((error) =>
        told(request, { issue: request.issue ?? "", refused: codeOf(error) }),
      ),
    );

  const begin = Effect.fn("Linli.begin")(function* (input: unknown, options: ActOptions) {
    const command = yield* Effect.fromResult(decodeCommand(input));
    if (!isOpening(command)) return yield* notOpening();
    const known = yield* findKnown(settings, command.externalRefs ?? []);
    if (known !== null) {
      const loaded = yield* load(known);
      if (loaded !== null) return { ...actedOf(loaded.state, NOTHING_DONE, null), known: true };
    }
    return yield* run(yield* requestOf(settings, null, command, options));
  });

  const act = Effect.fn("Linli.act")(function* (
    issue: string,
    input: unknown,
    options: ActOptions,
  ) {
    const command = yield* Effect.fromResult(decodeCommand(input));
    if (isOpening(command)) return yield* opening();
    if (issue.length === 0 || issue.length > 80 || !isSoundText(issue))
      return yield* noSuchIssue(command.type);
    return yield* run(yield* requestOf(settings, issue, command, options));
  });

  return { begin, act, load, worldOf };
};

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
const performOnce = (
  settings: Settings,
  documents: Documents,
  reading: Pick<Commands, "load" | "worldOf">,
) =>
  Effect.fnUntraced(function* (request: Request) {
    const loaded = request.issue === null ? null : yield* reading.load(request.issue);
    const world =
      loaded === null ? yield* documents.published : yield* reading.worldOf(loaded.state);
    const now = yield* settings.now;
    const other = yield* otherIssue(reading.load, request.command);
    const prepared = prepare(settings, request, now);
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
  const acted = actedOf(state, done.performed, done.prepared.receiptCode);
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

// A refusal or conflict may only mean that this very command was committed and the answer lost.
const attempt = (
  settings: Settings,
  documents: Documents,
  request: Request,
  once: (request: Request) => Effect.Effect<Acted, ActError | Conflict>,
  left: number,
): Effect.Effect<Acted, ActError> =>
  once(request).pipe(
    Effect.catch((error): Effect.Effect<Acted, ActError> => {
      if (error._tag === "Refusal") return replayOr(settings, request, Effect.fail(error));
      if (error._tag !== "Conflict") return Effect.fail(error);
      if (left <= 1) return Effect.fail(contention(error));
      const stale = error.conflicts.some((conflict) => conflict.kind === KIND.current);
      return (stale ? documents.forget : Effect.void).pipe(
        Effect.andThen(attempt(settings, documents, request, once, left - 1)),
      );
    }),
  );

const contention = (error: Conflict) =>
  new StorageError({ reason: "Contention", operation: "commit", detail: error.message });

const replayOr = (
  settings: Settings,
  request: Request,
  otherwise: Effect.Effect<Acted, ActError>,
): Effect.Effect<Acted, ActError> =>
  settings.storage
    .receipt({ namespace: settings.namespace, id: request.commandId })
    .pipe(
      Effect.flatMap((receipt) =>
        receipt !== null && receipt.contentHash === request.contentHash
          ? Effect.succeed(parseActed(receipt.value))
          : otherwise,
      ),
    );

const otherIssue = (load: Commands["load"], command: Command) => {
  const id =
    command.type === "merge" ? command.into : command.type === "link" ? command.issue : null;
  return id === null ? Effect.succeed(null) : load(id);
};

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

const NOTHING_DONE = { events: [] };

const actedOf = (
  state: IssueState,
  performed: Pick<Performed, "events">,
  receiptCode: string | null,
): Acted => {
  const { post, unit, level } = state.handler;
  const running = state.clocks.filter((clock) => clock.paused === null);
  return {
    issue: state.id,
    status: state.status,
    version: state.version,
    events: performed.events.map((event) => event.type),
    handler: { post, unit, level },
    dueAt: running.length === 0 ? null : Math.min(...running.map((clock) => clock.deadline.dueAt)),
    receiptCode,
    known: false,
  };
};

const parseActed = (value: string): Acted => JSON.parse(value) as Acted;
