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
import { clusterQuestions, perform } from "../climbing/index.ts";
import type { Performed } from "../climbing/index.ts";
import { encodeCanonical, InputError, isSoundText } from "../data/index.ts";
import { absorb, contextOf, decodeCommand, evolve, isOpening, Refusal } from "../issue/index.ts";
import type {
  Actor,
  Attachment,
  Command,
  Context,
  IssueState,
  Status,
  World,
} from "../issue/index.ts";
import { Conflict, StorageError } from "../ports/index.ts";
import type { RowWrite } from "../ports/index.ts";
import type { Content } from "../sight/index.ts";
import type { Instant } from "../time/index.ts";
import { composeCommit } from "./compose.ts";
import type { Written } from "./compose.ts";
import type { Documents, Published } from "./Documents.ts";
import { NotPublished, Unreadable } from "./Errors.ts";
import { decodeIssue, encodeContent, INDEX, instantKey, KIND } from "./rows.ts";
import type { StoredIssue } from "./rows.ts";
import type { Settings } from "./Settings.ts";

/** Options of one command. */
export interface ActOptions {
  readonly actor: Actor;
  /** The same id with the same content acts once; default: a new one. */
  readonly commandId?: string;
}

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

  const once = Effect.fnUntraced(function* (request: Request) {
    const loaded = request.issue === null ? null : yield* load(request.issue);
    const world = loaded === null ? yield* documents.published : yield* worldOf(loaded.state);
    const now = yield* settings.now;
    const other = yield* otherIssue(load, request.command);
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
    const written: Array<Written> = [writtenOf(request, world, loaded, performed.success)];
    const state = performed.success.state;
    if (request.command.type === "merge" && other !== null) {
      const event = absorb(context, state, other.state);
      written.push({
        world,
        before: other,
        rungs: [],
        events: [event],
        state: evolve(other.state, event),
        actor: request.actor,
        cause: request.commandId,
      });
    }
    const acted = actedOf(state, performed.success, prepared.receiptCode);
    const batch = composeCommit(settings, {
      now,
      guards: world.guards,
      written,
      rows: sideRows(request, prepared, state),
      receipt: {
        id: request.commandId,
        contentHash: request.contentHash,
        value: JSON.stringify(acted),
        keepUntil: now + settings.receiptMillis,
      },
    });
    const result = yield* storage.commit(batch);
    return result._tag === "Committed" ? acted : parseActed(result.receipt.value);
  });

  const run = (request: Request): Effect.Effect<Acted, ActError> =>
    attempt(settings, documents, request, once, ATTEMPTS);

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

interface Request {
  readonly issue: string | null;
  readonly command: Command;
  readonly actor: Actor;
  readonly commandId: string;
  readonly contentHash: string;
  /** Chosen once, so that a retry writes the same issue. */
  readonly newIssue: string;
  readonly receiptCode: string;
}

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

const requestOf = Effect.fnUntraced(function* (
  settings: Settings,
  issue: string | null,
  command: Command,
  options: ActOptions,
) {
  const commandId = options.commandId ?? settings.newId();
  if (commandId.length === 0 || commandId.length > 80 || !isSoundText(commandId)) {
    return yield* new InputError({
      door: "command",
      path: "/commandId",
      reason: "must be 1 to 80 characters",
      advice: "send a UUID",
    });
  }
  const { actor } = options;
  const contentHash = settings.digest.hash(encodeCanonical({ actor, command, issue }));
  return {
    issue,
    command,
    actor,
    commandId,
    contentHash,
    newIssue: settings.newId(),
    receiptCode: receiptCodeOf(settings),
  } satisfies Request;
});

// Twelve letters without look-alikes, about 60 bits: short enough to write down, long enough not to be guessed.
const CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const receiptCodeOf = (settings: Settings): string => {
  const bits = settings.digest.hash(`receipt code ${settings.newId()} ${settings.newId()}`);
  let code = "";
  for (let i = 0; i < 12; i += 1) {
    code +=
      CODE_LETTERS[Number.parseInt(bits.slice(i * 2, i * 2 + 2), 16) % CODE_LETTERS.length] ?? "2";
  }
  return `${code.slice(0, 4)}-${code.slice(4, 8)}-${code.slice(8)}`;
};

/** The hash a receipt code is stored and looked up by. */
export const receiptHashOf = (settings: Settings, code: string): string =>
  settings.digest.hash(`receipt ${settings.namespace} ${code.trim().toUpperCase()}`);

