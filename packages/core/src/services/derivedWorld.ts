/**
 * What rows beside the journal follow from: the published documents, the shapes under
 * which index entries may have been written, and how far the projections have come.
 */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { decodeCharter } from "../charter/index.ts";
import type { Charter } from "../charter/index.ts";
import type { LocalText } from "../data/index.ts";
import { changesWithin, makeHierarchy } from "../hierarchy/index.ts";
import type { Hierarchy, HierarchyFrame, HierarchyInput } from "../hierarchy/index.ts";
import type { StorageError } from "../ports/index.ts";
import type { CalendarData, Instant } from "../time/index.ts";
import type { PlaceWorld } from "./boardPlaces.ts";
import { BOARDS } from "./Boards.ts";
import { Unreadable } from "./Errors.ts";
import { decodePosition } from "./projections.ts";
import type { Position } from "./projections.ts";
import { REKEY_ID } from "./rekeyRow.ts";
import type { RekeyRow } from "./rekeyRow.ts";
import { charterRef, decodeVersioned, KIND } from "./rows.ts";
import { SCORES } from "./Scores.ts";
import { frameOf, readCurrents, readDocument } from "./storedDocuments.ts";
import type { Current, Currents, DocumentStore } from "./storedDocuments.ts";

/** A hierarchy as it stands at an instant. */
export interface KeyShape {
  readonly hierarchy: Hierarchy;
  readonly at: Instant;
}

/** All of it. */
export interface DerivedWorld {
  readonly charter: Charter;
  /** The current charter version, as `id@version`. */
  readonly current: string;
  /** Every charter version that was current, by `id@version`. */
  readonly charters: ReadonlyMap<string, Charter>;
  /** Shapes the entries of an issue may be of; the first is the one all come to agree with. */
  readonly shapes: ReadonlyArray<KeyShape>;
  /** Issues written later than this know which charter is current; null when nobody can tell. */
  readonly chartersSince: Instant | null;
  readonly boards: Position;
  readonly scores: Position;
  /**
   * What boards may have been counted by: each published charter with each hierarchy, the
   * current ones first. Something was counted by those that were current at that time.
   */
  readonly countedBy: ReadonlyArray<PlaceWorld>;
  /** Why what boards say cannot be told from the journal to the last figure; null when it can. */
  readonly boardsUnsure: LocalText | null;
  /** Why lists may hold entries nobody can account for now; null when they may not. */
  readonly listsUnsure: LocalText | null;
  readonly notes: ReadonlyArray<LocalText>;
}

/** Reads it; null where nothing is published. */
export const readDerivedWorld = Effect.fnUntraced(function* (
  store: DocumentStore,
  options: { readonly calendars: ReadonlyArray<CalendarData>; readonly now: Instant },
): Effect.fn.Return<DerivedWorld | null, Unreadable | StorageError> {
  const currents = yield* readCurrents(store);
  const { charter: currentCharter, hierarchy: currentHierarchy } = currents;
  if (currentCharter === null || currentHierarchy === null) return null;
  const found = { charter: currentCharter, hierarchy: currentHierarchy };
  for (const [id, { current }] of Object.entries(found)) {
    if (isCurrent(current)) continue;
    return yield* new Unreadable({ what: "document", id, reason: "its row names no version" });
  }
  const charters = new Map<string, Charter>();
  const versions = [...(currentCharter.current.earlier ?? []), currentCharter.current.version];
  let isStandIn = false;
  for (const ref of new Set(versions)) {
    const read = yield* readCharter(store, ref, options.calendars);
    charters.set(ref, read.charter);
    ({ isStandIn } = read);
  }
  const current = currentCharter.current.version;
  const charter = charters.get(current);
  if (charter === undefined) return null;
  const hierarchyAt = rememberHierarchies(store);
  const { version, parts } = currentHierarchy.current;
  const hierarchy = yield* hierarchyAt(charter, version, parts);
  const rekey = yield* readRow(store, KIND.rekey, REKEY_ID, (value) =>
    decodeVersioned<RekeyRow>("rekey", REKEY_ID, value),
  );
  const olderShapes: Array<KeyShape> = [];
  for (const span of rekey?.finishedAt == null ? (rekey?.froms ?? []) : []) {
    const own = charters.get(charterRef(span.charter)) ?? charter;
    const older = yield* hierarchyAt(own, span.hierarchy);
    for (const at of [span.since, ...changesWithin(older, span.since, span.until)])
      olderShapes.push({ hierarchy: older, at });
  }
  const position = (name: string) =>
    Effect.map(
      readRow(store, KIND.projection, name, (value) => decodePosition(name, value)),
      (found): Position => found ?? { v: 1, cursor: null },
    );
  return {
    ...{ charter, current, charters },
    shapes: [...shapesNow(hierarchy, rekey, options.now), ...olderShapes],
    chartersSince:
      rekey !== null && charterRef(rekey.target.charter) === current ? rekey.startedAt : null,
    boards: yield* position(BOARDS.name),
    scores: yield* position(SCORES.name),
    ...(yield* countedByOf(charters, { charter, hierarchy, hierarchyAt, currents })),
    ...(isStandIn ? { boardsUnsure: noCalendar(charter) } : {}),
    listsUnsure: rekey?.finishedAt === null && rekey.froms === null ? BEING_MADE_ANEW : null,
    notes: rekey?.finishedAt === null && rekey.froms !== null ? [BEFORE_OR_AFTER] : [],
  };
});

