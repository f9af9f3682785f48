/**
 * Publishing says keep or reroute which: a job that routes chosen open issues anew
 * under a charter version, each in a commit of its own with an event in its journal,
 * and the question beforehand how many would move.
 *
 * An issue that is under the version is left alone, so the job may stop anywhere and
 * begin again. Lists are in the order of deadlines, so a command may move an issue from
 * where the job has not read yet to where it has. Whatever is written under an earlier
 * version after a newer one became current has a key that never moves, and those are
 * read last: an issue was where the lists had it all the while, or has such a key by then.
 */
import * as Effect from "effect/Effect";
import { advance } from "../climbing/index.ts";
import type { InputError } from "../data/index.ts";
import { coverOf } from "../hierarchy/index.ts";
import { contextOf, evolve, reroute } from "../issue/index.ts";
import type { IssueEvent, IssueState, RerouteKept, RerouteStay, World } from "../issue/index.ts";
import { Conflict, isConflict } from "../ports/index.ts";
import type { LeasedJob, ScanPage, StorageError } from "../ports/index.ts";
import type { Instant } from "../time/index.ts";
import { composeCommit } from "./compose.ts";
import type { Documents, Published } from "./Documents.ts";
import type { NotPublished, Unreadable } from "./Errors.ts";
import { scanPages } from "./pages.ts";
import { preparePublication } from "./publish.ts";
import type { Publication } from "./publish.ts";
import type { Loaded, Reading } from "./reading.ts";
import { listsOf, openUnder, placed, stretchAt } from "./rerouteLists.ts";
import { rerouteWrite, selects } from "./rerouteRow.ts";
import type { RerouteRow } from "./rerouteRow.ts";
import { charterRef, decodeIssue, decodeVersioned, KIND } from "./rows.ts";
import type { Settings } from "./Settings.ts";

/** How far rerouting is. */
export interface ReroutingRun {
  readonly charter: { readonly id: string; readonly version: string };
  /** Issues that are under the version now because of it, and those of them that changed hands. */
  readonly rerouted: number;
  readonly moved: number;
  /** Issues that keep the version they have, by reason, as seen in the lists. */
  readonly kept: Readonly<Partial<Record<RerouteKept, number>>>;
  readonly startedAt: Instant;
  readonly finishedAt: Instant | null;
}

/** Issues that would go from one post to another. */
export interface RerouteMove {
  readonly from: { readonly post: string; readonly unit: string };
  readonly to: { readonly post: string; readonly unit: string };
  readonly issues: number;
  /** One of them. */
  readonly example: string;
}

/** What publishing would do to the open issues that it reroutes. */
export interface ReroutePreview {
  /** Open issues that the selection takes. */
  readonly issues: number;
  /** Most issues first. */
  readonly moves: ReadonlyArray<RerouteMove>;
  /** Issues that come under the version and stay with their handler because routing says the same. */
  readonly same: number;
  /** Issues that come under the version and stay with their handler because of what was decided before. */
  readonly stays: Readonly<Partial<Record<RerouteStay, number>>>;
  /** Issues that keep the version they have. */
  readonly kept: Readonly<Partial<Record<RerouteKept, number>>>;
}

type ReadError = NotPublished | Unreadable | StorageError;

/** What publishing offers beside `publish`. */
export interface Reroutes {
  /** What `publish` would do to open issues, without doing it; without a selection, to all of them. */
  readonly previewPublish: (
    publication: Publication,
  ) => Effect.Effect<ReroutePreview, InputError | ReadError>;
  /** How far rerouting to the current charter version is; null when nothing was rerouted to it. */
  readonly rerouting: () => Effect.Effect<ReroutingRun | null, ReadError>;
}

