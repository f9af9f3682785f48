/**
 * `extends`: a charter that builds on another one, made into one document.
 *
 * The base must be exactly the one relied on (id, version and, when both are
 * known, hash). Only its `open` fields may be set anew; everything else is the
 * base's, and a field repeated with the same content is not a change. The result
 * stands alone: it is what is analysed, routed by and stored.
 */
import * as Result from "effect/Result";
import { encodeCanonical, type InputError } from "../data/index.ts";
import type { CharterDocument, Extends } from "./Document.ts";
import { type Fault, fault, refused } from "./Fault.ts";

/** Where bases are looked up. */
export interface BaseOptions {
  /** Charters that may be extended; they may themselves extend others of the list. */
  readonly bases?: ReadonlyArray<CharterDocument>;
  /** Hash of a canonical encoding, such as SHA-256 in hex; needed to check `extends.hash`. */
  readonly hash?: (canonical: string) => string;
}

/** Fields that are each charter's own and are never inherited or closed. */
export const OWN_FIELDS: ReadonlyArray<string> = [
  "linli",
  "id",
  "version",
  "title",
  "effectiveFrom",
  "documentNumber",
  "approvedBy",
  "source",
  "extends",
  "flattenedFrom",
  "open",
];

/** The document with its base copied in; a document that extends nothing is itself. */
export const flattenCharter = (
  document: CharterDocument,
  options: BaseOptions = {},
): Result.Result<CharterDocument, InputError> => {
  const filled = inherit(document, options);
  return Result.isFailure(filled)
    ? Result.fail(filled.failure)
    : Result.succeed(filled.success as CharterDocument);
};

/**
 * Copies what `partial` leaves unsaid from the base it extends. The partial
 * document need only say who it is, what it extends and what it changes, so this
 * works on fields before they are decoded; the caller decodes the result.
 */
export const inherit = (
  partial: PartialDocument,
  options: BaseOptions,
): Result.Result<PartialDocument, InputError> => {
  const line: Array<PartialDocument> = [partial];
  for (let at = partial; at.extends !== undefined;) {
    const base = findBase(at.extends, line, options);
    if ("reason" in base) return refused(base);
    line.push(base);
    at = base;
  }
  let flat = line.pop() ?? partial;
  for (let child = line.pop(); child !== undefined; child = line.pop()) {
    const closed = changeOfClosed(flat, child);
    if (closed !== undefined) return refused(closed);
    flat = overlay(flat, child);
  }
  return Result.succeed(flat);
};

/** A document whose base is still to be copied in. */
export type PartialDocument = Pick<CharterDocument, "id" | "version"> & Partial<CharterDocument>;

// Private

const findBase = (
  wanted: Extends,
  line: ReadonlyArray<PartialDocument>,
  { bases = [], hash }: BaseOptions,
): CharterDocument | Fault => {
  const base = bases.find((one) => one.id === wanted.id && one.version === wanted.version);
  if (base === undefined) {
    return fault(
      ["extends"],
      "names a charter and version that is not known",
      "provide it as a base",
    );
  }
  if (line.some((one) => one.id === base.id && one.version === base.version)) {
    return fault(["extends"], "leads back to the charter itself", "break the circle");
  }
  const isOther =
    wanted.hash !== undefined && hash !== undefined && hash(encodeCanonical(base)) !== wanted.hash;
  return isOther
    ? fault(["extends", "hash"], "is not the hash of that charter", "rely on the published text")
    : base;
};

const changeOfClosed = (base: PartialDocument, child: PartialDocument): Fault | undefined => {
  const open = new Set([...OWN_FIELDS, ...(base.open ?? [])]);
  const closed = Object.entries(child).find(
    ([field, value]) => !open.has(field) && !isSame(fieldOf(base, field), value),
  );
  if (closed !== undefined) {
    return fault([closed[0]], "is not open in the charter this one extends", "leave it out");
  }
  const reopened = (child.open ?? []).findIndex((field) => !open.has(field));
  return reopened < 0
    ? undefined
    : fault(["open", reopened], "is closed in the charter this one extends", "remove it");
};

const fieldOf = (document: PartialDocument, field: string): unknown =>
  Object.hasOwn(document, field) ? document[field as keyof CharterDocument] : undefined;

// Not by canonical encoding: the partial document is not decoded yet and may hold fractions.
const isSame = (a: unknown, b: unknown): boolean => {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = Object.entries(a);
  return (
    left.length === Object.keys(b).length &&
    left.every(([key, value]) => Object.hasOwn(b, key) && isSame(value, Reflect.get(b, key)))
  );
};

const overlay = (base: PartialDocument, child: PartialDocument): PartialDocument => {
  const inherited = Object.fromEntries(
    Object.entries(base).filter(([field]) => !OWN_FIELDS.includes(field)),
  );
  const { extends: relied, ...own } = child;
  return {
    linli: 1,
    ...inherited,
    ...own,
    ...(relied === undefined ? {} : { flattenedFrom: relied }),
  };
};