// Private

const readRow = <A>(
  store: DocumentStore,
  kind: string,
  id: string,
  decode: (value: string) => Result.Result<A, Unreadable>,
): Effect.Effect<A | null, Unreadable | StorageError> =>
  Effect.flatMap(
    store.storage.read({ namespace: store.namespace, keys: [{ kind, id }] }),
    ([row]) => (row == null ? Effect.succeed(null) : Effect.fromResult(decode(row.value))),
  );

/** A row that says what is current, in the form in which it was written. */
const isCurrent = ({ version, parts, earlier = [] }: Current): boolean =>
  typeof version === "string" &&
  Number.isSafeInteger(parts) &&
  Array.isArray(earlier) &&
  earlier.every((one) => typeof one === "string");

// Index entries need no calendar, so one nobody gave must not keep a charter from being read.
const readCharter = Effect.fnUntraced(function* (
  store: DocumentStore,
  ref: string,
  calendars: ReadonlyArray<CalendarData>,
) {
  const text = yield* readDocument(store, "charter", ref);
  const named = calendarIn(text);
  const isStandIn = named !== null && !calendars.some(({ id }) => id === named);
  const given = isStandIn ? [...calendars, { ...STAND_IN, id: named }] : calendars;
  const charter = yield* Effect.fromResult(
    Result.mapError(
      decodeCharter(text, { calendars: given }),
      ({ message }) => new Unreadable({ what: "charter", id: ref, reason: message }),
    ),
  );
  return { charter, isStandIn };
});

const STAND_IN = {
  ...{ timeZone: "Asia/Shanghai", weekend: [6, 7], days: [], covers: null },
  hours: [["09:00", "17:00"]] as ReadonlyArray<readonly [string, string]>,
};

// The calendar a charter names and does not bring along; null when it brings it.
const calendarIn = (text: string): string | null => {
  try {
    const { calendar, calendars = [] } = JSON.parse(text) as {
      readonly calendar?: unknown;
      readonly calendars?: ReadonlyArray<{ readonly id?: unknown }>;
    };
    const isOwn = typeof calendar !== "string" || calendars.some(({ id }) => id === calendar);
    return isOwn ? null : calendar;
  } catch {
    return null;
  }
};

const rememberHierarchies = (store: DocumentStore) => {
  const known = new Map<string, Hierarchy>();
  return Effect.fnUntraced(function* (charter: Charter, version: string, parts = 1) {
    const frame = frameOf(charter);
    const key = JSON.stringify([version, frame.levels, frame.chains]);
    const before = known.get(key);
    if (before !== undefined) return before;
    const text = yield* readDocument(store, "hierarchy", version, parts);
    const made = yield* Effect.fromResult(hierarchyIn(text, version, frame));
    known.set(key, made);
    return made;
  });
};

