/**
 * Preparing a command: its request, its content record, the rows beside the issue,
 * and what must be asked of the store before deciding.
 */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { clusterQuestions, perform } from "../climbing/index.ts";
import { encodeCanonical, InputError, isSoundText } from "../data/index.ts";
import { isOpening, Refusal } from "../issue/index.ts";
import type { Actor, Attachment, Command, Context, IssueState } from "../issue/index.ts";
import type { IndexKey, RowWrite, StorageError } from "../ports/index.ts";
import type { Content } from "../sight/index.ts";
import type { Instant } from "../time/index.ts";
import type { Unreadable } from "./Errors.ts";
import { keyringOf, mayStorePlain } from "./Keyring.ts";
import type { Owner } from "./Keyring.ts";
import { encodeContent, hashedText, INDEX, instantKey, KIND } from "./rows.ts";
import { receiptCodeFor, receiptHashOf } from "./receiptCodes.ts";
import type { Settings } from "./Settings.ts";
import { sealContent } from "./Vault.ts";
import type { SealedContent } from "./Vault.ts";

/** Options of one command. */
export interface ActOptions {
  readonly actor: Actor;
  /** The same id with the same content acts once; default: a new one. At most 80 characters. */
  readonly commandId?: string;
}

export interface Request {
  readonly issue: string | null;
  readonly command: Command;
  readonly actor: Actor;
  readonly commandId: string;
  readonly contentHash: string;
  /** Chosen once, so that a retry writes the same issue. */
  readonly newIssue: string;
  readonly receiptCode: string;
}

// Whoever reports anonymously is nobody from here on: neither contents nor journal learn who it was.
const unnamed = (command: Command, actor: Actor): Actor =>
  isOpening(command) && command.reporter?.kind === "anonymous" ? { ...actor, person: null } : actor;

/** True for text that can name an issue; anything else names none. */
export const isIssueId = (issue: string): boolean =>
  issue.length > 0 && issue.length <= 80 && isSoundText(issue);

export const requestOf = (
  settings: Settings,
  issue: string | null,
  command: Command,
  options: ActOptions,
): Effect.Effect<Request, InputError | Unreadable | StorageError> => {
  const commandId = options.commandId ?? settings.newId();
  if (commandId.length === 0 || commandId.length > 80 || !isSoundText(commandId)) {
    return Effect.fail(
      new InputError({
        door: "command",
        path: "/commandId",
        reason: "must be 1 to 80 characters",
        advice: "send a UUID",
      }),
    );
  }
  const actor = unnamed(command, options.actor);
  const canonical = encodeCanonical({ actor, command, issue });
  const newIssue = issue ?? settings.newId();
  const hashed = Effect.map(commandHash(settings, canonical), (contentHash) => ({
    issue,
    command,
    actor,
    commandId,
    contentHash,
    newIssue,
    receiptCode: "",
  }));
  return command.type !== "report"
    ? hashed
    : Effect.zipWith(hashed, receiptCodeFor(settings, newIssue), (request, receiptCode) => ({
        ...request,
        receiptCode,
      }));
};

/** The hash a receipt tells commands apart by; with keys it is secret, since words can be guessed. */
export const commandHash = (
  settings: Settings,
  canonical: string,
): Effect.Effect<string, Unreadable | StorageError> =>
  settings.people === null
    ? Effect.succeed(settings.digest.hash(canonical))
    : Effect.map(keyringOf(settings, settings.people, HASHING), (ring) =>
        ring.secretHash(canonical),
      );

const HASHING = { operation: "command", for: "hash" } as const;
const SEALING = { operation: "command", for: "seal" } as const;

export interface PreparedCommand {
  readonly issueId: string;
  readonly receiptCode: string | null;
  readonly receiptHash: string | null;
  readonly content: Content | null;
  readonly refs: Context["content"];
  /** The content under its owner's key; null where contents are stored as they are. */
  readonly sealed: SealedContent | null;
}

