/**
 * What must hold after a kill: every acknowledged command is there, nothing is half,
 * and folding the journal gives the stored states.
 *
 * Each check reads the feed from where the last one ended and looks at every issue
 * that moved since: its stream with hashes, its state row, its contents, the receipt of
 * every command.
 */
import { evolve, type IssueState } from "@linli/core/issue";
import { decodeEntry, verifyStream } from "@linli/core/journal";
import type { Entry, Storage } from "@linli/core/ports";
import { platformDigest } from "@linli/core/services";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { NAMESPACE } from "./place.ts";

/** A command a victim said was done. */
export interface Acknowledged {
  readonly command: string;
  readonly issue: string;
  readonly version: number;
}

/** What was found wrong, a sentence each. */
export interface Wrongs {
  /** Acknowledged and not there. */
  readonly lost: Array<string>;
  /** Part of a command there, part not. */
  readonly half: Array<string>;
  /** Journal and state disagree, or a hash does not hold. */
  readonly mismatched: Array<string>;
}

/** Checks all that happened after a place in the feed; the place to go on from. */
export const checkSince = async (
  storage: Storage,
  after: string | null,
  acknowledged: ReadonlyArray<Acknowledged>,
  wrongs: Wrongs,
): Promise<string | null> => {
  const { entries, next } = await readFeed(storage, after, null);
  const causes = new Map<string, ReadonlySet<string>>();
  for (const stream of new Set(entries.map((entry) => entry.stream))) {
    causes.set(stream, await checkIssue(storage, stream, wrongs));
  }
  await checkReceipts(storage, entries, wrongs);
  for (const one of acknowledged) {
    const held = await run(storage.receipt({ namespace: NAMESPACE, id: one.command }));
    if (held === null) {
      wrongs.lost.push(`${one.command} on ${one.issue}: no receipt`);
      continue;
    }
    const { issue, version } = JSON.parse(held.value) as Acknowledged;
    if (issue !== one.issue || version !== one.version) {
      wrongs.mismatched.push(`${one.command}: answered ${one.version}, kept ${version}`);
    }
    if (causes.get(one.issue)?.has(one.command) !== true) {
      wrongs.lost.push(`${one.command} on ${one.issue}: no entry`);
    }
  }
  return next;
};

const DIGEST = platformDigest("SHA-256");

const run = <A, E>(effect: Effect.Effect<A, E>): Promise<A> => Effect.runPromise(effect);

const readFeed = async (storage: Storage, after: string | null, stream: string | null) => {
  const entries: Array<Entry> = [];
  for (let next = after; ;) {
    const page: Effect.Success<ReturnType<Storage["feed"]>> = await run(
      storage.feed({ namespace: NAMESPACE, after: next, limit: 1000, stream }),
    );
    if (page.entries.length === 0) return { entries, next };
    entries.push(...page.entries);
    next = page.next;
  }
};

/** Checks one issue; the commands its stream names. */
const checkIssue = async (
  storage: Storage,
  issue: string,
  wrongs: Wrongs,
): Promise<ReadonlySet<string>> => {
  const { entries } = await readFeed(storage, null, issue);
  const verified = verifyStream(DIGEST, entries);
  if (verified._tag === "Broken") {
    wrongs.mismatched.push(`${issue}, version ${verified.version}: ${verified.why}`);
    return new Set();
  }
  const causes = new Set<string>();
  let state: IssueState | null = null;
  for (const { value } of entries) {
    const entry = Result.getOrThrow(decodeEntry(value));
    causes.add(entry.cause);
    state = evolve(state, entry.event);
  }
  const [row] = await run(
    storage.read({ namespace: NAMESPACE, keys: [{ kind: "issue", id: issue }] }),
  );
  if (row == null) {
    wrongs.half.push(`${issue}: a journal without a state`);
    return causes;
  }
  const stored = JSON.parse(row.value) as { readonly head: string; readonly state: unknown };
  if (stored.head !== verified.head || !isSame(stored.state, state)) {
    wrongs.mismatched.push(`${issue}: folding the journal gives another state`);
  }
  const contents = await run(
    storage.scan({
      namespace: NAMESPACE,
      kind: "content",
      index: "issue",
      range: { from: `${issue}/`, to: `${issue}0` },
      order: "ascending",
      limit: 1000,
      cursor: null,
    }),
  );
  const kept = contents.rows.map(({ id }) => id).sort();
  const named = (state?.content ?? []).map(({ id }) => id).sort();
  if (!isSame(kept, named)) wrongs.half.push(`${issue}: contents and references differ`);
  return causes;
};

// A command's entries stand and fall with its receipt; entries of clocks have none.
const checkReceipts = async (
  storage: Storage,
  entries: ReadonlyArray<Entry>,
  wrongs: Wrongs,
): Promise<void> => {
  const commands = new Set<string>();
  for (const { value } of entries) {
    const { cause } = JSON.parse(value) as { readonly cause: string };
    if (!cause.startsWith("clock ")) commands.add(cause);
  }
  for (const id of commands) {
    const held = await run(storage.receipt({ namespace: NAMESPACE, id }));
    if (held === null) wrongs.half.push(`${id}: an entry without a receipt`);
  }
};

const isSame = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
