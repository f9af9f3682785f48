/**
 * How the domain lies in the store: kinds, ids, index keys and the encoded values.
 *
 * Index keys are made of stable unit ids, post ids and padded instants, so that
 * bytewise order is the order asked for. `/` separates the parts; ids cannot hold it.
 */
import * as Result from "effect/Result";
import { encodeCanonical } from "../data/index.ts";
import { coverOf, heirOf } from "../hierarchy/index.ts";
import { clusterQuestions } from "../climbing/index.ts";
import { isFinal, nextClock } from "../issue/index.ts";
import type { IssueState, World } from "../issue/index.ts";
import type { IndexKey, KeyRange } from "../ports/index.ts";
import type { Content } from "../sight/index.ts";
import type { Instant } from "../time/index.ts";
import { Unreadable } from "./Errors.ts";

/** Kinds of state rows. */
export const KIND = {
  issue: "issue",
  content: "content",
  externalRef: "externalRef",
  receiptCode: "receiptCode",
  current: "current",
  document: "document",
  board: "board",
  boardIssue: "boardIssue",
  score: "score",
  projection: "projection",
  rekey: "rekey",
  reroute: "reroute",
  seal: "seal",
  erasure: "erasure",
  lookup: "lookup",
  keyStore: "keyStore",
} as const;

/** Indexes of issues. */
export const INDEX = {
  /** unit / state / due / id, one per ancestor unit in each chain. */
  under: "under",
  /** post@unit / due / id of the accountable handler. */
  post: "post",
  /** post@unit / due / id of the sponsor. */
  sponsor: "sponsor",
  /** person / reported / id. */
  reporter: "reporter",
  /** cluster / unit / reported / id. */
  cluster: "cluster",
  /** id of an open issue that was written after a newer charter version than its own became current. */
  outdated: "outdated",
  /** issue / at / id of contents. */
  issue: "issue",
  /** unit / day of boards. */
  day: "day",
  /** UTC month / issue of what scoring keeps. */
  month: "month",
  /** unit / category / reported / issue of what scoring keeps. */
  place: "place",
  /** number of seals. */
  seal: "seal",
  /** owner / at / id of sealed contents. */
  owner: "owner",
  /** owner of erasures. */
  erasure: "erasure",
} as const;

/** The coarse states that lists can be asked for. */
export type ListedState = "open" | "settled" | "final";

/** Letters in keys, in the order lists show them. */
export const STATE_LETTER: Readonly<Record<ListedState, string>> = {
  open: "a",
  settled: "b",
  final: "c",
};

/** Which list an issue is in. */
export const listedState = (state: IssueState): ListedState => {
  if (isFinal(state)) return "final";
  return state.status === "resolved" || state.status === "verified" ? "settled" : "open";
};

/** What the issue row holds: the state and the hash of the stream's last entry. */
export interface StoredIssue {
  readonly v: 1;
  readonly head: string;
  readonly state: IssueState;
}

/** Encodes an issue row; states hold only JSON data. */
export const encodeIssue = (state: IssueState, head: string): string =>
  JSON.stringify({ v: 1, head, state } satisfies StoredIssue);

/** Decodes an issue row of a known version. */
export const decodeIssue = (id: string, value: string): Result.Result<StoredIssue, Unreadable> =>
  decodeVersioned<StoredIssue>("issue", id, value);

/** Encodes a content row. */
export const encodeContent = (content: Content): string => JSON.stringify({ v: 1, ...content });

/** What the hash of a content that is stored as it is, is taken over. @throws TypeError for what was never written here. */
export const hashedText = ({
  words,
  place,
  attachments,
}: Pick<Content, "words" | "place" | "attachments">): string =>
  encodeCanonical({ w: words, a: attachments, ...(place === undefined ? {} : { p: place }) });

/** Decodes a content row of a known version. */
export const decodeContent = (id: string, value: string): Result.Result<Content, Unreadable> =>
  decodeVersioned<Content & { readonly v: 1 }>("content", id, value);

/** Decodes `{ v: 1, ... }`; another version is refused, never guessed. */
export const decodeVersioned = <A extends { readonly v: 1 }>(
  what: string,
  id: string,
  value: string,
): Result.Result<A, Unreadable> => {
  try {
    const parsed = JSON.parse(value) as { readonly v?: unknown };
    return parsed.v === 1
      ? Result.succeed(parsed as A)
      : Result.fail(
          new Unreadable({ what, id, reason: `format ${String(parsed.v)} is not known` }),
        );
  } catch {
    return Result.fail(new Unreadable({ what, id, reason: "it is not JSON" }));
  }
};

