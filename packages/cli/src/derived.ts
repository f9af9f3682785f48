/**
 * What is made from states and entries, read from opened data and held against them: lists,
 * jobs, boards, what scores are computed from, references. One walk through the data when
 * all is well; a second one, to what differs only, when not.
 */
import type { FeedEntry } from "@linli/core/journal";
import type { RowKey } from "@linli/core/ports";
import {
  CLOCK_QUEUE,
  DERIVED_INDEXES,
  issueOfJob,
  makeDerivedVerifier,
  readDerivedWorld,
  REFERENCE_KINDS,
  STORED_BOARDS,
  STORED_KINDS,
  unreadableDocument,
} from "@linli/core/services";
import type { DerivedVerdict, DerivedVerifier, DerivedWorld } from "@linli/core/services";
import type { CalendarData } from "@linli/core/time";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import type { JournalSource, StoredRow, Walk } from "./Source.ts";
import { walkIssues } from "./walk.ts";
import type { IssueBatch } from "./walk.ts";

/** What the derived rows are judged by. */
export interface DerivedRequest {
  readonly calendars: ReadonlyArray<CalendarData>;
  readonly now: number;
  /** Not to be known beforehand to whoever can write to the data. */
  readonly seed: string;
}

/** Takes issues while the journal is verified, and everything else afterwards. */
export interface DerivedWalk {
  /** Entries of the feed, in order. */
  readonly takeEntry: (entry: FeedEntry) => void;
  /** To be called between the feed and the issues. */
  readonly begin: () => Promise<void>;
  readonly takeBatch: (batch: IssueBatch) => Promise<void>;
  /** Reads the rest and judges. */
  readonly end: () => Promise<DerivedVerdict>;
}

/** Begins; answers a verdict at once where there is nothing to judge by. */
export const walkDerived = async (
  source: JournalSource,
  namespace: string,
  request: DerivedRequest,
): Promise<DerivedWalk> => {
  const world = await worldIn(source, namespace, request);
  if (world._tag === "None") return nothingToJudge(world);
  const jobs = source.jobs(namespace, CLOCK_QUEUE) !== null;
  const verifier = makeDerivedVerifier(world.world, { ...request, jobs });
  const at = { source, namespace, world: world.world };
  const house: Array<FeedEntry> = [];
  return {
    takeEntry: (entry) => {
      if (entry.value.includes(REVIVED)) house.push(entry);
    },
    begin: () => tellFeed(at, verifier, house),
    takeBatch: (batch) => tellIssues(at, verifier, batch),
    end: async () => {
      await tellRest(at, verifier);
      const closer = verifier.closer();
      if (closer === null) return verifier.end();
      await tellFeed(at, closer, house);
      await walkIssues(source, namespace, (batch) => tellIssues(at, closer, batch));
      await tellRest(at, closer);
      return closer.end();
    },
  };
};

// Private

/** Few entries of the house bear on jobs; the others are not kept in memory. */
const REVIVED = '"type":"JobsRevived"';

interface At {
  readonly source: JournalSource;
  readonly namespace: string;
  readonly world: DerivedWorld;
}

type Found =
  | { readonly _tag: "World"; readonly world: DerivedWorld }
  | { readonly _tag: "None"; readonly id: string; readonly reason: string };

const worldIn = async (
  source: JournalSource,
  namespace: string,
  request: DerivedRequest,
): Promise<Found> => {
  const read = (keys: ReadonlyArray<RowKey>) =>
    Effect.promise(async () => {
      const valueOf = await valuesOf(source, namespace, keys);
      return keys.map((key) => {
        const value = valueOf(key);
        return value === null ? null : { ...key, version: 1, value };
      });
    });
  const store = { namespace, storage: { read: ({ keys }: ReadRequest) => read(keys) } };
  const result = await Effect.runPromise(Effect.result(readDerivedWorld(store, request)));
  if (Result.isFailure(result)) {
    const { failure } = result;
    return failure._tag === "Unreadable"
      ? { _tag: "None", id: `${failure.what} ${failure.id}`.trim(), reason: failure.reason }
      : { _tag: "None", id: "", reason: failure.message };
  }
  return result.success === null
    ? { _tag: "None", id: "current", reason: "nothing is published" }
    : { _tag: "World", world: result.success };
};

