/**
 * Contents written before persons had keys: which are still plain, and sealing them.
 *
 * A small commit for each page, with how far it came: whoever is interrupted goes on
 * there, and doing it again finds nothing. What the journal said of such a content - a
 * hash of its words - stays; the entry written here says what the sealed record hashes to.
 */
import * as Effect from "effect/Effect";
import type { Attachment, IssueState } from "../issue/index.ts";
import { encodeEntry } from "../journal/index.ts";
import { StorageError } from "../ports/index.ts";
import type { Conflict, Row, RowWrite } from "../ports/index.ts";
import type { Content } from "../sight/index.ts";
import type { Instant } from "../time/index.ts";
import { journaledErasures } from "./erasures.ts";
import type { Unreadable } from "./Errors.ts";
import { keyringOf, ownerTag } from "./Keyring.ts";
import type { Owner } from "./Keyring.ts";
import type { Keyring } from "./keysKnown.ts";
import { contentKeys } from "./prepare.ts";
import { decodeContent, decodeIssue, decodeVersioned, encodeContent, INDEX, KIND } from "./rows.ts";
import type { PeopleSettings, Settings } from "./Settings.ts";
import { isSealed } from "./sealedRecord.ts";
import { erasedContent, sealContent } from "./Vault.ts";

/** A content that whoever reads the storage can read. */
export interface PlainContent {
  readonly id: string;
  readonly issue: string;
  readonly command: string;
  readonly at: Instant;
}

/** Some of them. */
export interface PlainPage {
  readonly contents: ReadonlyArray<PlainContent>;
  /** Hand back as `after` to continue; null at the end. */
  readonly next: string | null;
}

/** What one call did. */
export interface SealedContents {
  /** Contents looked at, sealed or not. */
  readonly looked: number;
  readonly sealed: number;
  /** Of persons who were forgotten after they wrote it: forgotten instead of sealed. */
  readonly forgotten: number;
  /** Files the host keeps for those, for it to delete. */
  readonly attachments: ReadonlyArray<Attachment>;
  /** True when the limit came first; the next call goes on there. */
  readonly more: boolean;
}

/** Sealing what is plain, of one namespace. */
export interface ContentSealing {
  /** The check: contents that are stored plain, in order of their issues; at most `limit` (100) at once. */
  readonly plainContents: (options?: {
    readonly after?: string | null;
    readonly limit?: number;
  }) => Effect.Effect<PlainPage, Unreadable | StorageError>;
  /**
   * Seals plain contents with the key of the person each belongs to, looking at about `limit`
   * (1,000). To be called until `more` is false, from any process, while others work. Needs
   * `people` in the settings; fails with reason `Unsupported` without.
   */
  readonly sealContents: (options?: {
    readonly limit?: number;
  }) => Effect.Effect<SealedContents, Unreadable | Conflict | StorageError>;
}

/** Builds the sealing of contents of one namespace. */
export const makeContentSealing = (settings: Settings): ContentSealing => ({
  plainContents: Effect.fn("Linli.plainContents")(function* (options = {}) {
    const { after = null, limit = 100 } = options;
    const contents: Array<PlainContent> = [];
    let from = after;
    for (;;) {
      const page = yield* pageFrom(settings, from);
      for (const { content, key } of page.plain) {
        if (contents.length === limit) return { contents, next: key };
        const { id, issue, command, at } = content;
        contents.push({ id, issue, command, at });
      }
      if (page.next === null) return { contents, next: null };
      from = page.next;
    }
  }),
  sealContents: Effect.fn("Linli.sealContents")(function* (options = {}) {
    const people = yield* peopleOf(settings);
    const ring = yield* keyringOf(settings, people, { operation: "sealContents", for: "seal" });
    const gone = yield* goneSince(settings, ring);
    let done: SealedContents = NOTHING;
    for (;;) {
      const page = yield* sealPage(settings, ring, gone).pipe(
        // Somebody else sealed or forgot one of them meanwhile: look again.
        Effect.retry({ times: 5, while: (error) => error._tag === "Conflict" }),
      );
      done = { ...added(done, page), more: page.more };
      if (!page.more || done.looked >= (options.limit ?? 1_000)) return done;
    }
  }),
});

