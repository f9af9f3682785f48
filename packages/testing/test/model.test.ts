/** The model law sees what single laws may miss: each wrong driver here is told apart from memory. */
import { makeMemoryStorage, type Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { expect, it } from "vitest";
import { checkStorageLaw, storageLaws } from "../src/index.ts";

const capabilities = { name: "memory", durable: false, shared: false };
const wrong: ReadonlyArray<[string, (honest: Storage) => Partial<Storage>]> = [
  [
    "a receipt that is forgotten when it is asked for",
    () => ({ receipt: () => Effect.succeed(null) }),
  ],
  [
    "a scan that goes on by counting",
    (honest) => ({
      scan: (request) =>
        Effect.map(honest.scan({ ...request, limit: 1000, cursor: null }), ({ rows }) => {
          const from = Number(request.cursor ?? 0);
          const to = from + request.limit;
          return { rows: rows.slice(from, to), next: to < rows.length ? `${to}` : null };
        }),
    }),
  ],
  [
    "dead jobs of all queues, whichever is asked for",
    (honest) => ({ dead: (request) => honest.dead({ ...request, queue: null }) }),
  ],
  [
    "a lease of all namespaces that stops at one job",
    (honest) => ({
      lease: (request) =>
        honest.lease({ ...request, limit: request.namespace === null ? 1 : request.limit }),
    }),
  ],
  [
    "results of a settlement in another order",
    (honest) => ({
      settle: (outcomes, at) =>
        Effect.map(honest.settle(outcomes, at), (results) => [...results].reverse()),
    }),
  ],
  [
    "a namespace that is not looked at when a job is cancelled",
    (honest) => ({
      commit: (batch) =>
        Effect.tap(honest.commit(batch), () =>
          batch.cancel.length === 0 || batch.namespace.endsWith(" beside")
            ? Effect.void
            : Effect.exit(
                honest.commit({
                  ...{ namespace: `${batch.namespace} beside`, at: batch.at, cancel: batch.cancel },
                  ...{ rows: [], guards: [], entries: [], schedule: [], settle: [], receipt: null },
                }),
              ),
        ),
    }),
  ],
];

const brokenBy = (id: string, replace: (honest: Storage) => Partial<Storage>) => {
  const law = storageLaws.find((one) => one.id === id);
  if (law === undefined) throw new Error(`no law ${id}`);
  const honest = makeMemoryStorage();
  const open = Effect.succeed({ ...honest, ...replace(honest) });
  return Effect.runPromise(Effect.flip(checkStorageLaw(law, { open, capabilities })));
};

it.each(wrong)("it sees %s", async (_, replace) => {
  const broken = await brokenBy("model.same-as-memory", replace);
  expect(broken.message).toMatch(/memory .*, driver /);
});

const wrongWhenPaged: typeof wrong = [
  ...wrong.filter(([what]) => what.startsWith("a scan")),
  [
    "a feed in the order of streams, not of commits",
    (honest) => ({
      feed: (request) =>
        Effect.map(honest.feed({ ...request, after: null, limit: 1000 }), ({ entries }) => {
          const byStream = entries.toSorted((one, other) => (one.stream < other.stream ? -1 : 1));
          const from = Number(request.after ?? 0);
          const page = byStream.slice(from, from + request.limit);
          const next = page.length === 0 ? request.after : `${from + page.length}`;
          return { entries: page, next };
        }),
    }),
  ],
];

it.each(wrongWhenPaged)("pages raced by a scheduler see %s", async (_, replace) => {
  const broken = await brokenBy("race.any-page-schedule", replace);
  expect(broken.message).toContain("Property failed");
});
