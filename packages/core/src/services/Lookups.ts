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
import type { Conflict } from "../ports/index.ts";
import { StorageError } from "../ports/index.ts";
import type { Unreadable } from "./Errors.ts";
import { decodeVersioned, KIND } from "./rows.ts";
import type { PeopleSettings, Settings } from "./Settings.ts";
import { ownerTag, secretHash } from "./Vault.ts";

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
  /** The person a value leads to; null for none, and for one who was forgotten. */
  readonly personBy: (lookup: Lookup) => Effect.Effect<string | null, LookupError>;
}

interface StoredLookup {
  readonly v: 1;
  readonly algorithm: string;
  readonly key: string;
  readonly sealed: string;
}

/** Builds the lookups of one namespace. */
export const makeLookups = (settings: Settings): Lookups => ({
  remember: Effect.fn("Linli.remember")(function* (person: string, lookup: Lookup) {
    const people = yield* peopleFor(settings, lookup);
    const { storage, namespace } = settings;
    const id = yield* blindOf(settings, people, lookup);
    const [row] = yield* storage.read({ namespace, keys: [{ kind: KIND.lookup, id }] });
    const { cipher, keys } = people;
    const owner = yield* ownerTag(settings, people, { person });
    const key = yield* keys.current(owner, { id: settings.newId(), bytes: cipher.newKey() });
    const sealed = yield* cipher.seal(key.bytes, person, boundOf(settings, id));
    const { algorithm } = cipher;
    const value = JSON.stringify({ v: 1, algorithm, key: key.id, sealed } satisfies StoredLookup);
    yield* storage.commit({
      ...{ namespace, at: yield* settings.now, guards: [], entries: [], schedule: [] },
      ...{ cancel: [], settle: [], receipt: null },
      rows: [{ kind: KIND.lookup, id, expected: row?.version ?? 0, value, indexes: [] }],
    });
  }),
  personBy: Effect.fn("Linli.personBy")(function* (lookup: Lookup) {
    const people = yield* peopleFor(settings, lookup);
    const id = yield* blindOf(settings, people, lookup);
    const { storage, namespace } = settings;
    const [row] = yield* storage.read({ namespace, keys: [{ kind: KIND.lookup, id }] });
    if (row == null) return null;
    const stored = yield* Effect.fromResult(decodeVersioned<StoredLookup>("lookup", id, row.value));
    const key = (yield* people.keys.find([stored.key])).get(stored.key);
    const cipher = [people.cipher, ...(people.olderCiphers ?? [])].find(
      (one) => one.algorithm === stored.algorithm,
    );
    if (key === undefined || cipher === undefined) return null;
    return yield* cipher.open(key, stored.sealed, boundOf(settings, id));
  }),
});

const blindOf = (settings: Settings, people: PeopleSettings, { field, value }: Lookup) =>
  secretHash(settings, people, `lookup ${settings.namespace} ${JSON.stringify([field, value])}`);

const boundOf = (settings: Settings, id: string): string => `lookup ${settings.namespace} ${id}`;

const peopleFor = (
  settings: Settings,
  lookup: Lookup,
): Effect.Effect<PeopleSettings, InputError | StorageError> => {
  const bad = (["field", "value"] as const).find(
    (name) => lookup[name] === "" || lookup[name].length > 200 || !isSoundText(lookup[name]),
  );
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
