/**
 * Forgetting a person, and telling them all that is held about them.
 *
 * To forget is to destroy keys: first in the key store, then it is journaled. A
 * process that ends in between leaves the person forgotten and the journal behind,
 * which {@link People.reapplyErasures} puts right, as it does after a restore of
 * the storage (erasures it does not know are journaled again) or of the key store
 * (keys the journal knows to be destroyed are destroyed again).
 */
import * as Effect from "effect/Effect";
import { Refusal } from "../issue/index.ts";
import type { Actor, Attachment } from "../issue/index.ts";
import { encodeEntry } from "../journal/index.ts";
import { STORAGE_LIMITS, StorageError } from "../ports/index.ts";
import type { Conflict, Erasure } from "../ports/index.ts";
import type { Content } from "../sight/index.ts";
import type { Instant } from "../time/index.ts";
import { entryActor } from "./compose.ts";
import type { Unreadable } from "./Errors.ts";
import { decodeVersioned, INDEX, KIND, under } from "./rows.ts";
import type { PeopleSettings, Settings } from "./Settings.ts";
import { openContents, ownerTag } from "./Vault.ts";

/** What forgetting somebody did. */
export interface Erased {
  /** The hash the person was kept under; the journal says it under `person/` with this name. */
  readonly owner: string;
  /** Contents nobody can read any more. */
  readonly contents: number;
  /** Files the host keeps for these contents, for it to delete. */
  readonly attachments: ReadonlyArray<Attachment>;
}

type PeopleError = Unreadable | Conflict | StorageError;

/** Persons of one namespace. */
export interface People {
  /**
   * Makes everything sealed for a person unreadable, for ever and everywhere; journal,
   * seals and statistics stay. Asked for by the person or by the host. Needs `people` in the
   * settings; fails with reason `Unsupported` without. Contents from before that are plain until
   * `sealContents` comes to them, which forgets those of persons who were forgotten meanwhile.
   */
  readonly erase: (
    person: string,
    options: { readonly actor: Actor },
  ) => Effect.Effect<Erased, Refusal | PeopleError>;
  /** Does erasures again that a restore has undone; to be called at every start. Answers how many. */
  readonly reapplyErasures: () => Effect.Effect<number, PeopleError>;
}

/** Builds the persons of one namespace. */
export const makePeople = (settings: Settings): People => ({
  erase: Effect.fn("Linli.erase")(function* (person: string, { actor }) {
    yield* ownOrHost("erase", person, actor);
    const people = yield* peopleOf(settings);
    const owner = yield* ownerTag(settings, people, { person });
    const contents = (yield* contentsOfOwner(settings, owner)).filter((one) => !one.erased);
    const erasure = yield* people.keys.erase({
      ...{ namespace: settings.namespace, owner },
      at: yield* settings.now,
    });
    yield* journalErasure(settings, erasure, actor, false);
    return {
      owner,
      contents: contents.length,
      attachments: contents.flatMap((one) => one.attachments),
    } satisfies Erased;
  }),
  reapplyErasures: Effect.fn("Linli.reapplyErasures")(function* () {
    const { people } = settings;
    if (people === null) return 0;
    return (yield* journalAgain(settings, people)) + (yield* destroyAgain(settings, people));
  }),
});

/** Only the person themselves, or the host for them. */
export const ownOrHost = (
  command: string,
  person: string,
  actor: Actor,
): Effect.Effect<void, Refusal> =>
  actor.host === true || actor.person === person
    ? Effect.void
    : Effect.fail(
        new Refusal({
          ...{ code: "NotYours", command, issue: null, status: null, allowed: [] },
          detail: "only the person themselves, or the host for them, may ask for this",
        }),
      );

/** All sealed contents of an owner, as they can be read now. */
export const contentsOfOwner = Effect.fnUntraced(function* (settings: Settings, owner: string) {
  const contents: Array<Content> = [];
  let cursor: string | null = null;
  do {
    const page: Effect.Success<ReturnType<typeof settings.storage.scan>> =
      yield* settings.storage.scan({
        ...{ namespace: settings.namespace, kind: KIND.content, index: INDEX.owner },
        ...{ range: under(owner), order: "ascending", limit: STORAGE_LIMITS.pageRows, cursor },
      });
    contents.push(...(yield* openContents(settings, page.rows)));
    cursor = page.next;
  } while (cursor !== null);
  return contents;
});

