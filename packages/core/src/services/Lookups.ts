/**
 * Finding a person by something they gave - a telephone number, a card number -
 * without keeping it: a blind index.
 *
 * What is stored is a keyed hash of the value, and the person's id sealed with the
 * person's key. The storage alone tells neither, guessing does not help, and once
 * the person is forgotten the entry leads nowhere.
 */
import * as Effect from "effect/Effect";
import { InputError, isSoundText } from "../data/index.ts";
import type { Actor } from "../issue/index.ts";
import type { Conflict, ScanPage } from "../ports/index.ts";
import { StorageError } from "../ports/index.ts";
import type { Instant } from "../time/index.ts";
import type { MissingKey } from "./erasures.ts";
import { Unreadable } from "./Errors.ts";
import { keyMissing, keyringOf, ownerTag, unexplained } from "./Keyring.ts";
import type { Keyring } from "./keysKnown.ts";
import { scanPages } from "./pages.ts";
import type { Reads } from "./Reads.ts";
import { decodeVersioned, INDEX, KIND, under } from "./rows.ts";
import type { PeopleSettings, Settings } from "./Settings.ts";

/** A value that leads to a person: `{ field: "phone", value: "..." }`, already in one spelling. */
export interface Lookup {
  readonly field: string;
  readonly value: string;
}

type LookupError = InputError | Unreadable | StorageError;

/** Lookups of one namespace; they need `people` in the settings. */
export interface Lookups {
  /** From now on the value leads to this person, and to nobody else. */
  readonly remember: (
    person: string,
    lookup: Lookup,
  ) => Effect.Effect<void, LookupError | Conflict>;
  /**
   * The person a value leads to; null for none, and for one who was forgotten. Whoever is found
   * was read: it is journaled for whom (the host, when no viewer is given) and for what.
   */
  readonly personBy: (
    lookup: Lookup,
    looking?: LookingUp,
  ) => Effect.Effect<string | null, LookupError>;
}

/** Who looks somebody up, and for what: 1 to 80 characters that name no person; default `lookup`. */
export interface LookingUp {
  readonly viewer?: Actor;
  readonly purpose?: string;
}

interface StoredLookup {
  readonly v: 1;
  readonly algorithm: string;
  readonly key: string;
  readonly sealed: string;
  /** Whose key it is, and since when; earlier releases did not write it. */
  readonly owner?: string;
  readonly at?: Instant;
}

/** Builds the lookups of one namespace. */
export const makeLookups = (settings: Settings, reads: Reads): Lookups => ({
  remember: Effect.fn("Linli.remember")(function* (person: string, lookup: Lookup) {
    const people = yield* peopleFor(settings, lookup);
    const { storage, namespace } = settings;
    const ring = yield* keyringOf(settings, people, { operation: "remember", for: "seal" });
    const { cipher, keys } = ring;
    const id = blindOf(settings, ring, lookup);
    const [row] = yield* storage.read({ namespace, keys: [{ kind: KIND.lookup, id }] });
    const owner = ownerTag(settings, ring, { person });
    const key = yield* keys.current(owner, { id: settings.newId(), bytes: cipher.newKey() });
    const sealed = yield* cipher.seal(key.bytes, person, boundOf(settings, id));
    const at = yield* settings.now;
    const { algorithm } = cipher;
    const value: StoredLookup = { v: 1, algorithm, key: key.id, sealed, owner, at };
    yield* storage.commit({
      ...{ namespace, at, guards: [], entries: [], schedule: [], cancel: [], settle: [] },
      ...{ receipt: null },
      rows: [
        {
          ...{ kind: KIND.lookup, id, expected: row?.version ?? 0 },
          value: JSON.stringify(value),
          indexes: [{ index: INDEX.owner, key: `${owner}/${id}` }],
        },
      ],
    });
  }),
  personBy: Effect.fn("Linli.personBy")(function* (lookup: Lookup, looking: LookingUp = {}) {
    const people = yield* peopleFor(settings, lookup);
    const { purpose = "lookup", viewer = null } = looking;
    if (!isShort(purpose, 80)) return yield* badPurpose();
    const ring = yield* keyringOf(settings, people, { operation: "personBy", for: "open" });
    const id = blindOf(settings, ring, lookup);
    const { storage, namespace } = settings;
    const [row] = yield* storage.read({ namespace, keys: [{ kind: KIND.lookup, id }] });
    if (row == null) return null;
    const stored = yield* Effect.fromResult(decodeLookup(id, row.value));
    const key = (yield* ring.keys.find([stored.key])).get(stored.key);
    if (key === undefined) {
      const missing = [missingOf(stored)];
      const strange = yield* unexplained(settings, people, missing, "personBy");
      if (strange !== undefined) return yield* keyMissing("personBy", "whoever this leads to");
      return null;
    }
    const cipher = ring.ciphers.find((one) => one.algorithm === stored.algorithm);
    if (cipher === undefined) {
      const reason = `no cipher ${stored.algorithm} is given`;
      return yield* new Unreadable({ what: "lookup", id, reason });
    }
    const person = yield* cipher.open(key, stored.sealed, boundOf(settings, id));
    const owner = ownerTag(settings, ring, { person });
    const at = yield* settings.now;
    yield* reads.noteLookup({ viewer: viewer?.person ?? null, owner, purpose, at });
    return person;
  }),
});

