/** What sealed contents themselves say of a key store: which of them have their key there. */
import * as Effect from "effect/Effect";
import type { ScanPage, StorageError } from "../ports/index.ts";
import type { Instant } from "../time/index.ts";
import { destroyedOf, erasedKeys } from "./erasures.ts";
import type { Unreadable } from "./Errors.ts";
import { scanPages } from "./pages.ts";
import { INDEX, KIND } from "./rows.ts";
import { openRecord, sealedRecordOf } from "./sealedRecord.ts";
import type { SealedRecord } from "./sealedRecord.ts";
import type { PeopleSettings, Settings } from "./Settings.ts";

/** All sealed contents: plain ones have no owner. */
export const SEALED = {
  kind: KIND.content,
  index: INDEX.owner,
  range: { from: null, to: null },
} as const;

/** Whose sealed contents are: this key store's, another's, or nobody's since none can be opened any more. */
export type Evidence = "own" | "another" | "none";

/**
 * Whose the sealed contents of a namespace are: one that opens is enough, and so is one whose
 * key this key store says it destroyed. Looks through all of them before it says `another`.
 */
export const evidenceOf = Effect.fnUntraced(function* (settings: Settings, people: PeopleSettings) {
  const { storage, namespace } = settings;
  let isStrange = false;
  let lacking: Unreadable | null = null;
  let cursor: string | null = null;
  do {
    const page: ScanPage = yield* storage.scan({
      ...{ ...SEALED, namespace, order: "ascending", limit: SAMPLE, cursor },
    });
    const records = recordsIn(page.rows);
    const keys = yield* people.keys.find(keysOf(records));
    for (const record of records) {
      const key = keys.get(record.key);
      if (key === undefined) continue;
      const opened = yield* opening(settings, people, record, key);
      if (opened === true) return "own";
      if (opened === false) isStrange = true;
      else lacking ??= opened;
    }
    const missing = records.filter(({ key }) => !keys.has(key));
    if (missing.length > 0) {
      const erasedHere = yield* erasedKeys(settings, people.keys);
      if (missing.some(({ key }) => erasedHere.has(key))) return "own";
      const destroyed = yield* destroyedOf(settings, people.keys, missing);
      isStrange ||= missing.some(({ key }) => !destroyed.has(key));
    }
    cursor = page.next;
  } while (cursor !== null);
  if (lacking !== null) return yield* lacking;
  return (isStrange ? "another" : "none") satisfies Evidence as Evidence;
});

/** True when anything is sealed in the namespace. */
export const hasSealed = ({ storage, namespace }: Settings): Effect.Effect<boolean, StorageError> =>
  Effect.map(
    storage.scan({ ...SEALED, namespace, order: "ascending", limit: 1, cursor: null }),
    ({ rows }) => rows.length > 0,
  );

/** Sealed contents of a namespace by what is known of their keys; together all that is sealed. */
export interface KeyCounts {
  /** Sealed contents whose key is in the key store. */
  readonly present: number;
  /** Destroyed to forget somebody, as journal or key store say. */
  readonly destroyed: number;
  /** Not there, and given up by an earlier `adoptKeys`. */
  readonly givenUp: number;
  /** Not there, and nothing says why: the key store is another one, new, or older than they are. */
  readonly missing: number;
}

/** Counts them all. */
export const countKeys = Effect.fnUntraced(function* (
  settings: Settings,
  people: PeopleSettings,
  givenUp: Instant | null,
) {
  const counts = { present: 0, destroyed: 0, givenUp: 0, missing: 0 };
  const use = Effect.fnUntraced(function* (rows: ScanPage["rows"]) {
    const records = recordsIn(rows);
    const keys = yield* people.keys.find(keysOf(records));
    const missing = records.filter(({ key }) => !keys.has(key));
    const destroyed =
      missing.length === 0 ? NONE : yield* destroyedOf(settings, people.keys, missing);
    counts.present += records.length - missing.length;
    for (const { key, at } of missing) {
      if (destroyed.has(key)) counts.destroyed += 1;
      else if (givenUp !== null && at <= givenUp) counts.givenUp += 1;
      else counts.missing += 1;
    }
  });
  yield* scanPages(settings, SEALED, use);
  return counts satisfies KeyCounts as KeyCounts;
});

// Private

/** Sealed contents looked at together; most often the first one opens. */
const SAMPLE = 100;
const NONE: ReadonlySet<string> = new Set();

const recordsIn = (rows: ScanPage["rows"]) =>
  rows.flatMap(({ value }) => sealedRecordOf(value) ?? []);

const keysOf = (records: ReadonlyArray<SealedRecord>) => [
  ...new Set(records.map(({ key }) => key)),
];

// True when it opens, false when the key is not the one; which cipher is lacking otherwise.
const opening = (
  { namespace }: Settings,
  people: PeopleSettings,
  record: SealedRecord,
  key: Uint8Array,
): Effect.Effect<boolean | Unreadable> =>
  openRecord(namespace, [people.cipher, ...(people.olderCiphers ?? [])], record, key).pipe(
    Effect.as(true),
    Effect.catch((error) => Effect.succeed(error._tag === "Unreadable" ? error : false)),
  );
