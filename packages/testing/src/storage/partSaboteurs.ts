/** Drivers that hold a batch together and get one of its parts wrong: each kept every law there was before. */
import {
  type CommitBatch,
  Conflict,
  type EntryWrite,
  type Guard,
  type Row,
  type RowKey,
  type StorageError,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { nothing } from "./batchSaboteurs.ts";
import { sabotage, sabotageBatch, type StorageSaboteur } from "./Saboteur.ts";

const nameOf = ({ kind, id }: RowKey) => `${kind}\u0000${id}`;

/** Does part of a batch that was refused for such conflicts alone. */
const leaks = (
  id: string,
  wrong: string,
  kinds: ReadonlyArray<string>,
  part: (batch: CommitBatch) => Partial<CommitBatch>,
) =>
  sabotage(id, wrong, "commit.atomic-whatever", (honest) => ({
    commit: (batch) =>
      Effect.tapError(honest.commit(batch), (error) =>
        error._tag === "Conflict" && error.conflicts.every(({ kind }) => kinds.includes(kind))
          ? Effect.ignore(honest.commit({ ...nothing(batch), ...part(batch) }))
          : Effect.void,
      ),
  }));

const atomSaboteurs: ReadonlyArray<StorageSaboteur> = [
  leaks(
    "leaves-receipt",
    "keeps the receipt of a commit whose lease is lost",
    ["lease"],
    (batch) => ({
      receipt: batch.receipt,
    }),
  ),
  leaks(
    "leaves-keys",
    "keeps index keys of a commit that revives what is not dead",
    ["dead"],
    (batch) => ({
      rows: batch.rows,
    }),
  ),
  leaks(
    "leaves-cancelled",
    "cancels for a commit whose stream ends with another entry",
    ["head"],
    (batch) => ({
      cancel: batch.cancel,
    }),
  ),
  sabotageBatch(
    "cancels-first",
    "cancels what a batch cancels before it settles what it settles",
    "commit.order-of-parts",
    (batch) => ({
      ...batch,
      settle: batch.settle.filter(({ id }) => !batch.cancel.includes(id)),
    }),
  ),
  sabotageBatch(
    "revives-last",
    "revives what a batch revives after it schedules what it schedules",
    "commit.order-of-parts",
    (batch) => ({
      ...batch,
      schedule: batch.schedule.filter(({ id }) => !batch.revive?.some((one) => one.id === id)),
    }),
  ),
  sabotage(
    "cancels-revived",
    "cancels what a batch cancels after it revives what it revives",
    "commit.order-of-parts",
    (honest) => ({
      commit: (batch) => {
        const cancel = batch.cancel.filter((id) => batch.revive?.some((one) => one.id === id));
        return Effect.tap(honest.commit(batch), () =>
          Effect.ignore(honest.commit({ ...nothing(batch), cancel })),
        );
      },
    }),
  ),
  sabotage(
    "borrower",
    "keeps the rows of a batch as they were handed to it",
    "commit.batch-given-back",
    (honest) => {
      const kept = new Map<string, { readonly value: string | null }>();
      const own = (namespace: string, row: Row): Row => ({
        ...row,
        value: kept.get(`${namespace}\u0000${nameOf(row)}`)?.value ?? row.value,
      });
      return {
        commit: (batch) =>
          Effect.tap(honest.commit(batch), ({ _tag }) => {
            if (_tag === "Committed")
              for (const row of batch.rows) kept.set(`${batch.namespace}\u0000${nameOf(row)}`, row);
            return Effect.void;
          }),
        read: (request) =>
          Effect.map(honest.read(request), (rows) =>
            rows.map((row) => row && own(request.namespace, row)),
          ),
      };
    },
  ),
];

/** Looks at other guards than it was handed. */
const otherGuards = (
  id: string,
  wrong: string,
  caughtBy: string,
  change: (guard: Guard, batch: CommitBatch) => ReadonlyArray<Guard>,
) =>
  sabotageBatch(id, wrong, caughtBy, (batch) => ({
    ...batch,
    guards: batch.guards.flatMap((guard) => change(guard, batch)),
  }));

const writtenBy = (batch: CommitBatch, guard: Guard) =>
  batch.rows.find((row) => nameOf(row) === nameOf(guard));

const guardSaboteurs: ReadonlyArray<StorageSaboteur> = [
  otherGuards(
    "no-absence",
    "looks at guards on absence only where there is no other",
    "guard.each-held",
    (guard, { guards }) => (guard.version === 0 && guards.length > 1 ? [] : [guard]),
  ),
  otherGuards(
    "late-guards",
    "holds guards against the versions that the batch itself writes",
    "guard.before-writes",
    (guard, batch) => {
      const own = writtenBy(batch, guard);
      if (own === undefined) return [guard];
      const after = own.value === null ? 0 : own.expected + 1;
      return [{ ...guard, version: guard.version === after ? own.expected : after }];
    },
  ),
  otherGuards(
    "no-own-guards",
    "passes over guards on rows that the batch writes",
    "guard.before-writes",
    (guard, batch) => (writtenBy(batch, guard) === undefined ? [guard] : []),
  ),
  sabotage(
    "guards-by-id",
    "finds the row of a guard by its id, whatever its kind",
    "guard.kinds-apart",
    (honest) => {
      const kindOf = new Map<string, string>();
      const firstOf = (namespace: string, guard: Guard): Guard => ({
        ...guard,
        kind: kindOf.get(`${namespace}\u0000${guard.id}`) ?? guard.kind,
      });
      return {
        commit: (batch) => {
          const { namespace } = batch;
          const guards = batch.guards.map((guard) => firstOf(namespace, guard));
          return Effect.tap(honest.commit({ ...batch, guards }), () => {
            for (const { kind, id } of batch.rows) {
              const name = `${namespace}\u0000${id}`;
              kindOf.set(name, kindOf.get(name) ?? kind);
            }
            return Effect.void;
          });
        },
      };
    },
  ),
];

const withoutPrevious = ({ previous: _, ...entry }: EntryWrite): EntryWrite => entry;

/** Names fewer conflicts than there are. */
const names = (
  id: string,
  wrong: string,
  caughtBy: string,
  some: (conflicts: Conflict["conflicts"]) => Conflict["conflicts"],
) =>
  sabotage(id, wrong, caughtBy, (honest) => ({
    commit: (batch) =>
      Effect.mapError(honest.commit(batch), (error) =>
        error._tag === "Conflict" ? new Conflict({ conflicts: some(error.conflicts) }) : error,
      ),
  }));

/** A guard on a row that nobody writes: it never holds. */
const NEVER: Guard = { kind: "none", id: "none", version: 7 };

const conflictSaboteurs: ReadonlyArray<StorageSaboteur> = [
  sabotageBatch(
    "first-stream",
    "holds the entries of a batch's first stream against those they follow",
    "stream.other-in-several",
    (batch) => ({
      ...batch,
      entries: batch.entries.map((entry) =>
        entry.stream === batch.entries[0]?.stream ? entry : withoutPrevious(entry),
      ),
    }),
  ),
  names(
    "one-head",
    "names one stream that ends with another entry, and no more",
    "stream.other-in-several",
    (conflicts) => {
      const first = conflicts.find(({ kind }) => kind === "head");
      return conflicts.filter((one) => one.kind !== "head" || one === first);
    },
  ),
  names(
    "first-hundred",
    "names a hundred conflicts at most",
    "limits.conflicts-at-bound",
    (conflicts) => conflicts.slice(0, 100),
  ),
  sabotage(
    "late-mismatch",
    "looks at versions before it looks whether a command came with other content",
    "receipt.other-content-first",
    (honest) => ({
      commit: (batch) => {
        const refuses = honest.commit({
          ...{ ...batch, receipt: null },
          guards: [...batch.guards, NEVER],
        });
        const stale = (mismatch: StorageError) =>
          Effect.matchEffect(refuses, {
            onSuccess: () => Effect.fail(mismatch),
            onFailure: (error) => {
              if (error._tag !== "Conflict") return Effect.fail(error);
              const conflicts = error.conflicts.filter(({ id }) => id !== NEVER.id);
              return Effect.fail(conflicts.length === 0 ? mismatch : new Conflict({ conflicts }));
            },
          });
        return Effect.catchTag(honest.commit(batch), "StorageError", (error) =>
          error.reason === "ReceiptMismatch" ? stale(error) : Effect.fail(error),
        );
      },
    }),
  ),
  sabotage(
    "mismatch-cancels",
    "cancels for a command that came with other content",
    "receipt.other-content-first",
    (honest) => ({
      commit: (batch) =>
        Effect.tapError(honest.commit(batch), (error) =>
          error._tag === "StorageError"
            ? Effect.ignore(honest.commit({ ...nothing(batch), cancel: batch.cancel }))
            : Effect.void,
        ),
    }),
  ),
];

export const partSaboteurs: ReadonlyArray<StorageSaboteur> = [
  ...atomSaboteurs,
  ...guardSaboteurs,
  ...conflictSaboteurs,
];