interface PreparedCommand {
  readonly issueId: string;
  readonly receiptCode: string | null;
  readonly receiptHash: string | null;
  readonly content: Content | null;
  readonly refs: Context["content"];
}

const prepare = (settings: Settings, request: Request, now: Instant): PreparedCommand => {
  const { command } = request;
  const issueId = request.issue ?? request.newIssue;
  const opens = command.type === "report";
  const content = contentOf(request, issueId, now);
  return {
    issueId,
    receiptCode: opens ? request.receiptCode : null,
    receiptHash: opens ? receiptHashOf(settings, request.receiptCode) : null,
    content,
    refs:
      content === null
        ? []
        : [
            {
              id: content.id,
              hash: settings.digest.hash(
                encodeCanonical({ w: content.words, a: content.attachments }),
              ),
            },
          ],
  };
};

const contentOf = (request: Request, issue: string, now: Instant): Content | null => {
  const { command } = request;
  const words = wordsOf(command);
  const attachments: ReadonlyArray<Attachment> =
    "attachments" in command && command.attachments !== undefined ? command.attachments : [];
  if (words === null && attachments.length === 0) return null;
  return {
    id: `${issue}.${request.commandId}`,
    issue,
    command: command.type,
    by: request.actor.person,
    at: now,
    words,
    attachments,
  };
};

const wordsOf = (command: Command): string | null =>
  "words" in command && command.words !== undefined ? command.words : null;

const sideRows = (
  request: Request,
  prepared: PreparedCommand,
  state: IssueState,
): ReadonlyArray<RowWrite> => {
  const rows: Array<RowWrite> = [];
  const { content } = prepared;
  if (content !== null) {
    rows.push({
      kind: KIND.content,
      id: content.id,
      expected: 0,
      value: encodeContent(content),
      indexes: [
        { index: INDEX.issue, key: `${content.issue}/${instantKey(content.at)}/${content.id}` },
      ],
    });
  }
  if (!isOpening(request.command)) return rows;
  for (const { system, ref } of state.externalRefs) {
    rows.push({
      kind: KIND.externalRef,
      id: `${system}/${ref}`,
      expected: 0,
      value: state.id,
      indexes: [],
    });
  }
  if (prepared.receiptHash !== null) {
    rows.push({
      kind: KIND.receiptCode,
      id: prepared.receiptHash,
      expected: 0,
      value: state.id,
      indexes: [],
    });
  }
  return rows;
};

const findKnown = Effect.fnUntraced(function* (
  settings: Settings,
  refs: ReadonlyArray<{ readonly system: string; readonly ref: string }>,
) {
  if (refs.length === 0) return null;
  const rows = yield* settings.storage.read({
    namespace: settings.namespace,
    keys: refs.map(({ system, ref }) => ({ kind: KIND.externalRef, id: `${system}/${ref}` })),
  });
  return rows.find((row) => row !== null)?.value ?? null;
});

const otherIssue = (load: Commands["load"], command: Command) => {
  const id =
    command.type === "merge" ? command.into : command.type === "link" ? command.issue : null;
  return id === null ? Effect.succeed(null) : load(id);
};

// A cluster is counted where the issue will lie; the trial decision says where that is.
const countClusters = Effect.fnUntraced(function* (
  settings: Settings,
  context: Context,
  command: Command,
) {
  const counts = new Map<string, number>();
  if ((context.charter.document.ladder.clusters ?? []).length === 0) return counts;
  const trial = perform(context, null, command);
  if (Result.isFailure(trial)) return counts;
  for (const { cluster, unit, since } of clusterQuestions(
    context,
    trial.success.state,
    context.now,
  )) {
    const prefix = `${cluster.id}/${unit}`;
    const before = yield* settings.storage.count({
      namespace: settings.namespace,
      kind: KIND.issue,
      index: INDEX.cluster,
      range: { from: `${prefix}/${instantKey(since)}`, to: `${prefix}0` },
      max: cluster.reports,
    });
    counts.set(cluster.id, before + 1);
  }
  return counts;
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

const notOpening = () =>
  new InputError({
    door: "command",
    path: "/type",
    reason: "does not begin an issue",
    advice: "use report or recordSettled here, or act on an issue",
  });

const opening = () =>
  new InputError({
    door: "command",
    path: "/type",
    reason: "begins an issue",
    advice: "use begin for report and recordSettled",
  });

const noSuchIssue = (command: string) =>
  new Refusal({
    code: "NoSuchIssue",
    command,
    issue: null,
    status: null,
    detail: "there is no such issue",
    allowed: ["report"],
  });