/** The keys under which values of a person are remembered, each once. */
export const lookupKeysOf = Effect.fnUntraced(function* (settings: Settings, owner: string) {
  const keys = new Map<string, MissingKey>();
  const use = Effect.fnUntraced(function* (rows: ScanPage["rows"]) {
    for (const { id, value } of rows) {
      const stored = yield* Effect.fromResult(decodeLookup(id, value));
      keys.set(stored.key, missingOf(stored));
    }
  });
  yield* scanPages(settings, ownedBy(owner), use);
  return [...keys.values()];
});

/** How many values lead to an owner; none does once they are forgotten. */
export const countLookups = Effect.fnUntraced(function* (
  settings: Settings,
  { keys }: Keyring,
  owner: string,
) {
  let count = 0;
  const use = Effect.fnUntraced(function* (rows: ScanPage["rows"]) {
    const used: Array<string> = [];
    for (const { id, value } of rows)
      used.push((yield* Effect.fromResult(decodeLookup(id, value))).key);
    const living = yield* keys.find(used);
    count += used.filter((key) => living.has(key)).length;
  });
  yield* scanPages(settings, ownedBy(owner), use);
  return count;
});

// Private

const ownedBy = (owner: string) => ({
  ...{ kind: KIND.lookup, index: INDEX.owner, range: under(owner) },
});

const decodeLookup = (id: string, value: string) =>
  decodeVersioned<StoredLookup>("lookup", id, value);

const missingOf = ({ key, owner, at }: StoredLookup): MissingKey => ({
  ...{ key, owner: owner ?? null, at: at ?? -Infinity },
});

const blindOf = ({ namespace }: Settings, ring: Keyring, { field, value }: Lookup): string =>
  ring.secretHash(`lookup ${namespace} ${JSON.stringify([field, value])}`);

const isShort = (text: string, most: number): boolean =>
  text !== "" && text.length <= most && isSoundText(text);

const badPurpose = () =>
  new InputError({
    ...{ door: "lookup", path: "/purpose", reason: "must be 1 to 80 characters of text" },
    advice: "say in a word or two what it is looked up for",
  });

const boundOf = (settings: Settings, id: string): string => `lookup ${settings.namespace} ${id}`;

const peopleFor = (
  settings: Settings,
  lookup: Lookup,
): Effect.Effect<PeopleSettings, InputError | StorageError> => {
  const bad = (["field", "value"] as const).find((name) => !isShort(lookup[name], 200));
  if (bad !== undefined) {
    return Effect.fail(
      new InputError({
        ...{ door: "lookup", path: `/${bad}`, reason: "must be 1 to 200 characters of text" },
        advice: "give the value in one spelling: without blanks, in full",
      }),
    );
  }
  return settings.people === null
    ? Effect.fail(
        new StorageError({
          ...{ reason: "Unsupported", operation: "lookup" },
          detail: "there are no keys to hide values with; give `people` in the settings",
        }),
      )
    : Effect.succeed(settings.people);
};
