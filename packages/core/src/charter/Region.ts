/**
 * Regions of facts: the only conditions a rule may use.
 *
 * A box names, for each attribute it cares about, the values it allows; a region
 * is the union of boxes. There are no functions, patterns or arithmetic between
 * attributes on purpose: that is what makes complete proofs about rules possible.
 */
import * as Schema from "effect/Schema";
import { Id } from "../data/index.ts";

/** What a box allows of one attribute; an attribute not named allows everything. */
export type Condition =
  | boolean
  /** Enum values; for the category attribute, each with its whole subtree. */
  | { readonly in: ReadonlyArray<string> }
  /** A stretch of an ordered enum, both ends included. */
  | { readonly from?: string; readonly to?: string }
  /** Integer intervals, both ends included; null is open. */
  | { readonly ranges: ReadonlyArray<readonly [number | null, number | null]> }
  /** Tags that must be present and tags that must be absent. */
  | { readonly has?: ReadonlyArray<string>; readonly lacks?: ReadonlyArray<string> };

/** A conjunction over attributes. `category` and `kind` always exist; the rest are the charter's facts. */
export type Box = { readonly [attribute: string]: Condition };

/** One box, several boxes of which any suffices, or everything. */
export type Region = "all" | Box | { readonly anyOf: ReadonlyArray<Box> };

const Bound = Schema.NullOr(Schema.Int);

/** Schema of {@link Condition}. */
export const Condition: Schema.Codec<Condition> = Schema.Union([
  Schema.Boolean,
  Schema.Struct({ in: Schema.Array(Id).check(Schema.isMinLength(1)) }),
  Schema.Struct({
    ranges: Schema.Array(Schema.Tuple([Bound, Bound])).check(Schema.isMinLength(1)),
  }),
  Schema.Struct({
    has: Schema.optionalKey(Schema.Array(Id)),
    lacks: Schema.optionalKey(Schema.Array(Id)),
  }),
  Schema.Struct({ from: Schema.optionalKey(Id), to: Schema.optionalKey(Id) }),
]);

/** Schema of {@link Box}. */
export const Box: Schema.Codec<Box> = Schema.Record(Id, Condition);

/** Schema of {@link Region}. */
export const Region: Schema.Codec<Region> = Schema.Union([
  Schema.Literal("all"),
  Schema.Struct({ anyOf: Schema.Array(Box).check(Schema.isMinLength(1)) }),
  Box,
]);
