/**
 * What the services are given: a storage, notifiers, and the few things that must
 * come from outside - time, ids, hashing, addresses.
 */
import * as Clock from "effect/Clock";
import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import type { CalendarData, Instant } from "../time/index.ts";
import type { Digest } from "../journal/index.ts";
import { nodeCrypto } from "../ports/index.ts";
import type { FieldCipher, KeyStore, Notifier, Signer, Storage } from "../ports/index.ts";
import { makeKeysKnown } from "./keysKnown.ts";
import type { KeysKnown } from "./keysKnown.ts";
import { makeRecentIssues } from "./recent.ts";
import type { RecentIssues } from "./recent.ts";

/** Where one person wants messages of one channel. */
export interface Address {
  readonly channel: string;
  readonly to: string;
  readonly locale: "zh" | "en";
}

/** How persons' contents are sealed: with what, and where the keys are. */
export interface PeopleSettings {
  readonly cipher: FieldCipher;
  /** Of a store of its own, outside the storage and its backups. */
  readonly keys: KeyStore;
  /** Ciphers of older records, when `cipher` was changed. */
  readonly olderCiphers?: ReadonlyArray<FieldCipher>;
}

/** Settings of one namespace; only the storage has no default. */
export interface LinliSettings {
  readonly storage: Storage;
  /** One city or town; default `main`. */
  readonly namespace?: string;
  /** Calendars that charters name and do not carry themselves. */
  readonly calendars?: ReadonlyArray<CalendarData>;
  readonly notifiers?: ReadonlyArray<Notifier>;
  /** The host's address book, asked at the moment of sending, best channel first. */
  readonly addressesOf?: (person: string) => ReadonlyArray<Address>;
  /** The one authority on time, in epoch milliseconds; default: Effect's Clock. */
  readonly now?: () => Instant;
  /** Makes unguessable ids; default: `crypto.randomUUID`. */
  readonly newId?: () => string;
  /** Default: SHA-256 of the platform. */
  readonly digest?: Digest;
  /** How long a command's receipt is kept for redelivery; default 30 days. */
  readonly receiptMillis?: number;
  /** Signs seals; default null: seals are not signed. */
  readonly signer?: Signer | null;
  /**
   * How long `runDue` lets pass between two sealings; default 0: it does not seal,
   * and `seal` seals at once whenever it is called.
   */
  readonly sealEveryMillis?: number;
  /** Seals contents with a key per person, so that a person can be forgotten; default null: plain. */
  readonly people?: PeopleSettings | null;
}

/** The settings, complete. */
export interface Settings extends Required<Omit<LinliSettings, "now">> {
  readonly now: Effect.Effect<Instant>;
  /** Not a setting: what the services of this namespace have just read and written. */
  readonly recent: RecentIssues;
  /** Not a setting: what was seen of `people` so far. */
  readonly keysKnown: KeysKnown;
}

/** The settings as a service. */
export class LinliConfig extends Context.Service<LinliConfig, LinliSettings>()(
  "@linli/core/services/LinliConfig",
) {}

const THIRTY_DAYS = 2_592_000_000;

/** Fills in the defaults. */
export const completeSettings = (given: LinliSettings): Settings => {
  const { now } = given;
  return {
    storage: given.storage,
    namespace: given.namespace ?? "main",
    calendars: given.calendars ?? [],
    notifiers: given.notifiers ?? [],
    addressesOf: given.addressesOf ?? (() => []),
    now: now === undefined ? Clock.currentTimeMillis : Effect.sync(now),
    newId: given.newId ?? (() => globalThis.crypto.randomUUID()),
    digest: given.digest ?? platformDigest("SHA-256"),
    receiptMillis: given.receiptMillis ?? THIRTY_DAYS,
    signer: given.signer ?? null,
    sealEveryMillis: given.sealEveryMillis ?? 0,
    people: given.people ?? null,
    recent: makeRecentIssues(),
    keysKnown: makeKeysKnown(),
  };
};

/**
 * The platform's own hash function, found without importing a Node module so that
 * this file also loads in a browser. A runtime without `node:crypto` must pass a
 * `digest` of its own.
 *
 * @throws TypeError where the platform has none.
 */
export const platformDigest = (algorithm: Digest["algorithm"]): Digest => {
  const crypto = nodeCrypto();
  if (crypto === undefined) {
    throw new TypeError(
      "this runtime has no synchronous hash function; pass `digest` in the settings",
    );
  }
  const name = algorithm === "SM3" ? "sm3" : "sha256";
  const oneShot = crypto.hash;
  const hash =
    oneShot === undefined
      ? (text: string) => crypto.createHash(name).update(text, "utf8").digest("hex")
      : (text: string) => oneShot(name, text, "hex");
  try {
    hash("");
  } catch {
    throw new TypeError(
      `this runtime has no ${algorithm}; pass another \`digest\` in the settings`,
    );
  }
  return { algorithm, hash };
};
