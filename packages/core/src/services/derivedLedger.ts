/**
 * Comparing what must be there with what is there, in memory that does not grow.
 *
 * Both sides are told fact by fact, in any order. At first only sums of weights are
 * kept, by buckets of owners: equal sums show that nothing differs. Where they are not
 * equal, a second walk looks at the owners of those buckets alone, fact by fact.
 */

/** Takes both sides. A fact of an owner may be told several times at once. */
export interface Ledger {
  readonly expect: (owner: string, fact: string, times: number) => void;
  /** The owner must have the facts of one of these, and no others; the first is the usual one. */
  readonly expectOneOf: (
    owner: string,
    candidates: ReadonlyArray<() => ReadonlyArray<string>>,
  ) => void;
  readonly found: (owner: string, fact: string, times: number) => void;
}

/** A ledger of sums. */
export interface SumLedger extends Ledger {
  /** Null when both sides are equal; otherwise whether an owner must be looked at closely. */
  readonly suspects: () => ((owner: string) => boolean) | null;
}

/** What an owner should have and has. */
export interface Difference {
  readonly owner: string;
  readonly fact: string;
  readonly expected: number;
  readonly found: number;
}

/** A ledger of facts. */
export interface ExactLedger extends Ledger {
  /** In the order of owners and facts. */
  readonly differences: () => ReadonlyArray<Difference>;
  /** True when there were more suspects than are looked at in one walk. */
  readonly isCut: () => boolean;
}

/**
 * Keeps sums. Whoever chooses what is stored must not know the seed: with it, sums that
 * cancel out could be sought.
 */
export const makeSumLedger = (seed: string): SumLedger => {
  const sums = [new Int32Array(BUCKETS), new Int32Array(BUCKETS)] as const;
  const [bucketSeed, first, second] = [0, 1, 2].map((n) => hash32(2_166_136_261, `${n}${seed}`));
  const bucketOf = (owner: string) => hash32(bucketSeed ?? 0, owner) & (BUCKETS - 1);
  const add = (owner: string, fact: string, times: number) => {
    const bucket = bucketOf(owner);
    const text = `${owner}\n${fact}`;
    sums[0][bucket] = ((sums[0][bucket] ?? 0) + Math.imul(hash32(first ?? 0, text), times)) | 0;
    sums[1][bucket] = ((sums[1][bucket] ?? 0) + Math.imul(hash32(second ?? 0, text), times)) | 0;
  };
  return {
    expect: add,
    expectOneOf: (owner, [usual]) => {
      for (const fact of usual?.() ?? []) add(owner, fact, 1);
    },
    found: (owner, fact, times) => add(owner, fact, -times),
    suspects: () => {
      const differs = (bucket: number) => sums[0][bucket] !== 0 || sums[1][bucket] !== 0;
      return sums.some((sum) => sum.some((one) => one !== 0))
        ? (owner) => differs(bucketOf(owner))
        : null;
    },
  };
};

/** Keeps the facts of suspects, of so many at most. */
export const makeExactLedger = (
  isSuspect: (owner: string) => boolean,
  most = SUSPECTS_MAX,
): ExactLedger => {
  const owners = new Map<string, Account>();
  let cut = false;
  const accountOf = (owner: string): Account | null => {
    if (!isSuspect(owner)) return null;
    const known = owners.get(owner);
    if (known !== undefined) return known;
    cut ||= owners.size >= most;
    if (owners.size >= most) return null;
    const made: Account = { candidates: [], found: new Map() };
    owners.set(owner, made);
    return made;
  };
  return {
    expect: (owner, fact, times) => {
      const account = accountOf(owner);
      if (account === null) return;
      const [only = new Map<string, number>()] = account.candidates;
      count(only, fact, times);
      account.candidates = [only];
    },
    expectOneOf: (owner, candidates) => {
      const account = accountOf(owner);
      if (account === null) return;
      account.candidates = candidates.map((facts) => {
        const set = new Map<string, number>();
        for (const fact of facts()) count(set, fact, 1);
        return set;
      });
    },
    found: (owner, fact, times) => {
      const account = accountOf(owner);
      if (account !== null) count(account.found, fact, times);
    },
    differences: () => [...owners].sort(byOwner).flatMap(([owner, one]) => differing(owner, one)),
    isCut: () => cut,
  };
};

// Private

const BUCKETS = 65_536;

/** Owners looked at closely in one walk. */
const SUSPECTS_MAX = 20_000;

interface Account {
  candidates: Array<Facts>;
  readonly found: Facts;
}

type Facts = Map<string, number>;

const count = (facts: Facts, fact: string, times: number): void => {
  facts.set(fact, (facts.get(fact) ?? 0) + times);
};

const byOwner = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : 1;

const differing = (owner: string, { candidates, found }: Account): ReadonlyArray<Difference> => {
  const all = candidates.length === 0 ? [new Map<string, number>()] : candidates;
  const differences = all.map((expected) =>
    [...new Set([...expected.keys(), ...found.keys()])].sort().flatMap((fact) => {
      const difference = {
        ...{ owner, fact, expected: expected.get(fact) ?? 0, found: found.get(fact) ?? 0 },
      };
      return difference.expected === difference.found ? [] : [difference];
    }),
  );
  return differences.some(({ length }) => length === 0) ? [] : (differences[0] ?? []);
};

// FNV-1a over UTF-16 units, mixed at the end so that short texts spread.
const hash32 = (seed: number, text: string): number => {
  let hash = seed;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 16_777_619);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
};
