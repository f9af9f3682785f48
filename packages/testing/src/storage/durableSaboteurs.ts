/** Drivers that are wrong after they were closed and opened again. */
import type { Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { sabotageReopened, type StorageSaboteur } from "./Saboteur.ts";

/** Nothing that is wrong before the first reopening. */
const later = (opened: number, wrong: Partial<Storage>): Partial<Storage> =>
  opened > 1 ? wrong : {};

/** Those that are wrong over a restart. */
export const durableSaboteurs: ReadonlyArray<StorageSaboteur> = [
  sabotageReopened("lost-index", "opens without its index", "durable.rows", (honest, opened) =>
    later(opened, {
      scan: (request) => honest.scan({ ...request, index: `${request.index} of today` }),
    }),
  ),
  sabotageReopened(
    "new-cursors",
    "counts the places of its feed anew when it is opened",
    "durable.feed",
    (honest, opened) => ({
      feed: (request) =>
        Effect.map(
          honest.feed({ ...request, after: request.after?.replace(/^\d+:/, "") ?? null }),
          ({ entries, next }) => ({
            entries: entries.map((one) => ({ ...one, cursor: `${opened}:${one.cursor}` })),
            next: next === null ? null : `${opened}:${next.replace(/^\d+:/, "")}`,
          }),
        ),
    }),
  ),
  sabotageReopened(
    "day-book",
    "knows the receipts of before no more",
    "durable.receipts",
    (honest, opened) => ({
      commit: (batch) =>
        honest.commit({
          ...batch,
          receipt:
            batch.receipt === null
              ? null
              : { ...batch.receipt, id: `${opened} ${batch.receipt.id}` },
        }),
    }),
  ),
  sabotageReopened(
    "last-come",
    "opens with its jobs in the order of their names",
    "durable.jobs",
    (honest, opened) =>
      later(opened, {
        lease: (request) =>
          Effect.map(honest.lease(request), (jobs) =>
            [...jobs].sort((a, b) => (a.id < b.id ? -1 : 1)),
          ),
      }),
  ),
  sabotageReopened("amnesty", "opens with all leases free", "durable.leases", (honest, opened) =>
    later(opened, {
      lease: (request) =>
        honest.lease({ ...request, now: request.now + 100_000, until: request.until + 100_000 }),
    }),
  ),
  sabotageReopened(
    "old-tokens",
    "knows only the tokens it gave since it was opened",
    "durable.settled",
    (honest) => {
      const own = new Set<string>();
      return {
        lease: (request) =>
          Effect.tap(honest.lease(request), (jobs) =>
            Effect.sync(() => jobs.forEach(({ token }) => own.add(token))),
          ),
        settle: (outcomes, at) =>
          honest.settle(
            outcomes.map((one) => (own.has(one.token) ? one : { ...one, token: "old" })),
            at,
          ),
      };
    },
  ),
  sabotageReopened(
    "empty-graves",
    "lists the dead of before without their reasons",
    "durable.dead",
    (honest, opened) =>
      later(opened, {
        dead: (request) =>
          Effect.map(honest.dead(request), (page) => ({
            ...page,
            jobs: page.jobs.map((job) => ({ ...job, reason: "" })),
          })),
      }),
  ),
  sabotageReopened(
    "code-page",
    "reads its texts back in another encoding",
    "durable.texts",
    (honest, opened) =>
      later(opened, {
        scan: (request) =>
          Effect.map(honest.scan(request), (page) => ({
            ...page,
            rows: page.rows.map((row) => ({
              ...row,
              value: row.value.replace(/\P{ASCII}/gu, "?"),
            })),
          })),
      }),
  ),
  sabotageReopened(
    "guest-book",
    "writes down in the journal that it was opened",
    "migration.reopened-often",
    (honest, opened) => {
      const signed = Effect.orDie(
        honest.commit({
          ...{ namespace: "xinan", at: 1, rows: [], guards: [], schedule: [], cancel: [] },
          ...{ settle: [], receipt: null },
          entries: [{ stream: "opened", version: opened - 1, value: "{}", hash: "h" }],
        }),
      );
      if (opened > 1) Effect.runSync(signed);
      return {};
    },
  ),
  sabotageReopened(
    "first-token",
    "begins to count its tokens anew when it is opened",
    "durable.tokens-new",
    (honest) => {
      const real = new Map<string, string>();
      return {
        lease: (request) =>
          Effect.map(honest.lease(request), (jobs) =>
            jobs.map((job) => {
              const token = `t${real.size + 1}`;
              real.set(token, job.token);
              return { ...job, token };
            }),
          ),
        settle: (outcomes, at) =>
          honest.settle(
            outcomes.map((one) => ({ ...one, token: real.get(one.token) ?? one.token })),
            at,
          ),
      };
    },
  ),
];
