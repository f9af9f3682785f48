/** Which calls of a law's scenario fail, and how: every call, and each method in every way it may. */
import {
  FAULT_KINDS,
  type FaultKind,
  type FaultPlan,
  type StorageMethod,
} from "../faults/FaultyStorage.ts";

/** A way of failing that a method is not put to, why, and the laws that are about it instead. */
export interface Spared {
  readonly method: StorageMethod;
  readonly kinds: ReadonlyArray<FaultKind>;
  readonly because: string;
  readonly instead: ReadonlyArray<string>;
}

/** Everything that does not fail in every way. */
export const SPARED: ReadonlyArray<Spared> = [
  {
    method: "lease",
    kinds: ["after", "late", "cut"],
    because:
      "a lease that was granted but never told of holds until its end, so a caller who asks again gets other jobs: that is the promise, and not the law's scenario",
    instead: ["failure.lease-answer-lost", "failure.cut-lease", "race.lease-history-lost"],
  },
  {
    method: "info",
    kinds: FAULT_KINDS,
    because: "no law of what is stored asks for it, and it changes nothing",
    instead: ["info.changes-nothing"],
  },
];

/** Laws and whole groups that are not asked again under faults, and why. */
export const NOT_UNDER_FAULTS: ReadonlyArray<{ readonly what: string; readonly because: string }> =
  [
    {
      what: "commit.interrupted-whole",
      because:
        "it cuts its own calls, so the n-th is another in each run; see `failure.cut-commit`",
    },
    ...["index-keys", "guards", "conflicts", "jobs", "cancel", "dead"].map((list) => ({
      what: `limits.${list}-at-bound`,
      because:
        "a run of its thousands costs as much as hundreds of others; `limits.rows-at-bound` and `limits.entries-at-bound` stand for it",
    })),
    ...["kept-until", "kept-for-ever"].map((kept) => ({
      what: `receipt.${kept}`,
      because:
        "a run commits hundreds of times; `receipt.replay-writes-nothing` and `receipt.before-versions` stand for it",
    })),
    {
      what: "commit.batch-given-back",
      because:
        "it changes a batch once it is answered, and a call of it that lands late would land changed",
    },
    {
      what: "lease.many-namespaces",
      because:
        "its calls fail in every way in `lease.all-namespaces`, and a run of so many namespaces costs as much as a hundred others",
    },
    {
      what: "concurrency",
      because:
        "its calls race, so the n-th is another in each run; answers get lost in its histories",
    },
    { what: "failure", because: "it is about faults already" },
    { what: "durability", because: "it closes the storage, which each run would have to own" },
    { what: "sharing", because: "it has two handles, and answers get lost in its histories" },
    { what: "info", because: "it is about a database as a whole, opened or not" },
    { what: "migration", because: "it is about a database as a whole, opened or not" },
    { what: "model", because: "its cases are drawn; `failure.any-plan` draws them with faults" },
  ];

/**
 * The plans for a scenario of these calls, whose weight is its cost in small calls. What
 * changes something comes first in every way it may fail, then what looks; a heavy
 * scenario is disturbed at fewer places, spread over it and over the ways to fail.
 */
export const faultPlans = (
  methods: ReadonlyArray<StorageMethod>,
  weight: number,
): ReadonlyArray<FaultPlan> => {
  const most = Math.max(FEWEST_RUNS, Math.floor(WEIGHT_OF_A_LAW / Math.max(weight, 1)));
  const [changes, looks] = [inTurns(methods, true), inTurns(methods, false)];
  const ordinary = weight <= ORDINARY_WEIGHT;
  const once = ordinary ? methods.filter((method) => !CHANGING.has(method)).length : 1;
  const forLooks = Math.min(looks.length, Math.max(once, most - changes.length, most / 4));
  const forChanges = ordinary ? changes.length : Math.max(1, most - forLooks);
  return [...changes.slice(0, forChanges), ...looks.slice(0, forLooks)];
};

/** The ways in which calls of a method fail in one scenario, in turn with those of its `index`. */
export const faultsOf = (method: StorageMethod, index: number): ReadonlyArray<Fault> => {
  const spared = SPARED.filter((one) => one.method === method).flatMap(({ kinds }) => kinds);
  const kinds = FAULT_KINDS.filter((kind) => !spared.includes(kind));
  // An outage cuts nothing: it is there from the call's beginning.
  const outages = kinds.filter((kind) => kind !== "cut");
  const outage = outages[index % outages.length];
  return [
    ...kinds.map((kind) => ({ kind, lasting: "once" }) as const),
    ...(outage === undefined ? [] : [{ kind: outage, lasting: "onward" } as const]),
  ];
};

// Private

type Fault = Pick<FaultPlan, "kind" | "lasting">;

const CHANGING: ReadonlySet<StorageMethod> = new Set<StorageMethod>(["commit", "settle"]);
/** Up to this weight each change fails in each of its ways, and each look in one at least. */
const ORDINARY_WEIGHT = 10;
/** What all runs of one law may weigh, and how many there are of even the heaviest. */
const WEIGHT_OF_A_LAW = 128;
const FEWEST_RUNS = 3;

/** Each call once in one of its ways, then each in its next, until all have failed in all. */
const inTurns = (
  methods: ReadonlyArray<StorageMethod>,
  changing: boolean,
): ReadonlyArray<FaultPlan> => {
  const calls = spread(
    methods.flatMap((method, index) =>
      CHANGING.has(method) === changing ? [{ index, faults: faultsOf(method, index) }] : [],
    ),
  );
  const rounds = Math.max(0, ...calls.map(({ faults }) => faults.length));
  return Array.from({ length: rounds }, (_, round) =>
    calls.flatMap(({ index, faults }) => {
      const fault = round < faults.length ? faults[(round + index) % faults.length] : undefined;
      // A driver may be caught at any of its steps; calls of one scenario are cut at different ones.
      return fault === undefined ? [] : [{ at: index + 1, ...fault, turns: 1 + (index % 3) }];
    }),
  ).flat();
};

/** The same items in an order whose beginning is spread over all of them. */
const spread = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> =>
  items
    .map((item, n) => ({ item, place: (n * GOLDEN) % 1 }))
    .sort((left, right) => left.place - right.place)
    .map(({ item }) => item);

const GOLDEN = (Math.sqrt(5) - 1) / 2;
