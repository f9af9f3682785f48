/**
 * Stores that differ in size and in nothing that is asked of them.
 *
 * Ten thousand issues, the same in every store, live in one half of the town: they are
 * reported through the service once, and its commits are repeated in the other stores.
 * The rest live in the other half and are due later. They are copies of a few thousand
 * reports that the library composed, under other ids and hashed anew, committed by the
 * driver five hundred together and without receipts, which a store of that size would
 * have forgotten long ago.
 */
import { makeMemoryStorage, type CommitBatch, type Storage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { hash } from "node:crypto";
import type { Life } from "../../town/lives.ts";
import { BATCH, hashed, makeSmallLives, plannedEntry, REPORTED } from "../planned.ts";
import { makeService, reportAll, type Service } from "../service.ts";

/** What all stores hold. */
export interface Control {
  readonly lives: ReadonlyArray<Life>;
  readonly issues: ReadonlyArray<string>;
  /** The service's commits: the town is published, then the issues are reported. */
  readonly published: ReadonlyArray<CommitBatch>;
  readonly reported: ReadonlyArray<CommitBatch>;
}

/** Reports so many issues through a service on a storage of its own. */
export const makeControl = async (count: number): Promise<Control> => {
  const lives = livesIn(0, count, 31);
  const { service, batches } = await recordingService();
  const issues = await reportAll(service, lives, REPORTED);
  const documents = batches.length - issues.length;
  return {
    lives,
    issues,
    published: batches.slice(0, documents),
    reported: batches.slice(documents),
  };
};

/** Commits what all stores hold. */
export const fillControl = (storage: Storage, { published, reported }: Control): Promise<void> =>
  Effect.runPromise(
    Effect.gen(function* () {
      for (const batch of published) yield* storage.commit(batch);
      yield* Effect.forEach(reported, (batch) => storage.commit(batch), {
        concurrency: 256,
        discard: true,
      });
    }),
  );

/** Commits so many further issues to all storages, each batch to all at once. */
export const fillRest = async (
  storages: ReadonlyArray<Storage>,
  count: number,
  say: (line: string) => void,
): Promise<void> => {
  const templates = await makeTemplates(Math.min(count, TEMPLATES));
  // A storage that is slower is let fall behind by a few batches, no more.
  const behind = storages.map((): Array<Promise<unknown>> => []);
  for (let from = 0; from < count; from += TOGETHER) {
    const batch = merged(
      Array.from({ length: Math.min(TOGETHER, count - from) }, (_, at) =>
        copyOf(templates[(from + at) % templates.length], from + at),
      ),
    );
    for (const [at, storage] of storages.entries()) {
      const running = behind[at] ?? [];
      if (running.length >= 4) await running.shift();
      running.push(Effect.runPromise(storage.commit(batch)));
    }
    if (from > 0 && from % 200_000 === 0) say(`  ${from} issues ...`);
  }
  await Promise.all(behind.flat());
};

// Private

const TEMPLATES = 4000;
const TOGETHER = 5 * BATCH;
/** After everything that is asked of the control issues. */
const LATER = 400 * 24 * 60 * 60 * 1000;

// The town's buildings are counted through; its first hundred are one half.
const livesIn = (half: 0 | 1, count: number, seed: number): ReadonlyArray<Life> =>
  makeSmallLives(seed, count * 3)
    .filter(({ steps: [report] }) => {
      const { command } = report ?? {};
      if (command?.type !== "report" || command.place === undefined) return false;
      const building = "unit" in command.place ? Number(command.place.unit.slice(1)) : NaN;
      return half === 0 ? building < 100 : building >= 100;
    })
    .slice(0, count);

const recordingService = async (
  newId?: () => string,
): Promise<{ readonly service: Service; readonly batches: Array<CommitBatch> }> => {
  const storage = makeMemoryStorage();
  const batches: Array<CommitBatch> = [];
  const recording: Storage = {
    ...storage,
    commit: (batch) => {
      batches.push(batch);
      return storage.commit(batch);
    },
  };
  const service = makeService({ storage: recording, close: async () => {} }, newId);
  return { service, batches };
};

interface Template {
  readonly id: string;
  readonly head: string;
  /** Hash of the code its reporter follows it by. */
  readonly code: string;
  readonly text: string;
}

const makeTemplates = async (count: number): Promise<ReadonlyArray<Template>> => {
  const lives = livesIn(1, count, 32).map(withoutWords);
  let ids = 0;
  const { service, batches } = await recordingService(
    () => `t${String((ids += 1)).padStart(9, "0")}`,
  );
  await reportAll(service, lives, REPORTED + LATER);
  return batches.slice(-lives.length).map((batch) => {
    const [entry, second] = batch.entries;
    if (entry === undefined || second !== undefined) throw new Error("a report is one entry");
    return {
      id: entry.stream,
      head: entry.hash,
      code: batch.rows.find(({ kind }) => kind === "receiptCode")?.id ?? "",
      text: JSON.stringify({ ...batch, receipt: null, guards: [] }),
    };
  });
};

const withoutWords = (life: Life): Life => ({
  ...life,
  steps: life.steps.map((step) => {
    if (step.command.type !== "report") return step;
    const { words: _, ...command } = step.command;
    return { ...step, command };
  }),
});

const copyOf = (template: Template | undefined, number: number): CommitBatch => {
  if (template === undefined) throw new RangeError("no template");
  const id = `f${String(number).padStart(template.id.length - 1, "0")}`;
  const text = template.text.split(template.id).join(id);
  const batch = JSON.parse(text.split(template.code).join(hash("sha256", id))) as CommitBatch;
  const [entry] = batch.entries;
  if (entry === undefined) throw new RangeError("no entry");
  const planned = plannedEntry(entry.version, entry.value);
  const payloadHash = hash("sha256", planned.payload);
  const header = planned.header.replace(PAYLOAD_HASH, `"payloadHash":"${payloadHash}"`);
  const own = hashed({ ...planned, header });
  return {
    ...batch,
    rows: batch.rows.map((row) => ({
      ...row,
      value: row.value === null ? null : row.value.replace(template.head, own.hash),
    })),
    entries: [{ ...entry, hash: own.hash, value: own.value }],
  };
};

const PAYLOAD_HASH = /"payloadHash":"[0-9a-f]{64}"/;

const merged = (batches: ReadonlyArray<CommitBatch>): CommitBatch => {
  const [first] = batches;
  if (first === undefined) throw new RangeError("nothing to commit");
  return {
    ...first,
    rows: batches.flatMap(({ rows }) => rows),
    entries: batches.flatMap(({ entries }) => entries),
    schedule: batches.flatMap(({ schedule }) => schedule),
  };
};
