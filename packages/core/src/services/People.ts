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
import { StorageError } from "../ports/index.ts";
import type { Conflict, Erasure, ScanPage } from "../ports/index.ts";
import type { Content } from "../sight/index.ts";
import type { Instant } from "../time/index.ts";
import { entryActor } from "./compose.ts";
import { journaledErasures, readErasure } from "./erasures.ts";
import type { StoredErasure } from "./erasures.ts";
import { NotFound } from "./Errors.ts";
import type { Unreadable } from "./Errors.ts";
import { keyMissing, keyringOf, ownerTag, unexplained } from "./Keyring.ts";
import type { Keyring } from "./keysKnown.ts";
import { lookupKeysOf } from "./Lookups.ts";
import { scanPages } from "./pages.ts";
import { INDEX, KIND, under } from "./rows.ts";
import { hasPlainOf } from "./SealContents.ts";
import { sealedRecordOf } from "./sealedRecord.ts";
import type { PeopleSettings, Settings } from "./Settings.ts";
import { openContents } from "./Vault.ts";

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
   *
   * Never answers without having done it: a key store that is not this storage's, or lacks the
   * person's key although nobody destroyed it, is `Misconfigured`; a person of whom
   * there is nothing to forget, and never was, is `NotFound`. Nothing was changed then.
   */
  readonly erase: (
    person: string,
    options: { readonly actor: Actor },
  ) => Effect.Effect<Erased, Refusal | NotFound | PeopleError>;
  /** Does erasures again that a restore has undone; to be called at every start. Answers how many. */
  readonly reapplyErasures: () => Effect.Effect<number, PeopleError>;
}

/** Builds the persons of one namespace. */
export const makePeople = (settings: Settings): People => ({
  erase: Effect.fn("Linli.erase")(function* (person: string, { actor }) {
    yield* ownOrHost("erase", person, actor);
    const people = yield* peopleOf(settings);
    const ring = yield* keyringOf(settings, people, { operation: "erase", for: "open" });
    const owner = ownerTag(settings, ring, { person });
    const { contents, keys } = yield* heldOf(settings, owner);
    for (const key of yield* ownLookups(settings, people, owner)) keys.add(key);
    yield* somethingToForget(settings, ring, person, owner);
    yield* keyringOf(settings, people, { operation: "erase", for: "seal" });
    const erasure = yield* ring.keys.erase({
      ...{ namespace: settings.namespace, owner },
      at: yield* settings.now,
    });
    // Keys given up are named too: should they come back, they are destroyed then.
    const all = { ...erasure, keys: [...new Set([...erasure.keys, ...keys])] };
    yield* journalErasure(settings, all, actor, false);
    const readable = contents.filter((one) => one.erased !== true);
    return {
      owner,
      contents: readable.length,
      attachments: readable.flatMap((one) => one.attachments),
    } satisfies Erased;
  }),
  reapplyErasures: Effect.fn("Linli.reapplyErasures")(function* () {
    const { people } = settings;
    if (people === null) return 0;
    const use = { operation: "reapplyErasures", for: "open" } as const;
    const ring = yield* keyringOf(settings, people, use);
    return (yield* journalAgain(settings, ring)) + (yield* destroyAgain(settings, ring));
  }),
});

/** Only the person themselves, or the host for them. */
export const ownOrHost = (
  command: string,
  person: string,
  actor: Actor,
): Effect.Effect<void, Refusal> =>
  actor.person === person ? Effect.void : hostOnly(command, actor);

/** Only the host, who runs the place. */
export const hostOnly = (command: string, actor: Actor): Effect.Effect<void, Refusal> =>
  actor.host === true
    ? Effect.void
    : Effect.fail(
        new Refusal({
          ...{ code: "NotYours", command, issue: null, status: null, allowed: [] },
          detail: "only the host may ask for this, or a person for themselves",
        }),
      );

/** All sealed contents of an owner, as they can be read now. */
export const contentsOfOwner = (settings: Settings, owner: string) =>
  Effect.map(heldOf(settings, owner), ({ contents }) => contents);

// Private

// Contents sealed for an owner, and the keys they are sealed with.
const heldOf = Effect.fnUntraced(function* (settings: Settings, owner: string) {
  const contents: Array<Content> = [];
  const keys = new Set<string>();
  const query = { kind: KIND.content, index: INDEX.owner, range: under(owner) };
  const use = Effect.fnUntraced(function* (rows: ScanPage["rows"]) {
    contents.push(...(yield* openContents(settings, rows)));
    for (const { value } of rows) {
      const key = sealedRecordOf(value)?.key;
      if (key !== undefined) keys.add(key);
    }
  });
  yield* scanPages(settings, query, use);
  return { contents, keys };
});

// Keys of what a person is looked up by; one that is missing for no reason may come back.
const ownLookups = Effect.fnUntraced(function* (
  settings: Settings,
  people: PeopleSettings,
  owner: string,
) {
  const all = yield* lookupKeysOf(settings, owner);
  const there = yield* people.keys.find(all.map(({ key }) => key));
  const missing = all.filter(({ key }) => !there.has(key));
  if ((yield* unexplained(settings, people, missing, "erase")) !== undefined)
    return yield* keyMissing("erase", "something this person is looked up by");
  return all.map(({ key }) => key);
});

// A key, a key destroyed before, or words that are still plain: without any of them nothing was
// forgotten, and nobody may believe it.
const somethingToForget = Effect.fnUntraced(function* (
  settings: Settings,
  { keys }: Keyring,
  person: string,
  owner: string,
) {
  if (yield* keys.holds(owner)) return;
  if ((yield* readErasure(settings, owner)) !== null) return;
  const { namespace } = settings;
  const isOwn = (one: Erasure) => one.namespace === namespace && one.owner === owner;
  if ((yield* keys.erasures).some(isOwn)) return;
  if (yield* hasPlainOf(settings, person)) return;
  return yield* new NotFound({ what: "person's key", id: "" });
});

const peopleOf = (settings: Settings): Effect.Effect<PeopleSettings, StorageError> =>
  settings.people === null
    ? Effect.fail(
        new StorageError({
          ...{ reason: "Unsupported", operation: "erase" },
          detail: "there are no keys to destroy; give `people` in the settings to seal contents",
        }),
      )
    : Effect.succeed(settings.people);

const journalErasure = (settings: Settings, erasure: Erasure, actor: Actor, replayed: boolean) =>
  journalOnce(settings, erasure, actor, replayed).pipe(
    // Somebody forgot the same person meanwhile: the entry goes behind theirs.
    Effect.retry({ times: 5, while: (error) => error._tag === "Conflict" }),
  );

const journalOnce = Effect.fnUntraced(function* (
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
    at: Math.max(at, known?.at ?? at),
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
const journalAgain = Effect.fnUntraced(function* (settings: Settings, { keys }: Keyring) {
  let again = 0;
  for (const erasure of yield* keys.erasures) {
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
const destroyAgain = Effect.fnUntraced(function* (settings: Settings, { keys }: Keyring) {
  let again = 0;
  const use = Effect.fnUntraced(function* (erasures: ReadonlyArray<StoredErasure>) {
    const told = erasures.flatMap((erasure) => erasure.keys);
    const living = [...(yield* keys.find(told)).keys()];
    if (living.length > 0) yield* keys.destroy(living);
    again += living.length;
  });
  yield* journaledErasures(settings, use);
  return again;
});
