/**
 * Drivers that are wrong on purpose: each is the memory driver with one promise
 * broken, the way real drivers break it. They prove that the laws bite.
 */
import { Conflict, type LeasedJob } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { sabotage, sabotageBatch, type StorageSaboteur } from "./Saboteur.ts";

/** Those that are wrong in plain calls. */
export const plainSaboteurs: ReadonlyArray<StorageSaboteur> = [
  sabotage(
    "lost-update",
    "writes over whatever version is there",
    "commit.stale-refused",
    (honest) => ({
      commit: (batch) =>
        Effect.flatMap(honest.read({ namespace: batch.namespace, keys: batch.rows }), (found) =>
          honest.commit({
            ...batch,
            rows: batch.rows.map((row, n) => ({ ...row, expected: found[n]?.version ?? 0 })),
          }),
        ),
    }),
  ),
  sabotageBatch("no-guards", "ignores guards", "guard.refuses", (batch) => ({
    ...batch,
    guards: [],
  })),
  sabotageBatch(
    "any-history",
    "looks at a stream's version only, not at what it ends with",
    "stream.other-history",
    (batch) => ({ ...batch, entries: batch.entries.map(({ previous: _, ...entry }) => entry) }),
  ),
  sabotageBatch(
    "first-only",
    "holds only a batch's first entry against the one it follows",
    "stream.other-in-batch",
    (batch) => ({
      ...batch,
      entries: batch.entries.map(({ previous, ...entry }, n) =>
        n === 0 && previous !== undefined ? { ...entry, previous } : entry,
      ),
    }),
  ),
  sabotage(
    "head-for-version",
    "says of a stream at another version that its head is another",
    "stream.other-version",
    (honest) => ({
      commit: (batch) =>
        Effect.mapError(honest.commit(batch), (error) =>
          error._tag === "StorageError" ? error : new Conflict({ conflicts: headsOf(error) }),
        ),
    }),
  ),
  sabotage("kept-previous", "hands out what an entry named", "stream.follows", (honest) => {
    const named = new Map<string, string>();
    return {
      commit: (batch) => {
        for (const { hash, previous } of batch.entries) named.set(hash, previous ?? "");
        return honest.commit(batch);
      },
      feed: (request) =>
        Effect.map(honest.feed(request), (page) => ({
          ...page,
          entries: page.entries.map((one) => ({ ...one, previous: named.get(one.hash) ?? "" })),
        })),
    };
  }),
  sabotageBatch("no-receipts", "forgets receipts", "receipt.replays", (batch) => ({
    ...batch,
    receipt: null,
  })),
  sabotageBatch(
    "blind-receipts",
    "replays a receipt whatever the content",
    "receipt.other-content",
    (batch) => ({
      ...batch,
      receipt: batch.receipt === null ? null : { ...batch.receipt, contentHash: "x" },
    }),
  ),
  sabotage("half-commit", "writes the entries of a refused commit", "commit.atomic", (honest) => ({
    commit: (batch) =>
      Effect.tapError(honest.commit(batch), () =>
        Effect.ignore(
          honest.commit({
            ...batch,
            rows: [],
            guards: [],
            settle: [],
            receipt: null,
            schedule: [],
          }),
        ),
      ),
  })),
  sabotage(
    "swallowed-refusal",
    "answers Committed to a refused commit",
    "commit.create-twice-refused",
    (honest) => ({
      commit: (batch) =>
        Effect.catchTag(honest.commit(batch), "Conflict", () =>
          Effect.succeed({ _tag: "Committed" } as const),
        ),
    }),
  ),
  sabotage(
    "nameless-conflict",
    "does not look up the version that is there",
    "commit.conflict-names-actual",
    (honest) => ({
      commit: (batch) =>
        Effect.mapError(honest.commit(batch), (error) =>
          error._tag === "StorageError"
            ? error
            : new Conflict({ conflicts: error.conflicts.map((one) => ({ ...one, actual: 0 })) }),
        ),
    }),
  ),
  sabotageBatch(
    "truncated",
    "cuts values at 65,535 characters",
    "limits.value-at-bound",
    (batch) => ({
      ...batch,
      rows: batch.rows.map((row) => ({ ...row, value: row.value?.slice(0, 65_535) ?? null })),
    }),
  ),
  sabotageBatch("normalised", "stores text in composed form", "text.forms-apart", (batch) => ({
    ...batch,
    rows: batch.rows.map((row) => ({ ...row, id: row.id.normalize("NFC") })),
  })),
  sabotageBatch("trimmed", "drops blanks at the end of ids", "text.blanks-apart", (batch) => ({
    ...batch,
    rows: batch.rows.map((row) => ({ ...row, id: row.id.trimEnd() || row.id })),
  })),
  sabotage("one-town", "puts all namespaces together", "namespace.isolated-rows", (honest) => ({
    read: (request) => honest.read({ ...request, namespace: "all" }),
    scan: (request) => honest.scan({ ...request, namespace: "all" }),
    count: (request) => honest.count({ ...request, namespace: "all" }),
    commit: (batch) => honest.commit({ ...batch, namespace: "all" }),
  })),
  sabotage(
    "utf16-order",
    "sorts keys as JavaScript compares them",
    "scan.bytewise-order",
    (honest) => ({
      scan: (request) =>
        Effect.map(honest.scan(request), (page) => ({
          ...page,
          rows: [...page.rows].sort((a, b) => (a.key < b.key ? -1 : 1)),
        })),
    }),
  ),
  sabotage("closed-range", "gives the upper end of a range too", "scan.half-open", (honest) => ({
    scan: (request) => {
      const { from, to } = request.range;
      return honest.scan({ ...request, range: { from, to: to === null ? null : `${to}\u0001` } });
    },
  })),
  sabotage(
    "offset-pages",
    "pages by counting rows from the start",
    "scan.paging-under-writes",
    (honest) => ({
      scan: (request) => {
        const skip = request.cursor === null ? 0 : Number(request.cursor);
        if (!Number.isInteger(skip)) return honest.scan(request);
        return Effect.map(
          honest.scan({ ...request, cursor: null, limit: 100_000 }),
          ({ rows }) => ({
            rows: rows.slice(skip, skip + request.limit),
            next: rows.length > skip + request.limit ? String(skip + request.limit) : null,
          }),
        );
      },
    }),
  ),
  sabotage("endless-count", "counts past the bound", "count.bounded", (honest) => ({
    count: (request) => honest.count({ ...request, max: Number.MAX_SAFE_INTEGER }),
  })),
  sabotage(
    "skipping-feed",
    "begins one entry too late after a cursor",
    "feed.paging",
    (honest) => ({
      feed: (request) =>
        Effect.map(honest.feed(request), (page) =>
          request.after === null || page.entries.length < 2
            ? page
            : { ...page, entries: page.entries.slice(1) },
        ),
    }),
  ),
  sabotage("feed-by-name", "gives the feed in order of streams", "feed.commit-order", (honest) => ({
    feed: (request) =>
      Effect.map(honest.feed(request), (page) => ({
        ...page,
        entries: [...page.entries].sort((a, b) => (a.stream < b.stream ? -1 : 1)),
      })),
  })),
  sabotage("double-lease", "leases a job again that is still held", "lease.exclusive", (honest) => {
    const held: Array<LeasedJob> = [];
    return {
      lease: (request) =>
        Effect.map(honest.lease(request), (jobs) => {
          held.push(...jobs);
          return jobs.length === 0 ? held.slice(0, 1) : jobs;
        }),
    };
  }),
  sabotageBatch(
    "keyless-lease",
    "leases jobs of one key side by side",
    "lease.one-per-key",
    (batch) => ({
      ...batch,
      schedule: batch.schedule.map((job) => ({
        ...job,
        key: `${job.key} ${job.id}`.slice(0, 100),
      })),
    }),
  ),
  sabotage(
    "greedy-lease",
    "serves the first namespace until it has nothing left",
    "lease.fair-namespaces",
    (honest) => {
      const seen = new Set<string>();
      return {
        commit: (batch) => {
          seen.add(batch.namespace);
          return honest.commit(batch);
        },
        lease: (request) =>
          request.namespace !== null
            ? honest.lease(request)
            : Effect.map(
                Effect.forEach(seen, (namespace) => honest.lease({ ...request, namespace })),
                (jobs) => jobs.flat().slice(0, request.limit),
              ),
      };
    },
  ),
  sabotage("unfenced", "lets whoever held the job once settle it", "settle.fenced", (honest) => {
    const latest = new Map<string, string>();
    const nameOf = (one: { readonly namespace: string; readonly id: string }) =>
      `${one.namespace}\u0000${one.id}`;
    return {
      lease: (request) =>
        Effect.tap(honest.lease(request), (jobs) =>
          Effect.sync(() => jobs.forEach((job) => latest.set(nameOf(job), job.token))),
        ),
      settle: (outcomes, at) =>
        honest.settle(
          outcomes.map((one) => ({ ...one, token: latest.get(nameOf(one)) ?? one.token })),
          at,
        ),
    };
  }),
  sabotage(
    "forgetful-settle",
    "calls a repeated settlement a lost lease",
    "settle.idempotent",
    (honest) => {
      const settled = new Set<string>();
      return {
        settle: (outcomes, at) =>
          Effect.map(honest.settle(outcomes, at), (results) =>
            results.map((result, n) => {
              const token = outcomes[n]?.token ?? "";
              if (settled.has(token)) return "LeaseLost";
              if (outcomes[n]?._tag !== "Renew") settled.add(token);
              return result;
            }),
          ),
      };
    },
  ),
  sabotage(
    "read-then-write",
    "checks versions first and writes a moment later",
    "race.one-writer-wins",
    (honest) => ({
      commit: (batch) =>
        Effect.gen(function* () {
          const found = yield* honest.read({ namespace: batch.namespace, keys: batch.rows });
          const stale = batch.rows.some((row, n) => (found[n]?.version ?? 0) !== row.expected);
          yield* Effect.yieldNow;
          if (stale) return yield* honest.commit(batch);
          const now = yield* honest.read({ namespace: batch.namespace, keys: batch.rows });
          return yield* honest.commit({
            ...batch,
            rows: batch.rows.map((row, n) => ({ ...row, expected: now[n]?.version ?? 0 })),
          });
        }),
    }),
  ),
];

const headsOf = ({ conflicts }: Conflict) =>
  conflicts.map((one) =>
    one.kind === "stream" ? { kind: "head", id: one.id, expected: 1, actual: 0 } : one,
  );
