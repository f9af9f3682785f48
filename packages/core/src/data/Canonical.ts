/**
 * One encoding of a value, byte for byte: what hashes are taken over.
 *
 * The form of RFC 8785 (JSON Canonicalization Scheme) for the values the library
 * stores - text, safe integers, booleans, null, lists, objects - where keys are
 * sorted by UTF-16 units and fields that are `undefined` are left out. Numbers
 * that are not safe integers do not occur in stored values and are refused.
 */

/** Plain data the library stores. */
export type Plain =
  | string
  | number
  | boolean
  | null
  | undefined
  | ReadonlyArray<Plain>
  | { readonly [key: string]: Plain };

/**
 * Encodes plain data canonically.
 *
 * @throws TypeError on a fraction, an unsafe integer or anything that is not
 * plain data: a broken invariant of the library, never of an input.
 */
export const encodeCanonical = (value: unknown): string => {
  switch (typeof value) {
    case "string":
      return textOf(value);
    case "boolean":
      return value ? "true" : "false";
    case "number":
      if (!Number.isSafeInteger(value))
        throw new TypeError("only safe integers have a canonical form");
      // Minus zero is zero.
      return value === 0 ? "0" : String(value);
    case "object":
      if (value === null) return "null";
      return Array.isArray(value)
        ? encodeList(value)
        : encodeObject(value as Record<string, unknown>);
    default:
      throw new TypeError(`a ${typeof value} has no canonical form`);
  }
};

const encodeList = (list: ReadonlyArray<unknown>): string => {
  let text = "[";
  for (let i = 0; i < list.length; i += 1) {
    if (i > 0) text += ",";
    text += list[i] === undefined ? "null" : encodeCanonical(list[i]);
  }
  return `${text}]`;
};

const encodeObject = (object: Record<string, unknown>): string => {
  const keys = Object.keys(object);
  sort(keys);
  let text = "";
  for (const key of keys) {
    const value = object[key];
    if (value === undefined) continue;
    text += (text === "" ? "{" : ",") + quoted(key) + encodeCanonical(value);
  }
  return text === "" ? "{}" : `${text}}`;
};

// Events have a handful of fields, mostly in order already: cheaper to put right than to sort.
const FEW = 24;
const sort = (keys: Array<string>): void => {
  if (keys.length > FEW) {
    keys.sort();
    return;
  }
  for (let i = 1; i < keys.length; i += 1) {
    const key = keys[i] ?? "";
    let at = i;
    for (; at > 0 && (keys[at - 1] ?? "") > key; at -= 1) keys[at] = keys[at - 1] ?? "";
    keys[at] = key;
  }
};

// Ids and hashes need no escapes, which is found out faster than written.
const PLAIN = /^[ !#-[\]-~]*$/;
const textOf = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

// The same few hundred field names are encoded over and over; ids used as keys must not fill memory.
const QUOTED_MAX = 1_000;
const quotedKeys = new Map<string, string>();
const quoted = (key: string): string => {
  const known = quotedKeys.get(key);
  if (known !== undefined) return known;
  const text = `${JSON.stringify(key)}:`;
  if (quotedKeys.size < QUOTED_MAX) quotedKeys.set(key, text);
  return text;
};