const peopleOf = (settings: Settings): Effect.Effect<PeopleSettings, StorageError> =>
  settings.people === null
    ? Effect.fail(
        new StorageError({
          ...{ reason: "Unsupported", operation: "erase" },
          detail: "contents are stored plain; give `people` in the settings to seal them",
        }),
      )
    : Effect.succeed(settings.people);

/** What is known of an owner's erasures: the end of their stream, and the keys destroyed. */
interface StoredErasure {
  readonly v: 1;
  readonly version: number;
  readonly head: string;
  readonly keys: ReadonlyArray<string>;
}

const readErasure = Effect.fnUntraced(function* (settings: Settings, owner: string) {
  const { storage, namespace } = settings;
  const [row] = yield* storage.read({ namespace, keys: [{ kind: KIND.erasure, id: owner }] });
  if (row == null) return null;
  const stored = yield* Effect.fromResult(
    decodeVersioned<StoredErasure>("erasure", owner, row.value),
  );
  return { ...stored, row: row.version };
});

const journalErasure = Effect.fnUntraced(function* (
  settings: Settings,
  erasure: Erasure,
  actor: Actor,
  replayed: boolean,
) {
  const known = yield* readErasure(settings, erasure.owner);
  const now: Instant = yield* settings.now;
  const version = (known?.version ?? 0) + 1;
  const { owner, at, keys } = erasure;
  const entry = encodeEntry(
    settings.digest,
    {
      ...{ stream: `person/${owner}`, version, actor: actorOf(owner, actor), cause: "erase" },
      charter: { id: "", version: "" },
      recordedAt: now,
    },
    { type: "PersonErased", at, owner, keys, replayed },
    known?.head ?? "",
  );
  const stored: StoredErasure = {
    ...{ v: 1, version, head: entry.hash },
    keys: [...new Set([...(known?.keys ?? []), ...keys])],
  };
  yield* settings.storage.commit({
    ...{ namespace: settings.namespace, at: now, guards: [], entries: [entry] },
    ...{ schedule: [], cancel: [], settle: [], receipt: null },
    rows: [
      {
        ...{ kind: KIND.erasure, id: owner, expected: known?.row ?? 0 },
        value: JSON.stringify(stored),
        indexes: [{ index: INDEX.erasure, key: owner }],
      },
    ],
  });
});

// Who is forgotten is not named once more by the very entry that says so.
const actorOf = (owner: string, actor: Actor) =>
  actor.host === true ? entryActor(actor) : ({ type: "person", person: owner } as const);

// The storage came from before: it does not know of keys that are gone.
const journalAgain = Effect.fnUntraced(function* (settings: Settings, people: PeopleSettings) {
  let again = 0;
  for (const erasure of yield* people.keys.erasures) {
    if (erasure.namespace !== settings.namespace) continue;
    const known = yield* readErasure(settings, erasure.owner);
    const told = new Set(known?.keys);
    if (known !== null && erasure.keys.every((key) => told.has(key))) continue;
    yield* journalErasure(settings, erasure, { person: null, host: true }, true);
    again += 1;
  }
  return again;
});

// The key store came from before: it still has keys that the journal knows to be gone.
const destroyAgain = Effect.fnUntraced(function* (settings: Settings, people: PeopleSettings) {
  let again = 0;
  let cursor: string | null = null;
  do {
    const page: Effect.Success<ReturnType<typeof settings.storage.scan>> =
      yield* settings.storage.scan({
        ...{ namespace: settings.namespace, kind: KIND.erasure, index: INDEX.erasure },
        ...{ range: { from: null, to: null }, order: "ascending", limit: 500, cursor },
      });
    const keys: Array<string> = [];
    for (const row of page.rows) {
      const stored = yield* Effect.fromResult(
        decodeVersioned<StoredErasure>("erasure", row.id, row.value),
      );
      keys.push(...stored.keys);
    }
    const living = [...(yield* people.keys.find(keys)).keys()];
    if (living.length > 0) yield* people.keys.destroy(living);
    again += living.length;
    cursor = page.next;
  } while (cursor !== null);
  return again;
});
