/**
 * A law of the storage port: a value that any test runner can check.
 *
 * The id is stable and meant to be quoted; `check` ends quietly when the driver
 * keeps the law and fails with {@link LawBroken}, saying what was seen, when not.
 */
import { checkedStorage, type Storage, type StorageError } from "@linli/core/ports";
import * as Cause from "effect/Cause";
import * as Effect from "effect/Effect";
import * as Schema from "effect/Schema";
import type * as Scope from "effect/Scope";
import { type Lab, makeLab } from "./Lab.ts";

/** A driver did not do what it promised. */
export class LawBroken extends Schema.TaggedError<LawBroken>()("LawBroken", {
  law: Schema.String,
  detail: Schema.String,
}) {
  override get message(): string {
    return `law ${this.law} is broken: ${this.detail}`;
  }
}

/** A capability a law is about; a driver without it is not asked to keep that law. */
export type LawNeed = "durable";

/** What a law is checked on: an empty storage of its own. */
export interface StorageFixture {
  readonly storage: Storage;
  /**
   * Closes the storage opened last and opens the same data again; only for durable
   * drivers. The former storage is not used afterwards.
   */
  readonly reopen?: Effect.Effect<Storage, StorageError, Scope.Scope>;
  /** Capabilities the driver's author claims. */
  readonly claimed: Storage["capabilities"];
}

/** One promise of the port. */
export interface StorageLaw {
  readonly id: string;
  readonly statement: string;
  readonly needs?: LawNeed;
  readonly check: (fixture: StorageFixture) => Effect.Effect<void, LawBroken, Scope.Scope>;
}

/** Body of a law: it works with the lab, and any error or defect it lets pass breaks the law. */
export type LawBody = (lab: Lab) => Effect.fn.Return<void, unknown, Scope.Scope>;

/** Makes a law; the storage is put behind the guard that services use. */
export const law = (id: string, statement: string, body: LawBody, needs?: LawNeed): StorageLaw => ({
  id,
  statement,
  ...(needs === undefined ? {} : { needs }),
  check: (fixture) =>
    Effect.suspend(() => {
      const { reopen } = fixture;
      const guarded: StorageFixture = {
        ...fixture,
        storage: checkedStorage(fixture.storage),
        ...(reopen === undefined ? {} : { reopen: Effect.map(reopen, checkedStorage) }),
      };
      return Effect.gen(() => body(makeLab(guarded)));
    }).pipe(
      Effect.catchCause((cause) =>
        Cause.hasInterruptsOnly(cause)
          ? Effect.interrupt
          : Effect.fail(new LawBroken({ law: id, detail: detailOf(Cause.squash(cause)) })),
      ),
    ),
});

const detailOf = (fault: unknown): string =>
  fault instanceof Error ? `${fault.name}: ${fault.message}` : String(fault);
