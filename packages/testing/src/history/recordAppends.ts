/** Several clients at once on one storage, and all they asked and were told. */
import {
  type CommitBatch,
  type Conflict,
  type Storage,
  type StorageError,
} from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { faultyStorage, isInjected } from "../faults/FaultyStorage.ts";
import { allPages } from "../storage/pages.ts";
import type { AppendHistory, HistoryCommit, HistoryRead } from "./AppendHistory.ts";
import { type Random, seededRandom } from "./random.ts";

/** What the clients do. */
export interface AppendWorkload {
  readonly namespace: string;
  readonly seed: number;
  readonly clients: number;
  readonly subjects: number;
  /** Commits each client tries. */
  readonly commits: number;
  /** Of a hundred commits, how many lose their answer on the way there or back. */
  readonly lostOfHundred: number;
}

/**
 * Runs the workload and gives its history. Clients are spread over the handles; each
 * reads, decides and commits on one or two subjects, often relying on a third.
 */
export const recordAppends = (
  handles: ReadonlyArray<Storage>,
  workload: AppendWorkload,
): Effect.Effect<AppendHistory, StorageError> =>
  Effect.gen(function* () {
    const recorder: Recorder = { workload, operations: [], clock: 0 };
    yield* Effect.forEach(
      Array.from({ length: workload.clients }, (_, n) => n),
      (client) => runClient(recorder, client, handles[client % handles.length]),
      { concurrency: "unbounded", discard: true },
    );
    const logs = new Map<string, ReadonlyArray<string>>();
    for (const subject of subjectsOf(workload)) {
      logs.set(subject, yield* journalOf(handles[0], workload.namespace, subject));
    }
    return { operations: recorder.operations, logs };
  });

interface Recorder {
  readonly workload: AppendWorkload;
  readonly operations: Array<HistoryCommit | HistoryRead>;
  clock: number;
}

interface Seen {
  readonly subject: string;
  readonly version: number;
}

const KIND = "subject";

const subjectsOf = ({ subjects }: AppendWorkload) =>
  Array.from({ length: subjects }, (_, n) => `s${n}`);

const runClient = (recorder: Recorder, client: number, storage: Storage | undefined) =>
  Effect.gen(function* () {
    if (storage === undefined) return;
    const { workload } = recorder;
    const random = seededRandom(workload.seed * 1000 + client);
    const subjects = subjectsOf(workload);
    for (let n = 0; n < workload.commits; n += 1) {
      const id = `c${client}-${n}`;
      const seen: Array<Seen> = [];
      for (const subject of pick(random, subjects, 1 + random(3))) {
        seen.push(
          yield* readSubject(recorder, random, storage, client, `${id}-r${seen.length}`, subject),
        );
      }
      // Sometimes what was read is held on to for a while, so that refusals are common.
      yield* turns(random(6));
      yield* commitSubjects(recorder, random, storage, client, id, seen);
    }
  });

const readSubject = (
  recorder: Recorder,
  random: Random,
  storage: Storage,
  client: number,
  id: string,
  subject: string,
) =>
  Effect.gen(function* () {
    const { namespace } = recorder.workload;
    const start = tick(recorder);
    yield* turns(random(3));
    const [row] = yield* storage.read({ namespace, keys: [{ kind: KIND, id: subject }] });
    yield* turns(random(3));
    const [version, writer] = [row?.version ?? 0, row?.value ?? null];
    const end = tick(recorder);
    recorder.operations.push({ kind: "read", id, client, start, end, subject, version, writer });
    return { subject, version };
  });

const commitSubjects = (
  recorder: Recorder,
  random: Random,
  storage: Storage,
  client: number,
  id: string,
  seen: ReadonlyArray<Seen>,
) =>
  Effect.gen(function* () {
    const { namespace, lostOfHundred } = recorder.workload;
    const relied = seen.length > 1 && random(3) > 0 ? seen.slice(-1) : [];
    const written = seen.slice(0, seen.length - relied.length);
    const batch: CommitBatch = {
      namespace,
      at: 1000,
      rows: written.map(({ subject, version }) => ({
        kind: KIND,
        id: subject,
        expected: version,
        value: id,
        indexes: [],
      })),
      guards: relied.map(({ subject, version }) => ({ kind: KIND, id: subject, version })),
      entries: written.map(({ subject, version }) => ({
        stream: subject,
        version: version + 1,
        value: id,
        hash: id,
      })),
      schedule: [],
      cancel: [],
      settle: [],
      receipt: null,
    };
    const lost = random(100) < lostOfHundred;
    const kind = random(2) === 0 ? ("before" as const) : ("after" as const);
    const faulty = faultyStorage(storage, lost ? { at: 1, kind, lasting: "once" } : null);
    const start = tick(recorder);
    yield* turns(random(3));
    const told = yield* Effect.result(faulty.storage.commit(batch));
    yield* turns(random(3));
    const end = tick(recorder);
    const commit = {
      kind: "commit",
      id,
      client,
      start,
      end,
      writes: written.map(({ subject, version }) => ({ subject, expected: version })),
      guards: relied,
      outcome: "committed",
      conflicts: [],
    } as const;
    if (told._tag === "Success") recorder.operations.push(commit);
    else if (told.failure._tag === "Conflict")
      recorder.operations.push({
        ...commit,
        outcome: "refused",
        conflicts: conflictsOf(told.failure),
      });
    else if (isInjected(told.failure))
      recorder.operations.push({ ...commit, outcome: "unknown", end: null });
    else return yield* told.failure;
    return undefined;
  });

// A row and its journal go in step, so both name the same version; once is enough.
const conflictsOf = (conflict: Conflict) =>
  conflict.conflicts
    .filter(({ kind }) => kind === KIND)
    .map(({ id, expected, actual }) => ({ subject: id, expected, actual }));

const journalOf = (storage: Storage | undefined, namespace: string, stream: string) =>
  storage === undefined
    ? Effect.succeed([])
    : allPages(
        `feed of ${stream}`,
        null,
        ({ items }) => items.length === 0,
        (after) =>
          Effect.map(
            storage.feed({ namespace, after, limit: 1000, stream }),
            ({ entries, next }) => ({ items: entries.map((entry) => entry.value), next }),
          ),
      );

const pick = (random: Random, from: ReadonlyArray<string>, count: number) => {
  const left = [...from];
  const picked: Array<string> = [];
  while (picked.length < count && left.length > 0) {
    picked.push(...left.splice(random(left.length), 1));
  }
  return picked;
};

const tick = (recorder: { clock: number }) => (recorder.clock += 1);

const turns = (count: number) =>
  count === 0 ? Effect.void : Effect.repeat(Effect.yieldNow, { times: count - 1 });
