/**
 * Which key store a namespace's contents are sealed with, for whoever runs it: looking
 * whether the one given is right, and going on with another when the right one is lost.
 */
import * as Effect from "effect/Effect";
import { InputError } from "../data/index.ts";
import type { Actor, Refusal } from "../issue/index.ts";
import { encodeEntry } from "../journal/index.ts";
import { StorageError } from "../ports/index.ts";
import type { Conflict } from "../ports/index.ts";
import { entryActor } from "./compose.ts";
import type { Unreadable } from "./Errors.ts";
import { countKeys } from "./keyEvidence.ts";
import type { KeyCounts } from "./keyEvidence.ts";
import {
  fingerprintOf,
  forgetKeyring,
  givenKeyring,
  keyStoreRow,
  ownKeyring,
  readKeyStore,
} from "./Keyring.ts";
import { hostOnly } from "./People.ts";
import type { PeopleSettings, Settings } from "./Settings.ts";

/** The key store given, held against what is sealed. */
export interface KeysFound extends KeyCounts {
  /**
   * `own`: it is the one the namespace remembers. `another`: it is not, or new. `unknown`: the
   * namespace remembers none; nothing was sealed yet, or only by releases that did not remember.
   */
  readonly keyStore: "own" | "another" | "unknown";
}

/** What adopting a key store did. */
export interface AdoptedKeys {
  /** Sealed contents that are given up: nobody can read them, unless their keys are found. */
  readonly givenUp: number;
}

type CustodyError = Unreadable | StorageError;

/** Key stores of one namespace; needs `people` in the settings, else fails with `Unsupported`. */
export interface Custody {
  /** Looks through all that is sealed, and changes nothing. */
  readonly inspectKeys: () => Effect.Effect<KeysFound, CustodyError>;
  /**
   * Goes on with the key store given, in place of one that is lost for good, and gives up what
   * it has no keys for: `givingUp` is how many contents that are, as `inspectKeys` says
   * (`missing`), so that nobody gives up more than they know of. It is journaled. For the
   * host only, while no other process works with the keys given before.
   */
  readonly adoptKeys: (options: {
    readonly actor: Actor;
    readonly givingUp: number;
  }) => Effect.Effect<AdoptedKeys, Refusal | InputError | Conflict | CustodyError>;
}

/** Builds the custody of one namespace. */
export const makeCustody = (settings: Settings): Custody => ({
  inspectKeys: Effect.fn("Linli.inspectKeys")(function* () {
    const people = yield* peopleOf(settings, "inspectKeys");
    const { own, stored, counts } = yield* found(settings, people);
    const keyStore = stored === null ? "unknown" : own === null ? "another" : "own";
    return { keyStore, ...counts } satisfies KeysFound;
  }),
  adoptKeys: Effect.fn("Linli.adoptKeys")(function* ({ actor, givingUp }) {
    yield* hostOnly("adoptKeys", actor);
    const people = yield* peopleOf(settings, "adoptKeys");
    const { own, stored, counts } = yield* found(settings, people);
    const { missing } = counts;
    if (missing !== givingUp) return yield* otherNumber(missing);
    const at = yield* settings.now;
    const givenUp = missing > 0 ? at : (stored?.givenUp ?? null);
    const ring =
      own === null ? yield* givenKeyring(settings, people, givenUp) : { ...own, givenUp };
    const entry = encodeEntry(
      settings.digest,
      {
        ...{ stream: `keys/${settings.newId()}`, version: 1, actor: entryActor(actor) },
        ...{ charter: { id: "", version: "" }, cause: "adoptKeys", recordedAt: at },
      },
      {
        ...{ type: "KeysAdopted", at, from: stored?.fingerprint ?? null },
        ...{ to: fingerprintOf(settings, ring), givenUp: missing },
      },
      "",
    );
    yield* settings.storage.commit({
      ...{ namespace: settings.namespace, at, guards: [], entries: [entry], schedule: [] },
      ...{ cancel: [], settle: [], receipt: null },
      rows: [keyStoreRow(settings, ring, stored?.row ?? 0)],
    });
    forgetKeyring(settings);
    return { givenUp: missing } satisfies AdoptedKeys;
  }),
});

// Private

const found = Effect.fnUntraced(function* (settings: Settings, people: PeopleSettings) {
  const stored = yield* readKeyStore(settings);
  const own = stored === null ? null : yield* ownKeyring(settings, people, stored);
  const counts: KeyCounts = yield* countKeys(settings, people, stored?.givenUp ?? null);
  return { stored, own, counts };
});

const peopleOf = (
  settings: Settings,
  operation: string,
): Effect.Effect<PeopleSettings, StorageError> =>
  settings.people === null
    ? Effect.fail(
        new StorageError({
          ...{ reason: "Unsupported", operation },
          detail: "there are no keys to look at; give `people` in the settings",
        }),
      )
    : Effect.succeed(settings.people);

const otherNumber = (missing: number) =>
  new InputError({
    ...{ door: "adoptKeys", path: "/givingUp" },
    reason: `${missing} sealed contents have no key in this key store`,
    advice: "look for the right key store first; say this number to give these contents up",
  });