/** A world, and which charter version is current in it; an issue may live under an earlier one. */
export interface CurrentWorld extends World {
  /** As `id@version`. */
  readonly current: string;
}

/** What index entries follow from, besides the issue itself. */
export type KeyWorld = Pick<CurrentWorld, "charter" | "hierarchy" | "current">;

/** How a charter version is named in rows and jobs. */
export const charterRef = (charter: { readonly id: string; readonly version: string }): string =>
  `${charter.id}@${charter.version}`;

/**
 * All index entries of an issue written at an instant: a pure function of the row's
 * value, its charter, the hierarchy as it stands then, and which charter is current.
 */
export const issueKeys = (
  world: KeyWorld,
  state: IssueState,
  now: Instant,
): ReadonlyArray<IndexKey> => {
  const listed = listedState(state);
  const due = instantKey(listed === "final" ? (state.closedAt ?? state.lastAt) : dueOf(state));
  const tail = `${due}/${state.id}`;
  const at = liesAt(state, now);
  const keys: Array<IndexKey> = unitsAbove(world, state, at).map((unit) => ({
    index: INDEX.under,
    key: `${unit}/${STATE_LETTER[listed]}/${tail}`,
  }));
  if (listed !== "final") {
    pushStand(keys, world, INDEX.post, state.handler, at, tail);
    if (state.sponsor !== null) pushStand(keys, world, INDEX.sponsor, state.sponsor, at, tail);
  }
  // This key never moves, so that rerouting finds what commands moved about while it read the lists.
  if (listed === "open" && charterRef(state.charter) !== world.current) {
    keys.push({ index: INDEX.outdated, key: state.id });
  }
  const reported = `${instantKey(state.reportedAt)}/${state.id}`;
  for (const person of new Set(state.reporters.map((reporter) => reporter.person))) {
    if (person !== null) keys.push({ index: INDEX.reporter, key: `${person}/${reported}` });
  }
  if (state.status !== "merged" && world.charter.document.ladder.clusters !== undefined) {
    for (const { cluster, unit } of clusterQuestions(world, state, at)) {
      keys.push({ index: INDEX.cluster, key: `${cluster.id}/${unit}/${reported}` });
    }
  }
  return keys;
};

/** The next due instant, or the last event's when every clock is paused. */
export const dueOf = (state: IssueState): Instant =>
  nextClock(state)?.deadline.dueAt ?? state.lastAt;

/**
 * The instant at which the hierarchy says where an issue lies: one that is not final
 * lies where its place is now, a final one stays where it was when it ended.
 */
export const liesAt = (state: IssueState, now: Instant): Instant =>
  isFinal(state) ? (state.closedAt ?? state.lastAt) : now;

/** Units whose lists an issue is in: its place (or its handler's unit) and everything that covers it. */
export const unitsAbove = (
  world: Pick<World, "hierarchy">,
  state: IssueState,
  at: Instant,
): ReadonlyArray<string> => coverOf(world.hierarchy, state.unit ?? state.handler.unit, at);

/** `post@unit`, the beginning of worklist keys. */
export const standKey = (stand: { readonly post: string; readonly unit: string }): string =>
  `${stand.post}@${stand.unit}`;

/** An instant as 15 digits. */
export const instantKey = (at: Instant): string =>
  // Thirteen digits from 2001 to 2286: the usual ones without looking further.
  at >= 1e12 && at < 1e13 ? `00${at}` : String(Math.max(0, at)).padStart(15, "0");

/** All keys that begin with a part: `0` is the byte after `/`. */
export const under = (part: string): KeyRange => ({ from: `${part}/`, to: `${part}0` });

// Private

// Work of a unit that has ended is on the list of the unit that stands for it now as well.
const pushStand = (
  keys: Array<IndexKey>,
  world: Pick<World, "hierarchy">,
  index: string,
  stand: { readonly post: string; readonly unit: string },
  at: Instant,
  tail: string,
): void => {
  const { post, unit } = stand;
  keys.push({ index, key: `${standKey(stand)}/${tail}` });
  const heir = heirOf(world.hierarchy, unit, at);
  if (heir !== undefined && heir !== unit) {
    keys.push({ index, key: `${standKey({ post, unit: heir })}/${tail}` });
  }
};
