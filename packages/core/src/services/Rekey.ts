/**
 * Issues follow the units they lie in: when a hierarchy moves, ends or begins units,
 * a job makes the index entries of the issues below them anew.
 *
 * Entries are derived from state and hierarchy alone, so nothing is journaled and no
 * value changes. A command writes the entries of its issue by itself, under a guard on
 * the hierarchy; where one was faster, the job leaves its issue alone. Every commit
 * takes the job's position along, so it goes on where it was whenever it was stopped.
 */
import * as Effect from "effect/Effect";
import { changesWithin, movedUnits, nextChange, rootsOf } from "../hierarchy/index.ts";
import type { Hierarchy } from "../hierarchy/index.ts";
import type {
  Conflict,
  JobOutcome,
  KeyRange,
  LeasedJob,
  RowWrite,
  ScanPage,
  StorageError,
} from "../ports/index.ts";
import type { Instant } from "../time/index.ts";
import type { Documents, Published } from "./Documents.ts";
import type { NotPublished, Unreadable } from "./Errors.ts";
import type { Reading } from "./reading.ts";
import { readRekey, rekeyJob, rekeyTowards, rekeyWrite } from "./rekeyRow.ts";
import type { RekeyRow, Span, StoredRekey } from "./rekeyRow.ts";
import {
  decodeIssue,
  INDEX,
  instantKey,
  issueKeys,
  KIND,
  STATE_LETTER,
  standKey,
  under,
} from "./rows.ts";
import type { Settings } from "./Settings.ts";

/** How far lists and counts agree with the published hierarchy. */
export interface Rekeying {
  /** Version of the hierarchy, and the instant as of which units lie where they lie. */
  readonly hierarchy: string;
  readonly at: Instant;
  /** Issues whose index entries were made anew. */
  readonly keyed: number;
  /** Issues this release cannot read: left as they are. */
  readonly unreadable: number;
  /** Stretches of the index read, of how many; null before they were counted. */
  readonly stretches: { readonly read: number; readonly of: number } | null;
  readonly startedAt: Instant;
  /** Null while it goes on: until then lists may still show issues where they lay before. */
  readonly finishedAt: Instant | null;
}

/** What moving units offers. */
export interface Rekeys {
  /** Progress of the job that makes index entries anew; null before anything was published. */
  readonly rekeying: () => Effect.Effect<Rekeying | null, Unreadable | StorageError>;
}

type PassError = NotPublished | Unreadable | Conflict | StorageError;

/** Builds the job of one namespace and the question how far it is. */
export const makeRekey = (settings: Settings, documents: Documents, reading: Reading) => {
  const stretchesOf = rememberStretches(documents);

  const pass = Effect.fnUntraced(function* (job: LeasedJob, now: Instant, limit: number) {
    const held = { namespace: job.namespace, id: job.id, token: job.token };
    const begun = yield* begin(settings, documents, now);
    if (begun === null) {
      yield* settings.storage.settle([{ _tag: "Done", ...held }], now);
      return { rekeyed: 0, more: false };
    }
    let { stored } = begun;
    const { world } = begun;
    const stretches = yield* stretchesOf(stored.row, world);
    const before = stored.row.keyed;
    for (let page = 0; page < PASS_PAGES; page += 1) {
      const stretch = stretches[stored.row.position.stretch];
      if (stretch === undefined) {
        yield* finish(settings, { stored, world, now, settle: { _tag: "Done", ...held } });
        return { rekeyed: stored.row.keyed - before, more: false };
      }
      stored = yield* rekeyPage(settings, reading, {
        stored,
        world,
        stretch,
        now,
        limit,
        of: stretches,
      });
    }
    yield* settings.storage.settle([{ _tag: "Retry", ...held, dueAt: now }], now);
    return { rekeyed: stored.row.keyed - before, more: true };
  });

  return { pass, rekeying: rekeyingOf(settings) };
};

// Private

interface Stretch {
  readonly index: string;
  readonly range: KeyRange;
}

// Pages of one pass, and issues of one page: an issue has about a dozen keys, a batch at most 10,000 items.
const PASS_PAGES = 10;
const PAGE = 200;

