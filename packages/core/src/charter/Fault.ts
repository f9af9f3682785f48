/**
 * How the checks of a charter report: each check is a generator of faults, and any
 * fault refuses the document. All are named, within a bound.
 */
import * as Result from "effect/Result";
import { InputError, pointer, refusedFor } from "../data/index.ts";

/** One thing wrong with a document. */
export interface Fault {
  readonly path: Path;
  readonly reason: string;
  readonly advice: string;
}

/** Keys and positions from the top of the document. */
export type Path = ReadonlyArray<string | number>;

/** The checks of one concern. */
export type Faults = Generator<Fault, void>;

export const fault = (path: Path, reason: string, advice: string): Fault => ({
  path,
  reason,
  advice,
});

/** Something is named that the document does not have. */
export const dangling = (path: Path, what: string): Fault =>
  fault(path, `names a ${what} the charter does not have`, `add the ${what} or correct the name`);

/** The first fault as the charter door's error. */
export const refused = ({ path, reason, advice }: Fault): Result.Result<never, InputError> =>
  Result.fail(new InputError({ door: "charter", path: pointer(path), reason, advice }));

/** All faults as the charter door's error; undefined when there are none. */
export const refusedByAll = (faults: Iterable<Fault>): InputError | undefined => {
  const found = pointed(faults);
  const { value: first } = found.next();
  return first === undefined ? undefined : refusedFor("charter", first, found);
};

function* pointed(faults: Iterable<Fault>) {
  for (const { path, reason, advice } of faults) yield { path: pointer(path), reason, advice };
}

/** Entries whose key was already used by an earlier one. */
export function* duplicates<A>(
  list: ReadonlyArray<A>,
  path: Path,
  keyOf: (item: A) => { readonly key: string; readonly at: Path },
): Faults {
  const seen = new Set<string>();
  for (const [i, item] of list.entries()) {
    const { key, at } = keyOf(item);
    if (seen.has(key)) {
      yield fault([...path, i, ...at], "is used twice", "give each its own");
    }
    seen.add(key);
  }
}

/** Ids used twice in a list of things with an `id`. */
export const duplicateIds = (list: ReadonlyArray<{ readonly id: string }>, path: Path): Faults =>
  duplicates(list, path, (item) => ({ key: item.id, at: ["id"] }));

/** Values used twice in a list of ids. */
export const duplicateValues = (list: ReadonlyArray<string>, path: Path): Faults =>
  duplicates(list, path, (value) => ({ key: value, at: [] }));

/** A list longer than the library promises to carry. */
export function* longerThan(list: { readonly length: number }, most: number, path: Path): Faults {
  if (list.length > most) yield fault(path, `holds more than ${most} entries`, "split the charter");
}
