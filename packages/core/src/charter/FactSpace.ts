/**
 * The facts rules may see: which attributes a charter has, and which records are
 * points of that space.
 *
 * Two attributes always exist: `category`, which every record must name, and
 * `kind`, which is `request` unless said otherwise. The rest are the charter's
 * `facts`; what a record does not name has the default written there. Nothing
 * unknown is passed over in silence: a misspelt attribute would otherwise route an
 * issue by its default.
 */
import * as Result from "effect/Result";
import { type InputError, isSoundText, type LocalText, pointer, refuse } from "../data/index.ts";
import type { CharterDocument, FactDef, FactsRecord } from "./Document.ts";

/** The kinds of issue: 诉求, 巡查发现, 交办. */
export const ISSUE_KINDS = ["request", "finding", "assignment"] as const;
export type IssueKind = (typeof ISSUE_KINDS)[number];

/** What an attribute may hold. */
export type FactValue = FactsRecord[string];

/** A charter's fact under its id, or the category attribute. */
export type Attribute = { readonly id: string } & (
  | FactDef
  | { readonly kind: "category"; readonly name: LocalText; readonly values: ReadonlyArray<string> }
);

/** All attributes of one charter. */
export interface FactSpace {
  /** `category`, `kind`, then the charter's facts in the order it lists them. */
  readonly attributes: ReadonlyArray<Attribute>;
  readonly attribute: (id: string) => Attribute | undefined;
  /** Position of a value in its attribute's list; undefined for a value it does not have. */
  readonly rankOf: (attribute: string, value: string) => number | undefined;
  /**
   * Checks a record of unknown origin and fills in defaults. Tags come back
   * without repetition, in the charter's order, so that equal facts are equal data.
   */
  readonly complete: (record: unknown, where?: Where) => Result.Result<FactsRecord, InputError>;
}

/** Where a record stands, for the error. */
export interface Where {
  readonly door: string;
  readonly path: ReadonlyArray<string | number>;
}

/** Ids a charter's own facts cannot have: built in, or names every object answers to. */
export const isReservedFact = (id: string): boolean =>
  id === "category" || id === "kind" || id === "anyOf" || id in Object.prototype;

/** The space of a document; its facts must already be checked. */
export const makeFactSpace = (document: CharterDocument): FactSpace => {
  const attributes: ReadonlyArray<Attribute> = [
    {
      id: "category",
      kind: "category",
      name: { zh: "类别", en: "Category" },
      values: document.categories.map((category) => category.id),
    },
    {
      id: "kind",
      kind: "enum",
      name: { zh: "事项来源", en: "Kind" },
      values: ISSUE_KINDS,
      default: "request",
    },
    ...Object.entries(document.facts ?? {}).map(([id, def]) => ({ id, ...def })),
  ];
  const byId = new Map(attributes.map((attribute) => [attribute.id, attribute]));
  const ranks = new Map(attributes.map((attribute) => [attribute.id, ranksOf(attribute)]));
  const rankOf = (attribute: string, value: string) => ranks.get(attribute)?.get(value);
  return {
    attributes,
    attribute: (id) => byId.get(id),
    rankOf,
    complete: (record, where = { door: "facts", path: [] }) => {
      if (!isPlainObject(record)) return fault(where, [], "must be an object of facts");
      const complete: Record<string, FactValue> = {};
      for (const key of Object.keys(record)) {
        if (byId.has(key)) continue;
        const shown = isSoundText(key) && key.length <= 80 ? [key] : [];
        return fault(where, shown, "is not an attribute of this charter");
      }
      for (const attribute of attributes) {
        const given = Object.hasOwn(record, attribute.id) ? record[attribute.id] : undefined;
        const value = given === undefined ? defaultOf(attribute) : given;
        if (value === undefined) return fault(where, [attribute.id], "is missing");
        const wrong = faultOf(attribute, value, rankOf);
        if (wrong !== undefined) return fault(where, [attribute.id, ...wrong.path], wrong.reason);
        complete[attribute.id] = normal(attribute, value as FactValue);
      }
      return Result.succeed(complete);
    },
  };
};

// Private

const ranksOf = (attribute: Attribute): ReadonlyMap<string, number> =>
  new Map("values" in attribute ? attribute.values.map((value, rank) => [value, rank]) : []);

const defaultOf = (attribute: Attribute): FactValue | undefined =>
  attribute.kind === "category" ? undefined : attribute.default;

const fault = (where: Where, path: ReadonlyArray<string | number>, reason: string) =>
  refuse(
    where.door,
    pointer([...where.path, ...path]),
    reason,
    "see the facts and categories of the charter",
  );

const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

interface Wrong {
  readonly path: ReadonlyArray<number>;
  readonly reason: string;
}

const wrong = (reason: string, path: ReadonlyArray<number> = []): Wrong => ({ path, reason });

const faultOf = (
  attribute: Attribute,
  value: unknown,
  rankOf: FactSpace["rankOf"],
): Wrong | undefined => {
  switch (attribute.kind) {
    case "boolean":
      return typeof value === "boolean" ? undefined : wrong("must be true or false");
    case "integer":
      if (typeof value !== "number" || !Number.isSafeInteger(value))
        return wrong("must be an integer");
      return value >= attribute.min && value <= attribute.max
        ? undefined
        : wrong(`must be between ${attribute.min} and ${attribute.max}`);
    case "category":
    case "enum":
      if (typeof value !== "string") return wrong("must be text");
      if (rankOf(attribute.id, value) !== undefined) return undefined;
      return wrong(
        attribute.kind === "category"
          ? "is not a category of this charter"
          : "is not one of its values",
      );
    case "tags": {
      if (!Array.isArray(value)) return wrong("must be a list of tags");
      if (value.length > MOST_TAGS) return wrong(`must hold at most ${MOST_TAGS} tags`);
      const at = value.findIndex(
        (tag: unknown) => typeof tag !== "string" || rankOf(attribute.id, tag) === undefined,
      );
      return at < 0 ? undefined : wrong("is not one of its tags", [at]);
    }
  }
};

const normal = (attribute: Attribute, value: FactValue): FactValue => {
  if (attribute.kind === "tags" && Array.isArray(value)) {
    const tags = new Set<string>(value);
    return attribute.values.filter((tag) => tags.has(tag));
  }
  return value === 0 ? 0 : value;
};

// Repetition is harmless, but a list must not be endless: twice the tags one fact may have.
const MOST_TAGS = 128;
