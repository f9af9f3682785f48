/**
 * What the laws are written with: short ways to commit, read and compare in one
 * namespace, so that a law reads as its statement.
 */
import {
  type CommitBatch,
  type CommitResult,
  type Conflict,
  type DeadJob,
  type Entry,
  type EntryWrite,
  type IndexKey,
  isStorageError,
  type JobOutcome,
  type JobWrite,
  type KeyRange,
  type LeasedJob,
  type ReceiptWrite,
  type Row,
  type RowWrite,
  type ScanPage,
  type SettleResult,
  type Storage,
  type StorageError,
  type StorageReason,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import type { StorageFixture } from "./Fixture.ts";
import { allPages, type Page, Unexpected } from "./pages.ts";
import { toldOf } from "./told.ts";

export { Unexpected } from "./pages.ts";

/** A batch with everything left out that does not matter. */
export type PartialBatch = Partial<CommitBatch>;

/** The tools of a law. */
export interface Lab {
  readonly fixture: StorageFixture;
  readonly storage: Storage;
  readonly namespace: string;
  /** Commits in the lab's namespace; must be accepted. */
  readonly commit: (batch: PartialBatch) => Effect.Effect<CommitResult, Conflict | StorageError>;
  /** Commits something that must be refused; gives the conflicts, sorted by kind and id. */
  readonly refused: (
    batch: PartialBatch,
  ) => Effect.Effect<Conflict["conflicts"], StorageError | Unexpected>;
  readonly read: (
    ...ids: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<Row | null>, StorageError>;
  /** Versions of rows, 0 where there is none. */
  readonly versions: (
    ...ids: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<number>, StorageError>;
  readonly scan: (request?: PartialScan) => Effect.Effect<ScanPage, StorageError>;
  /** Ids of a scan, page by page until the end. */
  readonly scanAll: (request?: PartialScan) => Effect.Effect<ReadonlyArray<string>, StorageError>;
  readonly count: (range?: KeyRange, max?: number) => Effect.Effect<number, StorageError>;
  /** The journal, page by page until nothing is new. */
  readonly feed: (request?: PartialFeed) => Effect.Effect<ReadonlyArray<Entry>, StorageError>;
  readonly lease: (request?: PartialLease) => Effect.Effect<ReadonlyArray<LeasedJob>, StorageError>;
  readonly settle: (
    at: number,
    ...outcomes: ReadonlyArray<JobOutcome>
  ) => Effect.Effect<ReadonlyArray<SettleResult>, StorageError>;
  /** Dead jobs of the lab's namespace, page by page until the end. */
  readonly dead: (request?: PartialDead) => Effect.Effect<ReadonlyArray<DeadJob>, StorageError>;
  /** The same tools in another namespace or on another handle. */
  readonly within: (namespace: string, storage?: Storage) => Lab;
}

type PartialScan = Partial<Parameters<Storage["scan"]>[0]>;
type PartialFeed = Partial<Parameters<Storage["feed"]>[0]>;
type PartialDead = Partial<Parameters<Storage["dead"]>[0]>;
type PartialLease = Partial<Parameters<Storage["lease"]>[0]>;

/** The namespace of the laws. */
export const HOME = "xinan";

/** A range that holds every key. */
export const EVERYTHING: KeyRange = { from: null, to: null };

/** Tools over a fixture. */
export const makeLab = (
  fixture: StorageFixture,
  namespace = HOME,
  storage = fixture.storage,
): Lab => {
  const scan = (request: PartialScan = {}) =>
    storage.scan({
      namespace,
      kind: KIND,
      index: "by",
      range: EVERYTHING,
      order: "ascending",
      limit: 100,
      cursor: null,
      ...request,
    });
  const read = (...ids: ReadonlyArray<string>) =>
    storage.read({ namespace, keys: ids.map((id) => ({ kind: KIND, id })) });
  return {
    fixture,
    storage,
    namespace,
    commit: (batch) => storage.commit(fullBatch(namespace, batch)),
    refused: (batch) => refusal(storage.commit(fullBatch(namespace, batch))),
    read,
    versions: (...ids) =>
      Effect.map(read(...ids), (rows) => rows.map((found) => found?.version ?? 0)),
    scan,
    scanAll: (request = {}) =>
      allPages("scan", request.cursor ?? null, noneBehind, (cursor) =>
        Effect.map(scan({ ...request, cursor }), ({ rows, next }) => ({
          items: rows.map((found) => found.id),
          next,
        })),
      ),
    count: (range = EVERYTHING, max = 1_000_000) =>
      storage.count({ namespace, kind: KIND, index: "by", range, max }),
    feed: makeFeed(namespace, storage),
    lease: (request = {}) =>
      storage.lease({
        namespace,
        queue: "clock",
        now: 1000,
        until: 2000,
        limit: 10,
        owner: "worker-1",
        ...request,
      }),
    settle: (at, ...outcomes) => storage.settle(outcomes, at),
    dead: makeDead(namespace, storage),
    within: (other, handle = storage) => makeLab(fixture, other, handle),
  };
};

const makeFeed =
  (namespace: string, storage: Storage): Lab["feed"] =>
  (request = {}) =>
    allPages("feed", request.after ?? null, nothingNew, (after) =>
      Effect.map(
        storage.feed({ ...{ namespace, limit: 100, stream: null, ...request }, after }),
        ({ entries, next }) => ({ items: entries, next }),
      ),
    );

const makeDead =
  (namespace: string, storage: Storage): Lab["dead"] =>
  (request = {}) =>
    allPages("dead", request.cursor ?? null, noneBehind, (cursor) =>
      Effect.map(
        storage.dead({ ...{ namespace, queue: null, limit: 100, ...request }, cursor }),
        ({ jobs, next }) => ({ items: jobs, next }),
      ),
    );

const noneBehind = ({ next }: Page<unknown>) => next === null;
// A feed has no end, only a place where nothing is new.
const nothingNew = ({ items }: Page<unknown>) => items.length === 0;

const KIND = "thing";

/** A row to create, or to write over version `expected`. */
export const row = (
  id: string,
  options: {
    readonly expected?: number;
    readonly value?: string | null;
    readonly by?: ReadonlyArray<string>;
  } = {},
): RowWrite => ({
  kind: KIND,
  id,
  expected: options.expected ?? 0,
  value: options.value === undefined ? `value of ${id}` : options.value,
  indexes: (options.by ?? []).map((key): IndexKey => ({ index: "by", key })),
});

/** A guard on a row of the laws. */
export const guard = (id: string, version: number) => ({ kind: KIND, id, version });

/** An entry of a stream. */
export const entry = (stream: string, version: number): EntryWrite => ({
  stream,
  version,
  value: `${stream} ${version}`,
  hash: `hash-${stream}-${version}`,
});

/** A job due at 1000, with a key of its own. */
export const job = (id: string, options: Partial<JobWrite> = {}): JobWrite => ({
  id,
  queue: "clock",
  key: `key of ${id}`,
  dueAt: 1000,
  value: `work ${id}`,
  ...options,
});

/** A receipt kept for ever. */
export const receipt = (id: string, content: string, value = `result of ${id}`): ReceiptWrite => ({
  id,
  contentHash: content,
  value,
  keepUntil: null,
});

/** Ids of rows or jobs, in their order. */
export const idsOf = (list: ReadonlyArray<{ readonly id: string }>) => list.map((one) => one.id);

/** Outcomes of a leased job. */
export const done = ({ namespace, id, token }: LeasedJob): JobOutcome => ({
  _tag: "Done",
  namespace,
  id,
  token,
});
export const retry = (dueAt: number, { namespace, id, token }: LeasedJob): JobOutcome => ({
  _tag: "Retry",
  namespace,
  id,
  token,
  dueAt,
});
export const dead = ({ namespace, id, token }: LeasedJob, reason = "gave up"): JobOutcome => ({
  _tag: "Dead",
  namespace,
  id,
  token,
  reason,
});
export const renew = (until: number, { namespace, id, token }: LeasedJob): JobOutcome => ({
  _tag: "Renew",
  namespace,
  id,
  token,
  until,
});

/** Stops the law when two plain values differ. */
export const same = (
  what: string,
  actual: unknown,
  expected: unknown,
): Effect.Effect<void, Unexpected> => {
  const [seen, wanted] = [plainText(actual), plainText(expected)];
  return seen === wanted
    ? Effect.void
    : Effect.fail(new Unexpected(`${what}: expected ${clip(wanted)}, saw ${clip(seen)}`));
};

/** The only job of a list. */
export const only = <A>(what: string, list: ReadonlyArray<A>): Effect.Effect<A, Unexpected> => {
  const [first] = list;
  return first !== undefined && list.length === 1
    ? Effect.succeed(first)
    : Effect.fail(new Unexpected(`${what}: expected exactly one, saw ${list.length}`));
};

/** The call must fail with this reason. */
export const failsWith = <A, E>(
  what: string,
  reason: StorageReason,
  call: Effect.Effect<A, E>,
): Effect.Effect<void, Unexpected> =>
  Effect.matchEffect(call, {
    onSuccess: () => Effect.fail(new Unexpected(`${what}: expected ${reason}, but it succeeded`)),
    onFailure: (error) =>
      isStorageError(error) && error.reason === reason
        ? Effect.void
        : Effect.fail(new Unexpected(`${what}: expected ${reason}, saw ${toldOf(error)}`)),
  });

const refusal = (
  call: Effect.Effect<CommitResult, Conflict | StorageError>,
): Effect.Effect<Conflict["conflicts"], StorageError | Unexpected> =>
  Effect.matchEffect(call, {
    onSuccess: (result) =>
      Effect.fail(new Unexpected(`a commit that had to be refused was ${result._tag}`)),
    onFailure: (error) =>
      error._tag === "Conflict"
        ? Effect.succeed([...error.conflicts].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)))
        : Effect.fail(error),
  });

const nameOf = (one: { readonly kind: string; readonly id: string }) => `${one.kind} ${one.id}`;

const fullBatch = (namespace: string, batch: PartialBatch): CommitBatch => ({
  namespace,
  at: 1000,
  rows: [],
  guards: [],
  entries: [],
  schedule: [],
  cancel: [],
  settle: [],
  receipt: null,
  ...batch,
});

// Keys sorted, so that the order in which a driver builds its objects does not matter.
const plainText = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  ) ?? "undefined";

const clip = (text: string) =>
  text.length > 300 ? `${text.slice(0, 300)}... (${text.length})` : text;
