/** A town with words under keys, the storages that tests of key stores need, and what is seen in them. */
import * as Effect from "effect/Effect";
import type * as fc from "fast-check";
import { makeMemoryStorage, platformCipher } from "../../src/ports/index.ts";
import type { CommitBatch, KeyStore, Storage } from "../../src/ports/index.ts";
import { deskOf } from "../../src/promise/index.ts";
import { makeLinli } from "../../src/services/index.ts";
import type { LinliSettings } from "../../src/services/index.ts";
import { copyableKeys } from "./keyCopies.ts";
import { calendar, MONDAY, openTown, person } from "./town.ts";

export const WORDS = "the lamp on the third floor";
export const PHONE = { field: "phone", value: "000-1111" };
export const host = { actor: { person: null, host: true } };
export const report = { type: "report", place: { unit: "B1" }, category: "repair", words: WORDS };
export const misconfigured = { _tag: "StorageError", reason: "Misconfigured" };

const peopleOf = (keys: KeyStore) => ({ cipher: platformCipher("AES-256-GCM"), keys });

// Ids of different processes differ, as they do in life.
let process = 0;
const newIds = () => {
  const name = `p${(process += 1)}`;
  let ids = 0;
  return () => `${name}-${(ids += 1)}`;
};

export const open = (storage: Storage, keys: KeyStore | null, more: Partial<LinliSettings> = {}) =>
  openTown({
    storage,
    settings: { newId: newIds(), people: keys === null ? null : peopleOf(keys), ...more },
  });

/** A desk that does nothing at opening: what an administrator works with. */
export const bare = (storage: Storage, keys: KeyStore | null, more: Partial<LinliSettings> = {}) =>
  deskOf(
    makeLinli({
      ...more,
      ...{ storage, calendars: [calendar], now: () => MONDAY, newId: newIds() },
      people: keys === null ? null : peopleOf(keys),
    }),
  );

export const counting = (inner: Storage) => {
  const calls: Array<string> = [];
  const kinds = (keys: ReadonlyArray<{ readonly kind: string }>) =>
    keys.map(({ kind }) => kind).join();
  const storage: Storage = {
    ...inner,
    read: (request) => {
      calls.push(`read ${kinds(request.keys)}`);
      return inner.read(request);
    },
    scan: (request) => {
      calls.push(`scan ${request.kind} ${request.index}`);
      return inner.scan(request);
    },
    commit: (batch) => {
      calls.push(`commit ${kinds(batch.rows)}`);
      return inner.commit(batch);
    },
  };
  return { storage, calls };
};

/** A storage whose calls are answered in any order, once it is told to start. */
export const inAnyOrder = (scheduler: fc.Scheduler) => {
  const inner = makeMemoryStorage();
  let isOn = false;
  const turn = Effect.suspend(() =>
    isOn ? Effect.promise(() => scheduler.schedule(Promise.resolve())) : Effect.void,
  );
  const storage: Storage = {
    ...inner,
    read: (request) => Effect.andThen(turn, inner.read(request)),
    scan: (request) => Effect.andThen(turn, inner.scan(request)),
    receipt: (request) => Effect.andThen(turn, inner.receipt(request)),
    commit: (batch) => Effect.andThen(turn, inner.commit(batch)),
  };
  return { storage, start: () => void (isOn = true) };
};

/** As a release wrote that did not remember its key store. */
export const earlierRelease = (inner: Storage): Storage => ({
  ...inner,
  commit: (batch: CommitBatch) => {
    const rows = batch.rows.filter(({ kind }) => kind !== "keyStore");
    return rows.length === 0 && batch.entries.length === 0
      ? Effect.succeed({ _tag: "Committed" as const })
      : inner.commit({ ...batch, rows });
  },
  read: (request) =>
    Effect.map(inner.read(request), (rows) =>
      rows.map((row) => (row?.kind === "keyStore" ? null : row)),
    ),
});

export const remembered = async (storage: Storage) => {
  const [row] = await Effect.runPromise(
    storage.read({ namespace: "main", keys: [{ kind: "keyStore", id: "own" }] }),
  );
  return row ?? null;
};

export const contentsIn = async (storage: Storage, index = "issue") => {
  const { rows } = await Effect.runPromise(
    storage.scan({
      ...{ namespace: "main", kind: "content", index, range: { from: null, to: null } },
      ...{ order: "ascending", limit: 1000, cursor: null },
    }),
  );
  return rows;
};

export const entriesIn = async (storage: Storage) =>
  (
    await Effect.runPromise(
      storage.feed({ namespace: "main", after: null, limit: 1000, stream: null }),
    )
  ).entries;

export type Desk = Awaited<ReturnType<typeof open>>["desk"];

export const seen = async (desk: Desk, issue: string) =>
  (await desk.view(issue, { viewer: { person: null, host: true } })).contents?.map(
    ({ words, erased }) => [words, erased === true],
  );

/** A town with words of `r`, a look-up, and the keys it was written with. */
export const townWith = async (storage: Storage = makeMemoryStorage()) => {
  const right = copyableKeys();
  const { desk } = await open(storage, right.keys);
  const { issue } = await desk.begin(report, { actor: person("r") });
  await desk.remember("r", PHONE);
  return { storage, right, desk, issue };
};