/** Builds the job of one namespace and the questions about it. */
export const makeReroute = (settings: Settings, documents: Documents, reading: Reading) => {
  const one = rerouteOne(settings, documents, reading);

  const pass = Effect.fnUntraced(function* (job: LeasedJob, now: Instant, limit: number) {
    const held = { namespace: job.namespace, id: job.id, token: job.token };
    const stored = yield* readRow(settings, job.value);
    if (stored === null || stored.row.finishedAt !== null) {
      yield* settings.storage.settle([{ _tag: "Done", ...held }], now);
      return { rerouted: 0, more: false };
    }
    const later = [{ _tag: "Retry", ...held, dueAt: now }] as const;
    const row = yield* placed(settings, documents, stored.row, now);
    if (row === null) {
      yield* settings.storage.settle(later, now);
      return { rerouted: 0, more: false };
    }
    const stretch = stretchAt(row);
    if (stretch === null) {
      yield* commitRow(settings, { ...row, finishedAt: now }, stored.version, now);
      yield* settings.storage.settle([{ _tag: "Done", ...held }], now);
      return { rerouted: 0, more: false };
    }
    const page: ScanPage = yield* settings.storage.scan({
      ...{ namespace: settings.namespace, kind: KIND.issue, ...stretch },
      ...{ order: "ascending", limit, cursor: row.position.cursor },
    });
    const charter = yield* documents.charterAt(row.charter.id, row.charter.version);
    // Side by side: no two are of one issue, and a storage may commit them together.
    const done = yield* Effect.forEach(page.rows, ({ id }) => one(row, charter, id), {
      concurrency: "unbounded",
    });
    yield* commitRow(settings, counted(row, done, page.next), stored.version, now);
    yield* settings.storage.settle(later, now);
    return { rerouted: done.filter((what) => what?._tag === "Rerouted").length, more: true };
  });

  return {
    pass,
    previewPublish: preview(settings, documents, reading),
    rerouting: runOf(settings, documents),
  };
};

// Private

interface Stored {
  readonly row: RerouteRow;
  readonly version: number;
}

type Done =
  | { readonly _tag: "Rerouted"; readonly moved: boolean }
  | { readonly _tag: "Kept"; readonly why: RerouteKept }
  | null;

const readRow = Effect.fnUntraced(function* (settings: Settings, id: string) {
  const keys = [{ kind: KIND.reroute, id }];
  const [found] = yield* settings.storage.read({ namespace: settings.namespace, keys });
  if (found == null) return null;
  const row = yield* Effect.fromResult(decodeVersioned<RerouteRow>("reroute", id, found.value));
  return { row, version: found.version } satisfies Stored;
});

const commitRow = (settings: Settings, row: RerouteRow, expected: number, at: Instant) =>
  settings.storage.commit({
    ...{ namespace: settings.namespace, at, rows: [rerouteWrite(row, expected)], guards: [] },
    ...{ entries: [], schedule: [], cancel: [], settle: [], receipt: null },
  });

const counted = (row: RerouteRow, done: ReadonlyArray<Done>, next: string | null): RerouteRow => {
  const rerouted = done.filter((one) => one?._tag === "Rerouted");
  const kept: Partial<Record<RerouteKept, number>> = { ...row.kept };
  const { stretch } = row.position;
  // What was written meanwhile has been counted in the lists.
  const isList = stretch < (row.lists?.length ?? 0);
  for (const one of isList ? done : []) {
    if (one?._tag === "Kept") kept[one.why] = (kept[one.why] ?? 0) + 1;
  }
  return {
    ...row,
    kept,
    rerouted: row.rerouted + rerouted.length,
    moved: row.moved + rerouted.filter(({ moved }) => moved).length,
    position: next === null ? { stretch: stretch + 1, cursor: null } : { stretch, cursor: next },
  };
};

const takes = (
  row: Pick<RerouteRow, "select">,
  own: Published,
  state: IssueState,
  now: Instant,
) => {
  const cover = coverOf(own.hierarchy, state.unit ?? state.handler.unit, now);
  return row.select.some((select) => selects(select, state, own.charter, cover));
};

const ATTEMPTS = 8;