/** True when a person still has contents that are plain; looks through all of them until then. */
export const hasPlainOf = Effect.fnUntraced(function* (settings: Settings, person: string) {
  let from: string | null = null;
  do {
    const page: Effect.Success<ReturnType<typeof pageFrom>> = yield* pageFrom(settings, from);
    const states = yield* statesOf(settings, page.plain);
    for (const { content } of page.plain) {
      const owner = ownerOf(content, states.get(content.issue));
      if ("person" in owner && owner.person === person) return true;
    }
    from = page.next;
  } while (from !== null);
  return false;
});

// Private

/** Rows of one commit: small, so that nobody waits for it. */
const PAGE = 50;
const NAME = "sealContents";
const positionKey = { kind: KIND.projection, id: NAME };
const NOTHING: SealedContents = {
  ...{ looked: 0, sealed: 0, forgotten: 0, attachments: [], more: false },
};

/** How far the sealing came: the index key to go on from; null for the beginning. */
interface Position {
  readonly v: 1;
  readonly from: string | null;
}

interface Plain {
  readonly row: Row;
  readonly content: Content;
  readonly key: string;
}

const added = (one: SealedContents, other: SealedContents) => ({
  looked: one.looked + other.looked,
  sealed: one.sealed + other.sealed,
  forgotten: one.forgotten + other.forgotten,
  attachments: [...one.attachments, ...other.attachments],
});

const peopleOf = (settings: Settings): Effect.Effect<PeopleSettings, StorageError> =>
  settings.people === null
    ? Effect.fail(
        new StorageError({
          ...{ reason: "Unsupported", operation: "sealContents" },
          detail: "there are no keys to seal with; give `people` in the settings",
        }),
      )
    : Effect.succeed(settings.people);

// When owners were forgotten last, by the name they are kept under; a key store from before does not know.
const goneSince = Effect.fnUntraced(function* (settings: Settings, { keys }: Keyring) {
  const gone = new Map<string, Instant>();
  const tell = (owner: string, at: Instant | undefined) => {
    if (at !== undefined) gone.set(owner, Math.max(at, gone.get(owner) ?? at));
  };
  for (const { namespace, owner, at } of yield* keys.erasures)
    if (namespace === settings.namespace) tell(owner, at);
  yield* journaledErasures(settings, (all) =>
    Effect.sync(() => all.forEach(({ owner, at }) => tell(owner, at))),
  );
  return gone;
});

// Read by index key instead of the scan's own cursor, so that the place survives any restart.
const pageFrom = Effect.fnUntraced(function* (settings: Settings, from: string | null) {
  const { rows } = yield* settings.storage.scan({
    ...{ namespace: settings.namespace, kind: KIND.content, index: INDEX.issue },
    ...{ range: { from, to: null }, order: "ascending", limit: PAGE + 1, cursor: null },
  });
  const plain: Array<Plain> = [];
  let next: string | null = null;
  for (const [index, row] of rows.entries()) {
    const content = isSealed(row.value)
      ? null
      : yield* Effect.fromResult(decodeContent(row.id, row.value));
    // A page ends before its last row, which begins the next.
    if (index === PAGE) next = keyOf(content ?? placeOf(row.value));
    else if (content !== null && content.erased !== true)
      plain.push({ row, content, key: keyOf(content) });
  }
  return { plain, looked: Math.min(rows.length, PAGE), next };
});

type Place = Pick<Content, "id" | "issue" | "at">;

const placeOf = (value: string): Place => JSON.parse(value) as Place;

const keyOf = (place: Place): string => contentKeys(place, null)[0]?.key ?? "";