/** {@link prepare}, with the content sealed when persons have keys; never stored plain beside sealed ones. */
export const prepareSealed = (
  settings: Settings,
  request: Request,
  now: Instant,
): Effect.Effect<PreparedCommand, Unreadable | StorageError> => {
  const prepared = prepare(settings, request, now);
  const { content, issueId } = prepared;
  const { people } = settings;
  if (content === null) return Effect.succeed(prepared);
  if (people === null) return Effect.as(mayStorePlain(settings, SEALING.operation), prepared);
  return Effect.gen(function* () {
    const ring = yield* keyringOf(settings, people, SEALING);
    const sealed = yield* sealContent(settings, ring, content, ownerOf(request, issueId));
    return { ...prepared, refs: [{ id: content.id, hash: sealed.hash }], sealed };
  });
};

// What is written down for somebody belongs to them; where nobody gave a name, to the issue.
const ownerOf = (request: Request, issue: string): Owner => {
  const { command, actor } = request;
  const reporter = isOpening(command) ? command.reporter : undefined;
  const person =
    reporter === undefined || reporter.kind === "named" || reporter.kind === "confidential"
      ? actor.person
      : reporter.kind === "proxy"
        ? reporter.person
        : null;
  return person == null ? { issue } : { person };
};

export const prepare = (settings: Settings, request: Request, now: Instant): PreparedCommand => {
  const { command } = request;
  const issueId = request.issue ?? request.newIssue;
  const opens = command.type === "report";
  const content = contentOf(request, issueId, now);
  return {
    issueId,
    receiptCode: opens ? request.receiptCode : null,
    receiptHash: opens ? receiptHashOf(settings, request.receiptCode) : null,
    content,
    sealed: null,
    refs:
      content === null
        ? []
        : [
            {
              id: content.id,
              hash: settings.digest.hash(hashedText(content)),
            },
          ],
  };
};

const contentOf = (request: Request, issue: string, now: Instant): Content | null => {
  const { command } = request;
  const words = wordsOf(command);
  const place = placeWordsOf(command);
  const attachments: ReadonlyArray<Attachment> =
    "attachments" in command && command.attachments !== undefined ? command.attachments : [];
  if (words === null && place === null && attachments.length === 0) return null;
  return {
    id: `${issue}.${request.commandId}`,
    issue,
    command: command.type,
    by: request.actor.person,
    at: now,
    words,
    ...(place === null ? {} : { place }),
    attachments,
  };
};

const placeWordsOf = (command: Command): string | null =>
  isOpening(command) && command.place !== undefined && "words" in command.place
    ? command.place.words
    : null;

export const wordsOf = (command: Command): string | null =>
  "words" in command && command.words !== undefined ? command.words : null;

export const sideRows = (
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
      value: prepared.sealed?.value ?? encodeContent(content),
      indexes: contentKeys(content, prepared.sealed?.owner ?? null),
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

/** Index entries of a content; sealed ones are found by their owner too. */
export const contentKeys = (
  content: Pick<Content, "id" | "issue" | "at">,
  owner: string | null,
): ReadonlyArray<IndexKey> => {
  const tail = `${instantKey(content.at)}/${content.id}`;
  const byIssue = { index: INDEX.issue, key: `${content.issue}/${tail}` };
  return owner === null ? [byIssue] : [byIssue, { index: INDEX.owner, key: `${owner}/${tail}` }];
};

export const findKnown = Effect.fnUntraced(function* (
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

// A cluster is counted where the issue will lie; the trial decision says where that is.
export const countClusters = Effect.fnUntraced(function* (
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

export const notOpening = () =>
  new InputError({
    door: "command",
    path: "/type",
    reason: "does not begin an issue",
    advice: "use report or recordSettled here, or act on an issue",
  });

export const opening = () =>
  new InputError({
    door: "command",
    path: "/type",
    reason: "begins an issue",
    advice: "use begin for report and recordSettled",
  });

export const noSuchIssue = (command: string) =>
  new Refusal({
    code: "NoSuchIssue",
    command,
    issue: null,
    status: null,
    detail: "there is no such issue",
    allowed: ["report"],
  });

export const referenceTaken = (command: string) =>
  new Refusal({
    code: "AlreadyExists",
    command,
    issue: null,
    status: null,
    detail: "another issue has this reference, and it is not yours to see",
    allowed: ["report"],
  });
