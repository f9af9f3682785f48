/**
 * All that is held about one person, for the person: their contents, their issues
 * as they may see them, every journal entry that names them, what the directory says of
 * them, and how many values they can be looked up by.
 *
 * The journal is read from its beginning, so that nothing depends on an index being
 * complete: seconds for a million entries, and rarely asked for.
 */
import * as Effect from "effect/Effect";
import type { InputError } from "../data/index.ts";
import { listedOf, postsOf } from "../directory/index.ts";
import type { HeldPost, ListedPerson } from "../directory/index.ts";
import type { Actor, Refusal } from "../issue/index.ts";
import { decodeAnyEntry, isHouseStream } from "../journal/index.ts";
import { STORAGE_LIMITS } from "../ports/index.ts";
import type { StorageError } from "../ports/index.ts";
import type { Content, IssueView } from "../sight/index.ts";
import type { Instant } from "../time/index.ts";
import type { Documents } from "./Documents.ts";
import type { NotPublished, Unreadable } from "./Errors.ts";
import { contentsOfOwner, ownOrHost } from "./People.ts";
import { keyringOf, ownerTag } from "./Keyring.ts";
import { countLookups } from "./Lookups.ts";
import type { Queries } from "./Queries.ts";
import type { Reads } from "./Reads.ts";
import { KIND } from "./rows.ts";
import type { Settings } from "./Settings.ts";
import { openContents } from "./Vault.ts";

/** A journal entry that names a person, and where in it. */
export interface NamedIn {
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  readonly at: Instant;
  /** JSON Pointers: `/actor` who did it, `/event/...` inside the event. */
  readonly as: ReadonlyArray<string>;
}

/** Everything held about a person. Plain data, to be handed over as JSON. */
export interface HeldAbout {
  readonly person: string;
  readonly at: Instant;
  readonly contents: ReadonlyArray<Content>;
  /** Issues they reported, as they may see them. */
  readonly issues: ReadonlyArray<IssueView>;
  readonly entries: ReadonlyArray<NamedIn>;
  /** Posts they hold now. */
  readonly posts: ReadonlyArray<HeldPost>;
  /** What the published directory says of them, of all dates. */
  readonly listed: ListedPerson;
  /** How many values lead to them (`remember`); the values themselves are not kept. */
  readonly lookups: number;
}

type ExportError = Refusal | NotPublished | Unreadable | InputError | StorageError;

/** Exports of one namespace. */
export interface PersonExport {
  /** Asked for by the person or by the host. */
  readonly exportPerson: (
    person: string,
    options: { readonly actor: Actor },
  ) => Effect.Effect<HeldAbout, ExportError>;
}

/** Builds the exports of one namespace. */
export const makeExport = (
  settings: Settings,
  documents: Documents,
  reads: Reads,
  queriesNoting: (reads: Reads) => Queries,
): PersonExport => ({
  exportPerson: Effect.fn("Linli.exportPerson")(function* (person: string, { actor }) {
    yield* ownOrHost("exportPerson", person, actor);
    const { directory } = yield* documents.published;
    const at = yield* settings.now;
    const found = yield* readJournal(settings, person);
    const issues: Array<IssueView> = [];
    // Who reads here is whoever asked for the export, once for each issue.
    const opened = new Set<string>();
    const queries = queriesNoting({
      ...reads,
      note: ({ issue }) => Effect.sync(() => void opened.add(issue)),
    });
    let cursor: string | null = null;
    do {
      const page: Effect.Success<ReturnType<Queries["reportedBy"]>> = yield* queries.reportedBy(
        person,
        { viewer: { person }, cursor, limit: STORAGE_LIMITS.pageRows },
      );
      for (const { id } of page.issues) {
        const seen = queries.view(id, { viewer: { person }, purpose: "follow" });
        const view = yield* Effect.catchTag(seen, "NotFound", () => Effect.succeed(null));
        if (view !== null) issues.push(view);
      }
      cursor = page.next;
    } while (cursor !== null);
    const contents = yield* contentsBy(settings, person, [...found.contents]);
    for (const content of contents) if (content.erased !== true) opened.add(content.issue);
    for (const issue of opened)
      yield* reads.note({ viewer: actor.person, issue, purpose: "export", at });
    return {
      person,
      at,
      contents,
      issues,
      entries: found.entries,
      posts: postsOf(directory, person, at),
      listed: listedOf(directory, person),
      lookups: yield* lookupsOf(settings, person),
    } satisfies HeldAbout;
  }),
});

const readJournal = Effect.fnUntraced(function* (settings: Settings, person: string) {
  const { storage, namespace } = settings;
  const limit = STORAGE_LIMITS.pageRows;
  const entries: Array<NamedIn> = [];
  const contents = new Set<string>();
  const own = new Set<string>();
  // Only an entry whose text holds the id can name the person.
  const needle = JSON.stringify(person);
  let after: string | null = null;
  for (;;) {
    const page: Effect.Success<ReturnType<typeof storage.feed>> = yield* storage.feed({
      ...{ namespace, after, limit, stream: null },
    });
    for (const stored of page.entries) {
      const named = stored.value.includes(needle);
      if (!named && !own.has(stored.stream)) continue;
      const { actor, event } = yield* Effect.fromResult(decodeAnyEntry(stored.value));
      // Contents of their issues may be theirs too: written down for them by somebody else.
      own.add(stored.stream);
      if (!isHouseStream(stored.stream) && "content" in event) {
        for (const { id } of event.content ?? []) contents.add(id);
      }
      const as = [
        ...(actor.type === "person" && actor.person === person ? ["/actor"] : []),
        ...pointersTo(person, event).map((pointer) => `/event${pointer}`),
      ];
      if (as.length === 0) continue;
      const { stream, version } = stored;
      entries.push({ stream, version, type: event.type, at: event.at, as });
    }
    if (page.entries.length < limit) return { entries, contents };
    after = page.next;
  }
});

const contentsBy = Effect.fnUntraced(function* (
  settings: Settings,
  person: string,
  ids: ReadonlyArray<string>,
) {
  const { storage, namespace } = settings;
  const contents: Array<Content> = [];
  for (let at = 0; at < ids.length; at += STORAGE_LIMITS.pageRows) {
    const keys = ids
      .slice(at, at + STORAGE_LIMITS.pageRows)
      .map((id) => ({ kind: KIND.content, id }));
    const rows = (yield* storage.read({ namespace, keys })).filter((row) => row !== null);
    contents.push(...(yield* openContents(settings, rows)));
  }
  const own = contents.filter((content) => content.by === person);
  const { people } = settings;
  if (people === null) return own;
  const ring = yield* keyringOf(settings, people, { operation: "exportPerson", for: "open" });
  const kept = yield* contentsOfOwner(settings, ownerTag(settings, ring, { person }));
  return [...new Map([...kept, ...own].map((content) => [content.id, content])).values()];
});

const lookupsOf = Effect.fnUntraced(function* (settings: Settings, person: string) {
  const { people } = settings;
  if (people === null) return 0;
  const ring = yield* keyringOf(settings, people, { operation: "exportPerson", for: "open" });
  return yield* countLookups(settings, ring, ownerTag(settings, ring, { person }));
});

const pointersTo = (person: string, value: unknown, at = ""): ReadonlyArray<string> => {
  if (value === person) return [at];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => pointersTo(person, inner, `${at}/${key}`));
};