const sealPage = Effect.fnUntraced(function* (
  settings: Settings,
  ring: Keyring,
  gone: ReadonlyMap<string, Instant>,
) {
  const { storage, namespace } = settings;
  const [stored] = yield* storage.read({ namespace, keys: [positionKey] });
  const position: Position =
    stored == null
      ? { v: 1, from: null }
      : yield* Effect.fromResult(decodeVersioned<Position>("position", NAME, stored.value));
  const page = yield* pageFrom(settings, position.from);
  const states = yield* statesOf(settings, page.plain);
  const rows: Array<RowWrite> = [];
  const records: Array<{ readonly id: string; readonly hash: string }> = [];
  const forgotten: Array<Content> = [];
  for (const { row, content } of page.plain) {
    const of = ownerOf(content, states.get(content.issue));
    const at = gone.get(ownerTag(settings, ring, of));
    const head = { kind: KIND.content, id: row.id, expected: row.version };
    if (at !== undefined && at >= content.at) {
      forgotten.push(content);
      const value = encodeContent(erasedContent(content));
      rows.push({ ...head, value, indexes: contentKeys(content, null) });
      continue;
    }
    const { value, owner, hash } = yield* sealContent(settings, ring, content, of);
    records.push({ id: content.id, hash });
    rows.push({ ...head, value, indexes: contentKeys(content, owner) });
  }
  const now = yield* settings.now;
  if (rows.length > 0 || page.next !== position.from) {
    const next: Position = { v: 1, from: page.next };
    const ids = forgotten.map(({ id }) => id);
    yield* storage.commit({
      ...{ namespace, at: now, guards: [], schedule: [], cancel: [], settle: [], receipt: null },
      rows: [
        ...rows,
        {
          ...{ ...positionKey, expected: stored?.version ?? 0, indexes: [] },
          value: JSON.stringify(next),
        },
      ],
      entries: rows.length === 0 ? [] : [entryOf(settings, { at: now, records, forgotten: ids })],
    });
  }
  return {
    ...{ looked: page.looked, sealed: records.length, forgotten: forgotten.length },
    attachments: forgotten.flatMap((content) => content.attachments),
    more: page.next !== null,
  } satisfies SealedContents;
});

const entryOf = (
  settings: Settings,
  event: {
    readonly at: Instant;
    readonly records: ReadonlyArray<{ readonly id: string; readonly hash: string }>;
    readonly forgotten: ReadonlyArray<string>;
  },
) =>
  encodeEntry(
    settings.digest,
    {
      ...{ stream: `sealing/${settings.newId()}`, version: 1, actor: { type: "host" } },
      ...{ charter: { id: "", version: "" }, cause: NAME, recordedAt: event.at },
    },
    { type: "ContentsSealed", ...event },
    "",
  );

const statesOf = Effect.fnUntraced(function* (settings: Settings, plain: ReadonlyArray<Plain>) {
  const { storage, namespace } = settings;
  const issues = [...new Set(plain.map(({ content }) => content.issue))];
  const states = new Map<string, IssueState>();
  if (issues.length === 0) return states;
  const keys = issues.map((id) => ({ kind: KIND.issue, id }));
  for (const row of yield* storage.read({ namespace, keys })) {
    if (row === null) continue;
    states.set(row.id, (yield* Effect.fromResult(decodeIssue(row.id, row.value))).state);
  }
  return states;
});

const OPENING: ReadonlySet<string> = new Set(["report", "recordSettled"]);

// As it would have been sealed when it was written: for whom it was written down, else by whom.
const ownerOf = (content: Content, state: IssueState | undefined): Owner => {
  const reporter = OPENING.has(content.command) ? state?.reporters[0] : undefined;
  const person =
    reporter === undefined || reporter.kind === "named" || reporter.kind === "confidential"
      ? content.by
      : reporter.kind === "proxy"
        ? reporter.person
        : null;
  return person === null ? { issue: content.issue } : { person };
};