interface ReadRequest {
  readonly namespace: string;
  readonly keys: ReadonlyArray<RowKey>;
}

// A place without issues need not have published anything.
const nothingToJudge = ({ id, reason }: Extract<Found, { _tag: "None" }>): DerivedWalk => {
  let issues = 0;
  return {
    takeEntry: () => {},
    begin: async () => {},
    takeBatch: async ({ rows }) => {
      issues += rows.length;
    },
    end: async () => {
      const verdict = unreadableDocument(id, reason);
      return issues === 0 ? { ...verdict, findings: [] } : verdict;
    },
  };
};

const tellFeed = async (
  { source, namespace, world }: At,
  verifier: DerivedVerifier,
  house: ReadonlyArray<FeedEntry>,
) => {
  for (const entry of house) verifier.takeHouse(entry);
  for (const projection of ["boards", "scores"] as const) {
    const { cursor } = world[projection];
    if (cursor === null) continue;
    const waiting = source.entriesAfter(namespace, cursor);
    if (waiting === null) verifier.takeLostPosition(projection);
    else for await (const entry of waiting) verifier.takeWaiting(projection, entry);
  }
};

const tellIssues = async (
  { source, namespace }: At,
  verifier: DerivedVerifier,
  { rows, historyOf, contents }: IssueBatch,
) => {
  const keys = rows.flatMap((row) => verifier.keysBeside(row, historyOf(row.id)));
  const valueOf = await valuesOf(source, namespace, keys);
  for (const row of rows) verifier.takeIssue(row, historyOf(row.id), valueOf);
  for (const content of contents) verifier.takeContent(content);
};

const tellRest = async ({ source, namespace }: At, verifier: DerivedVerifier) => {
  for (const [kind, index] of DERIVED_INDEXES) {
    for await (const entry of source.indexed(namespace, { kind, index })) {
      verifier.takeIndexed(kind, entry);
      if (kind === STORED_BOARDS.kind && entry.value !== null && entry.key === entry.id) {
        verifier.takeBoard({ id: entry.id, value: entry.value });
      }
    }
  }
  const jobs = source.jobs(namespace, CLOCK_QUEUE);
  if (jobs === null) verifier.note(NO_JOBS);
  else {
    await withIssues({ source, namespace }, jobs, issueOfJob, (job, issue) =>
      verifier.takeJob(job, issue),
    );
  }
  let isListed = true;
  for (const kind of REFERENCE_KINDS) {
    const listed = source.listed(namespace, kind);
    isListed &&= listed !== null;
    if (listed === null) continue;
    const keyOf = ({ value }: StoredRow) => ({ kind: STORED_KINDS.issue, id: value });
    await withIssues({ source, namespace }, listed, keyOf, (row, issue) =>
      verifier.takeReference(kind, row, issue),
    );
  }
  if (!isListed) verifier.note(NO_LISTING);
};

const NO_JOBS = {
  en: "this kind of data does not list waiting jobs: whether each clock has one was not looked at",
  zh: "此类数据无法列出待办任务：未核验各时限是否都有任务",
};

const NO_LISTING = {
  en: "this kind of data does not list references: one that leads to no issue at all does not show",
  zh: "此类数据无法列出外部编号与回执：指向不存在事项的不会显现",
};

/** Rows or jobs whose issues are read together. */
const PAGE = 200;

const withIssues = async <A>(
  { source, namespace }: Pick<At, "source" | "namespace">,
  walk: Walk<A>,
  keyOf: (one: A) => RowKey,
  take: (one: A, issue: string | null) => void,
) => {
  let page: Array<A> = [];
  const takePage = async () => {
    const valueOf = await valuesOf(source, namespace, page.map(keyOf));
    for (const one of page) take(one, valueOf(keyOf(one)));
    page = [];
  };
  for await (const one of walk) {
    page.push(one);
    if (page.length === PAGE) await takePage();
  }
  if (page.length > 0) await takePage();
};

const valuesOf = async (
  source: JournalSource,
  namespace: string,
  keys: ReadonlyArray<RowKey>,
): Promise<(key: RowKey) => string | null> => {
  const values = new Map<string, string>();
  for await (const { kind, id, value } of source.rows(namespace, keys)) {
    values.set(`${kind}/${id}`, value);
  }
  return ({ kind, id }) => values.get(`${kind}/${id}`) ?? null;
};
