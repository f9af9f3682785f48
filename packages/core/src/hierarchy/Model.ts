/**
 * Units and the chains they stand in, as data.
 *
 * A unit (a town, a community, a micro-community, a building, a party branch)
 * has a level, and may have one parent in each chain. Levels carry a rank that
 * all chains share, so that "higher" means the same wherever a unit stands.
 * Units, and the parents they have, are dated: a unit that ends names its
 * successors, a unit that moves keeps the parent it had before.
 */
import * as Schema from "effect/Schema";
import { Id, LocalText, textOf } from "../data/index.ts";
import { Instant } from "../time/index.ts";

/** A level 层级; defined by the charter. */
export interface Level {
  readonly id: string;
  /** Shared by all chains; the higher, the bigger the area. */
  readonly rank: number;
  readonly name: LocalText;
}

/** A chain 条线, such as residential or party; defined by the charter. */
export interface Chain {
  readonly id: string;
  readonly name: LocalText;
}

/** From `from` on the unit stands under `parent` in `chain`. */
export interface Move {
  readonly chain: string;
  readonly parent: string;
  readonly from: Instant;
}

/**
 * A statistical region code of the National Bureau of Statistics, and the
 * yearly list it was taken from: codes are withdrawn, so the year belongs to it.
 * Levels below the village or community have no official code.
 */
export interface StatRegionCode {
  /** 12 digits, or the 2, 4, 6 or 9 leading ones that name a region above. */
  readonly code: string;
  readonly year: number;
}

/** A unit as it is written down. */
export interface UnitInput {
  readonly id: string;
  readonly level: string;
  /** Text alone is a proper name, the same in both languages. */
  readonly name: LocalText | string;
  /** Chain to parent; the parents the unit has at its beginning. */
  readonly parents: Readonly<Record<string, string>>;
  /** Parents it came to have later. */
  readonly moves?: ReadonlyArray<Move>;
  /** First instant of its life; without it, it has always been. */
  readonly from?: Instant;
  /** First instant after its life; without it, it has no end. */
  readonly until?: Instant;
  /** The units that took over; of a unit with an end only. */
  readonly successors?: ReadonlyArray<string>;
  /** Names people use: "57号楼", "叶口巷3号". */
  readonly aliases?: ReadonlyArray<string>;
  /** Chains of which it is the root. */
  readonly roots?: ReadonlyArray<string>;
  readonly code?: StatRegionCode;
}

/** All units of a namespace. */
export interface HierarchyInput {
  readonly version: string;
  readonly units: ReadonlyArray<UnitInput>;
}

/** What the charter has decided about levels and chains. */
export interface HierarchyFrame {
  readonly levels: ReadonlyArray<Level>;
  readonly chains: ReadonlyArray<Chain>;
  /** Levels having a post of last resort; when given, every root must be of one of them. */
  readonly lastResortLevels?: ReadonlyArray<string>;
}

/** A unit as it is read; made on demand. */
export interface Unit {
  readonly id: string;
  readonly level: string;
  readonly rank: number;
  readonly name: LocalText;
  readonly from?: Instant;
  readonly until?: Instant;
  readonly successors: ReadonlyArray<string>;
  readonly aliases: ReadonlyArray<string>;
  readonly roots: ReadonlyArray<string>;
  readonly code?: StatRegionCode;
}

/** Schema of {@link Level}. */
export const Level = Schema.Struct({ id: Id, rank: Schema.Int, name: LocalText });

/** Schema of {@link Chain}. */
export const Chain = Schema.Struct({ id: Id, name: LocalText });

/** Schema of {@link Move}. */
export const Move = Schema.Struct({ chain: Id, parent: Id, from: Instant });

/** Schema of {@link StatRegionCode}. */
export const StatRegionCode = Schema.Struct({
  code: Schema.String.check(
    Schema.makeFilter((value: string) =>
      /^(?:\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$/.test(value)
        ? undefined
        : "must be a statistical region code of 12 digits, or its leading 2, 4, 6 or 9",
    ),
  ),
  year: Schema.Int.check(
    Schema.makeFilter((value: number) =>
      value >= 1949 && value <= 9999 ? undefined : "must be a year from 1949 on",
    ),
  ),
});

/** Schema of {@link UnitInput}. */
export const UnitInput = Schema.Struct({
  id: Id,
  level: Id,
  name: Schema.Union([textOf(200), LocalText]),
  parents: Schema.Record(Id, Id),
  moves: Schema.optionalKey(Schema.Array(Move)),
  from: Schema.optionalKey(Instant),
  until: Schema.optionalKey(Instant),
  successors: Schema.optionalKey(Schema.Array(Id)),
  aliases: Schema.optionalKey(Schema.Array(textOf(200))),
  roots: Schema.optionalKey(Schema.Array(Id)),
  code: Schema.optionalKey(StatRegionCode),
});

/** Schema of {@link HierarchyInput}. */
export const HierarchyInput = Schema.Struct({ version: Id, units: Schema.Array(UnitInput) });
