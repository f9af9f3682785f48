/**
 * An issue's stored state held against its journal: folding the entries of its
 * stream must give that state, field by field.
 *
 * One stream at a time, so that a journal of any length needs no more memory than
 * its longest stream.
 */
import * as Result from "effect/Result";
import { pointer } from "../data/index.ts";
import { evolve } from "../issue/index.ts";
import type { ContentRef, IssueState } from "../issue/index.ts";
import { decodeEntry } from "./Entry.ts";
import type {
  FeedEntry,
  JournalFault,
  StateEvidence,
  StoredContent,
  StoredState,
} from "./Verdict.ts";

/** What the house wrote about contents: those forgotten, and what those sealed later hash to. */
export interface ContentNotes {
  readonly forgotten: ReadonlySet<string>;
  readonly resealed: ReadonlyMap<string, string>;
}

/**
 * The first thing in which a stored state and its stream disagree; null when folding
 * gives just that state. The entries themselves are the verifier's to judge.
 */
export const faultOfState = (
  stored: StoredState,
  { history, contents }: StateEvidence,
  notes: ContentNotes,
): JournalFault | null => {
  const { stream, head, version } = stored;
  const amiss = (why: string, path: string | null = null): JournalFault => ({
    ...{ kind: "State", position: null, stream, version, seal: null, path, why },
  });
  if (history.length < version) {
    const why = `its issue is at version ${version}, its stream ends at ${history.length}`;
    return { ...amiss(why), kind: "Truncated", version: history.length + 1 };
  }
  if (history.length > version) return amiss("the issue's state is older than its journal");
  if (history.at(-1)?.hash !== head) return amiss("the issue's state stands on another last entry");
  const folded = foldEntries(history);
  if (Result.isFailure(folded)) return amiss(folded.failure);
  const path = firstDifference(stored.state, folded.success);
  if (path !== null)
    return amiss(`the issue's state is not what its journal gives, at ${path}`, path);
  const found = new Map(contents.map((content) => [content.id, content]));
  for (const [index, ref] of folded.success.content.entries()) {
    const why = faultOfContent(ref, found.get(ref.id), notes);
    if (why !== null) return { ...amiss(why, `/content/${index}`), kind: "Content" };
  }
  return null;
};

/** Where two pieces of plain data first differ, as a JSON Pointer; null when they are the same. */
export const firstDifference = (
  one: unknown,
  other: unknown,
  path: ReadonlyArray<string> = [],
): string | null => {
  if (one === other) return null;
  if (!isPlain(one) || !isPlain(other) || Array.isArray(one) !== Array.isArray(other))
    return pointer(path);
  for (const key of new Set([...Object.keys(other), ...Object.keys(one)])) {
    const found = firstDifference(own(one, key), own(other, key), [...path, key]);
    if (found !== null) return found;
  }
  return null;
};

// Private

const faultOfContent = (
  ref: ContentRef,
  stored: StoredContent | undefined,
  { forgotten, resealed }: ContentNotes,
): string | null => {
  const content = `the content ${JSON.stringify(ref.id)}`;
  if (stored === undefined) return `${content} is missing`;
  if ("forgotten" in stored)
    return forgotten.has(ref.id) ? null : `${content} is gone, and no entry says why`;
  const { hashes } = stored;
  return hashes.includes(ref.hash) || hashes.includes(resealed.get(ref.id) ?? "")
    ? null
    : `${content} is not what the journal says was written`;
};

const foldEntries = (history: ReadonlyArray<FeedEntry>): Result.Result<IssueState, string> => {
  let state: IssueState | null = null;
  for (const { version, value } of history) {
    const decoded = decodeEntry(value);
    if (Result.isFailure(decoded)) return Result.fail(`entry ${version} cannot be folded`);
    const { event } = decoded.success;
    const opens = event.type === "Reported" || event.type === "SettledRecorded";
    if (opens !== (state === null)) return Result.fail(`no issue has ${event.type} as ${version}`);
    state = evolve(state, event);
  }
  return state === null ? Result.fail("it has no entries") : Result.succeed(state);
};

type PlainObject = Readonly<Record<string, unknown>>;

const isPlain = (value: unknown): value is PlainObject =>
  typeof value === "object" && value !== null;

// What is absent and what is undefined are stored alike.
const own = (value: PlainObject, key: string): unknown =>
  Object.hasOwn(value, key) ? value[key] : undefined;