// Typed when it was written; somebody may have changed it since, into anything.
const hierarchyIn = (
  text: string,
  id: string,
  frame: HierarchyFrame,
): Result.Result<Hierarchy, Unreadable> => {
  const unreadable = (reason: string) => new Unreadable({ what: "hierarchy", id, reason });
  try {
    const made = makeHierarchy(JSON.parse(text) as HierarchyInput, frame);
    return Result.mapError(made, ({ message }) => unreadable(message));
  } catch {
    return Result.fail(unreadable("it does not have the form of a hierarchy"));
  }
};

// After an instant of change entries agree with it once the job has come by; a command may be faster.
const shapesNow = (
  hierarchy: Hierarchy,
  rekey: RekeyRow | null,
  now: Instant,
): ReadonlyArray<KeyShape> => {
  if (rekey === null) {
    // Releases before there was such a row left entries as they were written.
    const changes = changesWithin(hierarchy, 0, now);
    return [now, ...changes, 0].map((at) => ({ hierarchy, at }));
  }
  const since = rekey.target.at;
  return [since, ...changesWithin(hierarchy, since, now)].map((at) => ({ hierarchy, at }));
};

/** Versions that are read to tell by which of them something was counted. */
const VERSIONS_MAX = 4;

const countedByOf = Effect.fnUntraced(function* (
  charters: ReadonlyMap<string, Charter>,
  current: {
    readonly charter: Charter;
    readonly hierarchy: Hierarchy;
    readonly hierarchyAt: ReturnType<typeof rememberHierarchies>;
    readonly currents: Currents;
  },
) {
  const { charter, hierarchy, hierarchyAt, currents } = current;
  const alike = new Map([charter, ...charters.values()].map((one) => [likenessOf(one), one]));
  alike.set(likenessOf(charter), charter);
  const now = currents.hierarchy?.current;
  const earlier = [...new Set(now?.earlier ?? [])].filter((one) => one !== now?.version);
  const hierarchies = [hierarchy];
  let isWhole = alike.size <= VERSIONS_MAX && earlier.length <= VERSIONS_MAX;
  for (const version of isWhole ? earlier : []) {
    // One of before may not fit the levels and chains of now.
    const read = yield* Effect.result(hierarchyAt(charter, version));
    if (Result.isSuccess(read)) hierarchies.push(read.success);
    else isWhole = false;
  }
  return {
    countedBy: hierarchies.flatMap((one) =>
      [...alike.values()].map((by): PlaceWorld => ({ charter: by, hierarchy: one })),
    ),
    boardsUnsure: isWhole ? null : MANY_VERSIONS,
  };
});

// What of a charter bears on boards: who may see a category, and when a day begins.
const likenessOf = ({ document, calendar }: Charter): string =>
  JSON.stringify([document.categories, calendar.zone.name]);

const MANY_VERSIONS: LocalText = {
  en: "charter or hierarchy were published anew often since the boards were begun, and what was counted stays where it was counted",
  zh: "看板开始统计之后，治理办法或层级多次重新发布；已计入的数字仍留在原处",
};

const noCalendar = ({ document }: Charter): LocalText => ({
  en: `the calendar ${document.calendar} was not given, so days were counted in Asia/Shanghai`,
  zh: `没有给出日历 ${document.calendar}，按 Asia/Shanghai 计日`,
});

const BEING_MADE_ANEW: LocalText = {
  en: "all lists are being made anew; verify again when runDue has finished",
  zh: "全部清单正在重建；请在 runDue 完成后再次核验",
};

const BEFORE_OR_AFTER: LocalText = {
  en: "lists are being made anew after a publication or a move of units: an issue may still stand where it stood before",
  zh: "重新发布或治理单元变动之后，清单正在重建：事项可以仍在变动之前的位置",
};