const rekeyingOf = (settings: Settings): Rekeys["rekeying"] =>
  Effect.fn("Linli.rekeying")(function* () {
    const stored = yield* readRekey(settings);
    if (stored === null) return null;
    const { target, position, stretches, keyed, unreadable, startedAt, finishedAt } = stored.row;
    return {
      hierarchy: target.hierarchy,
      at: target.at,
      keyed,
      unreadable,
      stretches: stretches === null ? null : { read: position.stretch, of: stretches },
      startedAt,
      finishedAt,
    } satisfies Rekeying;
  });

// The row and the world it aims at. Where an instant of change has passed, the row aims anew.
const begin = Effect.fnUntraced(function* (settings: Settings, documents: Documents, now: Instant) {
  const stored = yield* readRekey(settings);
  if (stored === null) return null;
  yield* documents.forget;
  const world = yield* documents.published;
  const { target } = stored.row;
  if (changesWithin(world.hierarchy, target.at, now).length === 0) return { stored, world };
  const row = rekeyTowards(stored.row, target, now);
  // Whoever read the hierarchy before this instant and has not committed yet must read it again.
  const touched = yield* documents.touched("hierarchy");
  yield* commitRows(settings, [rekeyWrite(row, stored.version), touched], { world: null, now });
  yield* documents.forget;
  return { stored: { row, version: stored.version + 1 }, world: yield* documents.published };
});

const rekeyPage = Effect.fnUntraced(function* (
  settings: Settings,
  reading: Reading,
  at: {
    readonly stored: StoredRekey;
    readonly world: Published;
    readonly stretch: Stretch;
    readonly now: Instant;
    readonly limit: number;
    readonly of: ReadonlyArray<Stretch>;
  },
) {
  const { stored, world, stretch, now, limit } = at;
  const { position, keyed, unreadable } = stored.row;
  const page: ScanPage = yield* settings.storage.scan({
    namespace: settings.namespace,
    kind: KIND.issue,
    index: stretch.index,
    range: stretch.range,
    order: "ascending",
    limit: Math.min(limit, PAGE),
    cursor: position.cursor,
  });
  const writes: Array<RowWrite> = [];
  for (const row of page.rows) {
    const write = yield* rekeyed(reading, row, now);
    if (write !== null) writes.push(write);
  }
  const progress: RekeyRow = {
    ...stored.row,
    stretches: at.of.length,
    keyed: keyed + writes.length,
    unreadable: unreadable + page.rows.length - writes.length,
    position:
      page.next === null
        ? { stretch: position.stretch + 1, cursor: null }
        : { stretch: position.stretch, cursor: page.next },
  };
  yield* commitPage(settings, writes, rekeyWrite(progress, stored.version), { world, now });
  return { row: progress, version: stored.version + 1 } satisfies StoredRekey;
});

// One issue that cannot be read must not keep the others where they were.
const rekeyed = (reading: Reading, row: ScanPage["rows"][number], now: Instant) =>
  Effect.gen(function* () {
    const { state } = yield* Effect.fromResult(decodeIssue(row.id, row.value));
    const world = yield* reading.worldOf(state);
    return {
      kind: KIND.issue,
      id: row.id,
      expected: row.version,
      value: row.value,
      indexes: issueKeys(world, state, now),
    } satisfies RowWrite;
  }).pipe(
    Effect.catchTag("Unreadable", (error) =>
      Effect.as(
        Effect.logWarning("an issue could not be read").pipe(
          Effect.annotateLogs({ issue: row.id, what: error.what }),
        ),
        null,
      ),
    ),
  );

// A command that was faster has written its issue's entries itself: the rest goes on without it.
const commitPage = (
  settings: Settings,
  writes: ReadonlyArray<RowWrite>,
  progress: RowWrite,
  at: { readonly world: Published; readonly now: Instant },
): Effect.Effect<void, Conflict | StorageError> =>
  commitRows(settings, [...writes, progress], at).pipe(
    Effect.catchTag("Conflict", (conflict) => {
      const ids = new Set(conflict.conflicts.map(({ id }) => id));
      const isRace = conflict.conflicts.every(({ kind }) => kind === KIND.issue);
      return isRace
        ? commitPage(
            settings,
            writes.filter(({ id }) => !ids.has(id)),
            progress,
            at,
          )
        : Effect.fail(conflict);
    }),
  );

