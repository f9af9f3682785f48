/** Known names and their numbers, found by a letter: mostly one comparison is enough. */

/** Names with their numbers. */
export interface Names {
  readonly all: ReadonlyMap<unknown, number>;
  /** A name where its last letter and its length put it; of several, the last one. */
  readonly spots: ReadonlyArray<string>;
  readonly numbers: ReadonlyArray<number | undefined>;
}

/** The names in a form that finds them fast. */
export const namesOf = (entries: Iterable<readonly [string, number]>): Names => {
  const all = new Map<string, number>();
  const spots = new Array<string>(SPOTS).fill("");
  const numbers = new Array<number | undefined>(SPOTS).fill(undefined);
  for (const [name, number] of entries) {
    // Engines keep one copy of each property name, and compare such texts by where they lie.
    const [known = name] = Object.keys({ [name]: 0 });
    all.set(known, number);
    spots[spotOf(name)] = known;
    numbers[spotOf(name)] = number;
  }
  return { all, spots, numbers };
};

/** The number of a name; undefined for anything else. */
export const numberIn = (names: Names, value: unknown): number | undefined => {
  if (typeof value !== "string") return undefined;
  const at = spotOf(value);
  return names.spots[at] === value ? names.numbers[at] : names.all.get(value);
};

const SPOTS = 64;

const spotOf = (name: string): number =>
  (name.charCodeAt(name.length - 1) * 7 + name.length) & (SPOTS - 1);