// One issue in one commit. Rungs that are due belong to the version it was under, so they come first and by themselves.
const rerouteOne = (settings: Settings, documents: Documents, reading: Reading) => {
  const write = (
    world: Published,
    before: Loaded,
    what: { readonly rungs: ReadonlyArray<IssueEvent>; readonly events: ReadonlyArray<IssueEvent> },
    as: { readonly row: RerouteRow; readonly state: IssueState; readonly now: Instant },
  ) =>
    settings.storage.commit(
      composeCommit(settings, {
        ...{ now: as.now, guards: world.guards, receipt: null },
        written: [
          {
            ...{ world, before, ...what, state: as.state, actor: as.row.actor },
            cause: `reroute ${charterRef(as.row.charter)}`,
          },
        ],
      }),
    );

  const once = Effect.fnUntraced(function* (
    row: RerouteRow,
    charter: World["charter"],
    id: string,
  ) {
    const loaded = yield* reading.load(id);
    if (loaded === null || !row.earlier.includes(charterRef(loaded.state.charter))) return null;
    const own = yield* reading.worldOf(loaded.state);
    const now = yield* settings.now;
    if (!takes(row, own, loaded.state, now)) return null;
    const climbed = advance(own, loaded.state, now);
    if (climbed.events.length > 0) {
      const rungs = { rungs: climbed.events, events: [] };
      yield* write(own, loaded, rungs, { row, state: climbed.state, now });
      return yield* Effect.fail(AGAIN);
    }
    const world = { ...own, charter };
    const answer = reroute(contextOf(world, now, row.actor), loaded.state);
    if (answer._tag === "Kept") return answer satisfies Done;
    const { event } = answer;
    const state = evolve(loaded.state, event);
    yield* write(world, loaded, { rungs: [], events: [event] }, { row, state, now });
    return { _tag: "Rerouted", moved: event.handler !== undefined } satisfies Done;
  });

  return (row: RerouteRow, charter: World["charter"], id: string) =>
    once(row, charter, id).pipe(
      Effect.tapError((error) => (isStale(error) ? documents.forget : Effect.void)),
      Effect.retry({ times: ATTEMPTS, while: (error) => error._tag === "Conflict" }),
      // One issue that cannot be read must not keep the others under the old version.
      Effect.catchTag("Unreadable", (error) =>
        Effect.as(
          Effect.logWarning("an issue could not be rerouted").pipe(
            Effect.annotateLogs({ issue: id, what: error.what }),
          ),
          null,
        ),
      ),
    );
};

const isStale = (error: { readonly _tag: string }): boolean =>
  isConflict(error) && error.conflicts.some(({ kind }) => kind === KIND.current);

/** Its rungs were written: it is read again. */
const AGAIN = new Conflict({ conflicts: [] });

const preview = (
  settings: Settings,
  documents: Documents,
  reading: Reading,
): Reroutes["previewPublish"] =>
  Effect.fn("Linli.previewPublish")(function* (publication: Publication) {
    const prepared = yield* preparePublication(settings, publication);
    const now = yield* settings.now;
    const row = { select: [publication.reroute ?? {}] };
    const seen = new Set<string>();
    const moves = new Map<string, RerouteMove>();
    const sums = { issues: 0, same: 0 };
    const stays: Partial<Record<RerouteStay, number>> = {};
    const kept: Partial<Record<RerouteKept, number>> = {};
    const look = (id: string, state: IssueState) => {
      sums.issues += 1;
      const answer = reroute(contextOf(prepared, now, { person: null, host: true }), state);
      if (answer._tag === "Kept") {
        kept[answer.why] = (kept[answer.why] ?? 0) + 1;
        return;
      }
      const { handler, from, stays: why } = answer.event;
      if (why !== null) stays[why] = (stays[why] ?? 0) + 1;
      else if (handler === undefined) sums.same += 1;
      else addMove(moves, id, from, handler);
    };
    const { hierarchy } = yield* documents.published;
    for (const unit of listsOf(row, hierarchy)) {
      const use = Effect.fnUntraced(function* (rows: ScanPage["rows"]) {
        for (const { id, value } of rows) {
          if (seen.has(id)) continue;
          seen.add(id);
          const { state } = yield* Effect.fromResult(decodeIssue(id, value));
          const own = yield* reading.worldOf(state);
          if (takes(row, own, state, now)) look(id, state);
        }
      });
      yield* scanPages(settings, { kind: KIND.issue, ...openUnder(unit) }, use);
    }
    const sorted = [...moves.values()].sort((a, b) => b.issues - a.issues);
    return { ...sums, moves: sorted, stays, kept } satisfies ReroutePreview;
  });

const addMove = (
  moves: Map<string, RerouteMove>,
  example: string,
  from: RerouteMove["from"],
  to: RerouteMove["to"],
): void => {
  const key = `${from.post}@${from.unit} ${to.post}@${to.unit}`;
  const known = moves.get(key) ?? {
    from: { post: from.post, unit: from.unit },
    to: { post: to.post, unit: to.unit },
    issues: 0,
    example,
  };
  moves.set(key, { ...known, issues: known.issues + 1 });
};

const runOf = (settings: Settings, documents: Documents): Reroutes["rerouting"] =>
  Effect.fn("Linli.rerouting")(function* () {
    const { charter } = yield* documents.published;
    const stored = yield* readRow(settings, charterRef(charter));
    if (stored === null) return null;
    const { rerouted, moved, kept, startedAt, finishedAt, charter: named } = stored.row;
    return { charter: named, rerouted, moved, kept, startedAt, finishedAt } satisfies ReroutingRun;
  });
