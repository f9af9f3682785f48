/**
 * A law of the storage port: a value that any test runner can check.
 *
 * The id is stable and meant to be quoted; `check` ends quietly when the driver
 * keeps the law and fails with {@link LawBroken}, saying what was seen, when not.
 */
import { checkedStorage, type Storage, type StorageDatabase } from "@linli/core/ports";
import * as Cause from "effect/Cause";
import * as Effect from "effect/Effect";
import * as Schema from "effect/Schema";
import type * as Scope from "effect/Scope";
import type { StorageFixture } from "./Fixture.ts";
import { type Lab, makeLab } from "./Lab.ts";
import { toldOf } from "./told.ts";
import { typedAnswers } from "./typedAnswers.ts";

/** A driver did not do what it promised. */
export class LawBroken extends Schema.TaggedError<LawBroken>()("LawBroken", {
  law: Schema.String,
  detail: Schema.String,
  /** Whether it did not end within its time: more laws may then cost as much, and say no more. */
  timedOut: Schema.optionalKey(Schema.Boolean),
}) {
  override get message(): string {
    return `law ${this.law} is broken: ${this.detail}`;
  }
}

/**
 * What a law is about beyond the core: a capability (`durable`, `shared`), a way to
 * look at the raw data (`inspect`), or a database that is not opened yet (`database`;
 * whoever claims to be durable must have one). A driver without it is not asked to keep
 * that law, and the report says so.
 */
export type LawNeed = "durable" | "shared" | "inspect" | "database";

/** What a law is about, in the order of the reference page. */
export const LAW_GROUPS = [
  "read",
  "commit",
  "deletion",
  "guards",
  "receipts",
  "streams",
  "feed",
  "schedule",
  "lease",
  "settle",
  "dead",
  "scan",
  "count",
  "text",
  "limits",
  "isolation",
  "concurrency",
  "failure",
  "durability",
  "sharing",
  "info",
  "migration",
  "model",
] as const;
export type LawGroup = (typeof LAW_GROUPS)[number];

/** One promise of the port. */
export interface StorageLaw {
  readonly id: string;
  readonly group: LawGroup;
  readonly statement: string;
  readonly needs?: LawNeed;
  readonly check: (fixture: StorageFixture) => Effect.Effect<void, LawBroken, Scope.Scope>;
}

/** Body of a law: it works with the lab, and any error or defect it lets pass breaks the law. */
export type LawBody = (lab: Lab) => Effect.fn.Return<void, unknown, Scope.Scope>;

/**
 * Makes a law; the storage is put behind the guard that services use, and its answers are compared
 * with the port's types.
 */
export const law = (id: string, statement: string, body: LawBody, needs?: LawNeed): StorageLaw => ({
  id,
  group: groupOf(id),
  statement,
  ...(needs === undefined ? {} : { needs }),
  check: (fixture) =>
    Effect.suspend(() => {
      const { reopen, openSecond, database } = fixture;
      const guarded: StorageFixture = {
        ...fixture,
        storage: guard(fixture.storage),
        ...(reopen === undefined ? {} : { reopen: Effect.map(reopen, guard) }),
        ...(openSecond === undefined ? {} : { openSecond: Effect.map(openSecond, guard) }),
        ...(database === undefined ? {} : { database: Effect.map(database, guardedWhenOpen) }),
      };
      return Effect.gen(() => body(makeLab(guarded)));
    }).pipe(
      Effect.catchCause((cause) =>
        Cause.hasInterruptsOnly(cause)
          ? Effect.interrupt
          : Effect.fail(new LawBroken({ law: id, detail: toldOf(Cause.squash(cause)) })),
      ),
    ),
});

/** What stands around a driver: no argument it may not see, no answer nobody may get. */
const guard = (driver: Storage): Storage => checkedStorage(typedAnswers(driver));

const guardedWhenOpen = (database: StorageDatabase): StorageDatabase => ({
  info: () => database.info(),
  migrate: () => database.migrate(),
  open: () => Effect.map(database.open(), guard),
});

const GROUP_OF_WORD: Readonly<Record<string, LawGroup>> = {
  delete: "deletion",
  guard: "guards",
  receipt: "receipts",
  stream: "streams",
  cancel: "schedule",
  revive: "dead",
  number: "text",
  batch: "limits",
  namespace: "isolation",
  race: "concurrency",
  capabilities: "durability",
  durable: "durability",
  shared: "sharing",
};

/** The group is named by the id's first word, so an id alone says what a law is about. */
const groupOf = (id: string): LawGroup => {
  const word = id.slice(0, id.indexOf("."));
  const group = GROUP_OF_WORD[word] ?? LAW_GROUPS.find((one) => one === word);
  if (group === undefined) throw new Error(`no group of laws for \`${id}\``);
  return group;
};
