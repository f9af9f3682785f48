/** Drivers that take one name for another, as collations, columns and joined keys do. */
import type { CommitBatch, JobOutcome, Receipt, RowKey, Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { sabotage, type StorageSaboteur } from "./Saboteur.ts";

/** Where a name can stand in a call. */
type Place =
  | "namespace"
  | "kind"
  | "id"
  | "index"
  | "key"
  | "stream"
  | "hash"
  | "job"
  | "queue"
  | "jobKey"
  | "token"
  | "command"
  | "content";

type Ranged = Pick<Parameters<Storage["count"]>[0], "namespace" | "kind" | "index" | "range">;
type Blur = (text: string) => string;

/** Gives a name as it is, or blurred where it stands in one place. */
type At = (place: Place) => Blur;

const town = <A extends { readonly namespace: string | null }>(request: A, at: At): A => ({
  ...request,
  namespace: request.namespace === null ? null : at("namespace")(request.namespace),
});

const rowKey = <A extends RowKey>(key: A, at: At): A => ({
  ...key,
  kind: at("kind")(key.kind),
  id: at("id")(key.id),
});

const outcome = (one: JobOutcome, at: At): JobOutcome => ({
  ...town(one, at),
  id: at("job")(one.id),
  token: at("token")(one.token),
});

const indexed = <A extends Ranged>(request: A, at: At): A => ({
  ...town(request, at),
  kind: at("kind")(request.kind),
  index: at("index")(request.index),
  range: {
    from: request.range.from && at("key")(request.range.from),
    to: request.range.to && at("key")(request.range.to),
  },
});

const wholeBatch = (batch: CommitBatch, at: At): CommitBatch => ({
  ...town(batch, at),
  rows: batch.rows.map((row) => ({
    ...rowKey(row, at),
    indexes: row.indexes.map((one) => ({ index: at("index")(one.index), key: at("key")(one.key) })),
  })),
  guards: batch.guards.map((one) => rowKey(one, at)),
  entries: batch.entries.map(({ previous, ...entry }) => ({
    ...entry,
    stream: at("stream")(entry.stream),
    hash: at("hash")(entry.hash),
    ...(previous === undefined ? {} : { previous: at("hash")(previous) }),
  })),
  schedule: batch.schedule.map((job) => ({
    ...job,
    id: at("job")(job.id),
    queue: at("queue")(job.queue),
    key: at("jobKey")(job.key),
  })),
  cancel: batch.cancel.map(at("job")),
  settle: batch.settle.map((one) => outcome(one, at)),
  receipt: batch.receipt && {
    ...batch.receipt,
    id: at("command")(batch.receipt.id),
    contentHash: at("content")(batch.receipt.contentHash),
  },
});

/** Memory that is handed other names in one place, and hands them out again. */
const blurred = (place: Place, blur: Blur) => {
  const at: At = (where) => (text) => (where === place ? blur(text) : text);
  return (honest: Storage): Partial<Storage> => ({
    read: (request) =>
      honest.read({ ...town(request, at), keys: request.keys.map((key) => rowKey(key, at)) }),
    receipt: (request) => honest.receipt({ ...town(request, at), id: at("command")(request.id) }),
    scan: (request) => honest.scan(indexed(request, at)),
    count: (request) => honest.count(indexed(request, at)),
    commit: (batch) => honest.commit(wholeBatch(batch, at)),
    feed: (request) =>
      honest.feed({
        ...town(request, at),
        stream: request.stream === null ? null : at("stream")(request.stream),
      }),
    lease: (request) => honest.lease({ ...town(request, at), queue: at("queue")(request.queue) }),
    settle: (outcomes, instant) =>
      honest.settle(
        outcomes.map((one) => outcome(one, at)),
        instant,
      ),
  });
};

const CI: readonly [string, string, Blur] = [
  "ci",
  "without regard to case",
  (t) => t.toLowerCase(),
];
const TRIM: typeof CI = ["trim", "without blanks at their ends", (t) => t.trimEnd() || t];
const CUT: typeof CI = ["cut", "by their first 64 characters", (t) => t.slice(0, 64)];
const PLAIN: typeof CI = [
  "plain",
  "without accents and width",
  (t) => t.normalize("NFKD").replace(/(?<=.)[\u0300-\u036f\u200b\u00ad]/gu, ""),
];

const compares = (
  place: Place,
  called: string,
  caughtBy: string,
  ...ways: ReadonlyArray<typeof CI>
): ReadonlyArray<StorageSaboteur> =>
  ways.map(([way, how, blur]) =>
    sabotage(`${place}-${way}`, `compares ${called} ${how}`, caughtBy, blurred(place, blur)),
  );

const blurredSaboteurs: ReadonlyArray<StorageSaboteur> = [
  ...compares("id", "ids of rows", "text.ids-apart", PLAIN, CUT),
  ...compares("kind", "kinds", "text.kinds-apart", CI, TRIM),
  ...compares("index", "names of indexes", "text.indexes-apart", CI, PLAIN),
  ...compares("key", "index keys", "text.keys-apart", CI, CUT),
  ...compares("stream", "names of streams", "text.streams-apart", CI, CUT),
  ...compares("hash", "hashes", "text.hashes-apart", CI, CUT),
  ...compares("command", "command ids", "text.commands-apart", CI, TRIM, CUT),
  ...compares("content", "content hashes", "text.contents-apart", CI, TRIM, CUT),
  ...compares("job", "ids of jobs", "text.jobs-apart", CI, PLAIN),
  ...compares("queue", "queues", "text.queues-apart", CI, TRIM),
  ...compares("jobKey", "keys of jobs", "text.job-keys-apart", CI, TRIM, CUT),
  ...compares("token", "tokens", "text.tokens-apart", CI, TRIM),
  ...compares("namespace", "namespaces", "namespace.lookalikes-apart", CI, TRIM, CUT),
];

/** Keeps rows under kind and id in one text, and knows of each text who wrote it last. */
const joined = (id: string, joint: string) =>
  sabotage(
    id,
    `keeps rows under kind and id joined by "${joint}"`,
    "text.names-not-joined",
    (honest) => {
      const writers = new Map<string, RowKey>();
      const nameOf = ({ kind, id: own }: RowKey) => `${kind}${joint}${own}`;
      const into = <A extends RowKey>(key: A): A => ({ ...key, kind: "row", id: nameOf(key) });
      const indexOf = (kind: string, index: string) => JSON.stringify([kind, index]);
      return {
        read: ({ namespace, keys }) =>
          Effect.map(honest.read({ namespace, keys: keys.map(into) }), (rows) =>
            rows.map((row, n) => {
              const { kind, id: own } = keys[n] ?? { kind: "", id: "" };
              return row && { ...row, kind, id: own };
            }),
          ),
        scan: (request) =>
          Effect.map(
            honest.scan({
              ...request,
              kind: "row",
              index: indexOf(request.kind, request.index),
            }),
            (page) => ({
              ...page,
              rows: page.rows.map((row) => ({ ...row, ...writers.get(row.id) })),
            }),
          ),
        commit: (batch) => {
          for (const { kind, id: own } of batch.rows)
            writers.set(nameOf({ kind, id: own }), { kind, id: own });
          return honest.commit({
            ...batch,
            rows: batch.rows.map((row) => ({
              ...into(row),
              indexes: row.indexes.map(({ index, key }) => ({
                index: indexOf(row.kind, index),
                key,
              })),
            })),
          });
        },
      };
    },
  );

/** Scans every index beside the one asked for that is the same to it. */
const scansToo = (
  id: string,
  wrong: string,
  isSame: (asked: readonly [string, string], other: readonly [string, string]) => boolean,
) =>
  sabotage(id, wrong, "text.names-not-joined", (honest) => {
    const known = new Map<string, readonly [string, string]>();
    return {
      commit: (batch) => {
        for (const { kind, indexes } of batch.rows)
          for (const { index } of indexes) known.set(JSON.stringify([kind, index]), [kind, index]);
        return honest.commit(batch);
      },
      scan: (request) =>
        Effect.map(
          Effect.forEach(
            [...known.values()].filter((one) => isSame([request.kind, request.index], one)),
            ([kind, index]) => honest.scan({ ...request, kind, index }),
          ),
          (pages) => ({ rows: pages.flatMap(({ rows }) => rows), next: null }),
        ),
    };
  });

const joinedSaboteurs: ReadonlyArray<StorageSaboteur> = [
  joined("kind-id-bare", ""),
  joined("kind-id-slash", "/"),
  scansToo(
    "kind-index-bare",
    "keeps indexes under kind and name joined",
    ([kind, index], other) => kind + index === other.join(""),
  ),
  scansToo(
    "index-key-bare",
    "keeps index entries under name and key joined",
    ([kind, index], other) => kind === other[0] && other[1].startsWith(index),
  ),
  sabotage(
    "queue-key-bare",
    "holds up jobs by queue and key joined",
    "text.names-not-joined",
    (honest) => {
      const held = new Set<string>();
      return {
        lease: (request) =>
          Effect.map(honest.lease(request), (jobs) =>
            jobs.filter(({ queue, key }) => {
              const free = !held.has(queue + key);
              held.add(queue + key);
              return free;
            }),
          ),
      };
    },
  ),
  sabotage(
    "stream-prefix",
    "takes for a stream every one whose name begins as its own",
    "text.names-not-joined",
    (honest) => ({
      feed: ({ stream, ...request }) =>
        Effect.map(honest.feed({ ...request, stream: null }), (page) => ({
          ...page,
          entries: page.entries.filter((one) => one.stream.startsWith(stream ?? "")),
        })),
    }),
  ),
  sabotage(
    "town-command-slash",
    'keeps receipts under namespace and command joined by "/"',
    "namespace.names-not-joined",
    (honest) => {
      const receipts = new Map<string, Receipt>();
      return {
        commit: (batch) => {
          const { namespace, receipt } = batch;
          if (receipt === null) return honest.commit(batch);
          const name = `${namespace}/${receipt.id}`;
          const known = receipts.get(name);
          if (known !== undefined) return Effect.succeed({ _tag: "Replayed", receipt: known });
          receipts.set(name, receipt);
          return honest.commit(batch);
        },
      };
    },
  ),
  sabotage(
    "owner-ci",
    "gives nothing to an owner whose name it takes for one that holds a job",
    "text.owners-any",
    (honest) => {
      const holders = new Set<string>();
      return {
        lease: (request) =>
          Effect.suspend(() => {
            const name = request.owner.trim().toLowerCase();
            if (holders.has(name)) return Effect.succeed([]);
            holders.add(name);
            return honest.lease(request);
          }),
      };
    },
  ),
];

/** Those that take one name for another. */
export const apartSaboteurs: ReadonlyArray<StorageSaboteur> = [
  ...blurredSaboteurs,
  ...joinedSaboteurs,
];
