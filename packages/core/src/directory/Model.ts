/**
 * Who holds which post where, who is away, who is on duty, and the
 * organisations around: dated data, persons being opaque ids.
 *
 * Holders are data: a post at a unit may have none, one or several, and a person
 * may hold many posts. A building without a chief is a finding, never an error.
 */
import * as Schema from "effect/Schema";
import { Id, LocalText } from "../data/index.ts";
import { Instant } from "../time/index.ts";

/** Nature of a post: who serves in it, and what may be asked of them. */
export type PostKind = "volunteer" | "staff" | "official" | "outside";

/** A post 岗位; defined by the charter. */
export interface PostDef {
  readonly id: string;
  readonly name: LocalText;
  readonly kind: PostKind;
  readonly level: string;
  readonly chain: string;
  /** The accountable post of its level in its chain; at most one is. */
  readonly handles?: boolean;
  /** Posts of the same level that stand in, in this order. */
  readonly deputies?: ReadonlyArray<string>;
  /** Answers when nobody else does; needed at the level of every root. */
  readonly lastResort?: boolean;
}

/** An appointment 任职: a person in a post at a unit, from `from` until just before `until`. */
export interface Appointment {
  readonly id: string;
  readonly person: string;
  readonly post: string;
  readonly unit: string;
  readonly from: Instant;
  readonly until?: Instant;
}

/** A leave: the person is absent from all posts, and may name who stands in. */
export interface Leave {
  readonly id: string;
  readonly person: string;
  readonly from: Instant;
  readonly until: Instant;
  /** A person, not a post. */
  readonly delegate?: string;
}

/** A line of a duty roster 值班表. */
export interface DutyShift {
  readonly id: string;
  readonly post: string;
  readonly unit: string;
  readonly person: string;
  readonly from: Instant;
  readonly until: Instant;
}

/** Kind of an organisation. */
export type OrganisationKind =
  | "department"
  | "property"
  | "developer"
  | "utility"
  | "ownersCommittee"
  | "other";

/** An organisation 单位: outside all chains, serving areas. */
export interface Organisation {
  readonly id: string;
  readonly kind: OrganisationKind;
  readonly name: LocalText;
  /** Units it serves, each with everything below it in any chain. */
  readonly serviceAreas: ReadonlyArray<string>;
  /** Categories it takes; without them, all. */
  readonly categories?: ReadonlyArray<string>;
  /** Persons who speak for it. */
  readonly members?: ReadonlyArray<string>;
  readonly from?: Instant;
  readonly until?: Instant;
}

/** Everything a directory knows. */
export interface DirectoryInput {
  readonly version: string;
  readonly appointments: ReadonlyArray<Appointment>;
  readonly leaves: ReadonlyArray<Leave>;
  readonly shifts: ReadonlyArray<DutyShift>;
  readonly organisations: ReadonlyArray<Organisation>;
}

/** Schema of {@link PostKind}. */
export const PostKind = Schema.Literals(["volunteer", "staff", "official", "outside"]);

/** Schema of {@link PostDef}. */
export const PostDef = Schema.Struct({
  id: Id,
  name: LocalText,
  kind: PostKind,
  level: Id,
  chain: Id,
  handles: Schema.optionalKey(Schema.Boolean),
  deputies: Schema.optionalKey(Schema.Array(Id)),
  lastResort: Schema.optionalKey(Schema.Boolean),
});

/** Schema of {@link Appointment}. */
export const Appointment = Schema.Struct({
  id: Id,
  person: Id,
  post: Id,
  unit: Id,
  from: Instant,
  until: Schema.optionalKey(Instant),
});

/** Schema of {@link Leave}. */
export const Leave = Schema.Struct({
  id: Id,
  person: Id,
  from: Instant,
  until: Instant,
  delegate: Schema.optionalKey(Id),
});

/** Schema of {@link DutyShift}. */
export const DutyShift = Schema.Struct({
  id: Id,
  post: Id,
  unit: Id,
  person: Id,
  from: Instant,
  until: Instant,
});

/** Schema of {@link OrganisationKind}. */
export const OrganisationKind = Schema.Literals([
  "department",
  "property",
  "developer",
  "utility",
  "ownersCommittee",
  "other",
]);

/** Schema of {@link Organisation}. */
export const Organisation = Schema.Struct({
  id: Id,
  kind: OrganisationKind,
  name: LocalText,
  serviceAreas: Schema.Array(Id),
  categories: Schema.optionalKey(Schema.Array(Id)),
  members: Schema.optionalKey(Schema.Array(Id)),
  from: Schema.optionalKey(Instant),
  until: Schema.optionalKey(Instant),
});

/** Schema of {@link DirectoryInput}. */
export const DirectoryInput = Schema.Struct({
  version: Id,
  appointments: Schema.Array(Appointment),
  leaves: Schema.Array(Leave),
  shifts: Schema.Array(DutyShift),
  organisations: Schema.Array(Organisation),
});
