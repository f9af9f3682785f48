/** What `// => VALUE` in a page's program means at run time. */
import { inspect, isDeepStrictEqual } from "node:util";
import { runInThisContext } from "node:vm";

/** Holds `value` against the text behind `// =>`; gives the value back. */
export const __expect = (value, text, place) => {
  if (!agrees(value, text)) {
    const shown = inspect(value, { depth: 8, breakLength: 100 });
    throw new Error(`${place}: expected ${text}\n  but it is ${shown}`);
  }
  return value;
};

// Private

/** Equal as a value, as the plain data a class instance carries, or as the text it prints. */
function agrees(value, text) {
  const expected = literal(text);
  if (expected !== undefined) {
    if (isDeepStrictEqual(value, expected.value)) return true;
    if (
      typeof value === "object" &&
      value !== null &&
      isDeepStrictEqual(plain(value), expected.value)
    )
      return true;
  }
  return text === String(value) || text === inspect(value, { depth: 8, breakLength: Infinity });
}

function literal(text) {
  try {
    return { value: runInThisContext(`(${text})`) };
  } catch {
    return undefined;
  }
}

function plain(value) {
  try {
    return JSON.parse(JSON.stringify(value));
  } catch {
    return undefined;
  }
}