const finish = Effect.fnUntraced(function* (
  settings: Settings,
  at: {
    readonly stored: StoredRekey;
    readonly world: Published;
    readonly now: Instant;
    readonly settle: JobOutcome;
  },
) {
  const { stored, world, now, settle } = at;
  const next = nextChange(world.hierarchy, stored.row.target.at);
  const row: RekeyRow = {
    ...stored.row,
    froms: [],
    stretches: stored.row.position.stretch,
    finishedAt: stored.row.finishedAt ?? now,
  };
  yield* settings.storage.commit({
    ...{ namespace: settings.namespace, at: now, guards: world.guards, entries: [] },
    ...{ cancel: [], receipt: null },
    rows: [rekeyWrite(row, stored.version)],
    settle: [settle],
    schedule: next === undefined ? [] : [rekeyJob(next)],
  });
});

const commitRows = (
  settings: Settings,
  rows: ReadonlyArray<RowWrite>,
  at: { readonly world: Published | null; readonly now: Instant },
) =>
  Effect.asVoid(
    settings.storage.commit({
      ...{ namespace: settings.namespace, at: at.now, rows, guards: at.world?.guards ?? [] },
      ...{ entries: [], schedule: [], cancel: [], settle: [], receipt: null },
    }),
  );

// The stretches follow from the row alone; computing them for a nation takes a while, so the last ones are kept.
const rememberStretches = (documents: Documents) => {
  let known: { readonly key: string; readonly stretches: ReadonlyArray<Stretch> } | undefined;
  return (
    row: RekeyRow,
    world: Published,
  ): Effect.Effect<ReadonlyArray<Stretch>, Exclude<PassError, Conflict>> => {
    const key = JSON.stringify([row.target, row.froms]);
    if (known?.key === key) return Effect.succeed(known.stretches);
    return Effect.map(computeStretches(documents, row, world), (stretches) => {
      known = { key, stretches };
      return stretches;
    });
  };
};

const computeStretches = Effect.fnUntraced(function* (
  documents: Documents,
  row: RekeyRow,
  world: Published,
) {
  const after = { hierarchy: world.hierarchy, at: row.target.at };
  const found = new Map<string, Stretch>();
  const add = (index: string, range: KeyRange) =>
    found.set(`${index} ${range.from} ${range.to}`, { index, range });
  if (row.froms === null) {
    for (const { unit } of rootsOf(world.hierarchy)) add(INDEX.under, under(unit));
    return [...found.values()];
  }
  for (const span of row.froms) {
    const { hierarchy, posts } = yield* shapeOf(documents, span, world);
    for (const at of [span.since, ...changesWithin(hierarchy, span.since, span.until)]) {
      for (const { unit, moved, rewrittenFrom, ended } of movedUnits({ hierarchy, at }, after)) {
        if (moved) {
          const { from } = under(`${unit}/${STATE_LETTER.open}`);
          add(INDEX.under, { from, to: under(`${unit}/${STATE_LETTER.settled}`).to });
        }
        if (rewrittenFrom !== null) {
          const list = `${unit}/${STATE_LETTER.final}`;
          add(INDEX.under, { ...under(list), from: `${list}/${instantKey(rewrittenFrom)}` });
        }
        for (const post of ended ? posts : []) {
          add(INDEX.post, under(standKey({ post, unit })));
          add(INDEX.sponsor, under(standKey({ post, unit })));
        }
      }
    }
  }
  return [...found.values()];
});

// The same hierarchy under the same chains is the same object, and then only its dates are compared.
const shapeOf = Effect.fnUntraced(function* (documents: Documents, span: Span, world: Published) {
  const charter = yield* documents.charterAt(span.charter.id, span.charter.version);
  const { levels, chains, posts } = charter.document;
  const now = world.charter.document;
  const isSame =
    span.hierarchy === world.hierarchy.version &&
    JSON.stringify([levels, chains]) === JSON.stringify([now.levels, now.chains]);
  const hierarchy: Hierarchy = isSame
    ? world.hierarchy
    : yield* documents.hierarchyAt(charter, span.hierarchy);
  return { hierarchy, posts: new Set([...posts, ...now.posts].map(({ id }) => id)) };
});
