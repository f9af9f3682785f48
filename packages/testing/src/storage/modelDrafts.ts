/** What the commands of the model law are drawn from: few names, so that they meet. */
import * as fc from "fast-check";
import { nastyText } from "../arbitraries/text.ts";

/** One of two namespaces. */
export type Where = "home" | "beside";

/** Null as a rule: a batch of many parts would hardly ever be accepted if each were often wrong. */
export const rarely = <A>(arbitrary: fc.Arbitrary<A>, oneOf: number): fc.Arbitrary<A | null> =>
  fc.oneof({ weight: oneOf - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

export const WHERE = fc.constantFrom<Where>("home", "home", "beside");
export const QUEUE = fc.constantFrom("clock", "clock", "outbox");
const ID = fc.constantFrom("a", "b", "c", "𠮷", "\uffff");
export const RECEIPTS = ["c0", "c1", "c2"];
export const STREAM = fc.constantFrom("s", "t");
const JOB = fc.constantFrom("j0", "j1", "j2", "j3", "j4");
export const INSTANT = fc.integer({ min: 0, max: 40 });
const SOON = fc.integer({ min: 0, max: 15 });
// Mostly right, sometimes one off: refusals must be as common as they are in races.
const OFF_BY = rarely(fc.constantFrom(1, -1), 20);
export const KEY = fc.oneof(fc.constantFrom("k", "l", "m"), nastyText(2));

/** What becomes of the latest lease, or one before it; and how long before its end: 0 is too late. */
export const OUTCOME = fc.record({
  which: fc.constantFrom(0, 0, 1, 2, 5),
  how: fc.constantFrom(...[0, 1, 2, 2, 2, 3]),
  until: INSTANT,
  early: fc.constantFrom(1, 1, 1, 4, 0),
});

const rowsOf = fc.uniqueArray(
  fc.record({
    id: ID,
    off: OFF_BY,
    value: fc.option(nastyText(3), { freq: 4 }),
    by: fc.array(KEY, { maxLength: 3 }),
  }),
  { maxLength: 3, selector: (one) => one.id },
);

const jobsOf = fc.uniqueArray(
  fc.record({ id: JOB, key: fc.constantFrom("x", "y"), dueAt: SOON, queue: QUEUE }),
  { maxLength: 3, selector: (one) => one.id },
);

/** A commit with something of everything, mostly acceptable. */
export const commitDraft = fc.record({
  where: WHERE,
  at: INSTANT,
  rows: rowsOf,
  guards: fc.array(fc.record({ id: ID, off: fc.constantFrom(0, 0, 0, 0, 1) }), { maxLength: 1 }),
  entries: fc.array(
    fc.record({
      stream: STREAM,
      off: OFF_BY,
      follows: fc.constantFrom("any" as const, "last" as const),
      astray: rarely(fc.constantFrom("", "other"), 20),
    }),
    { maxLength: 3 },
  ),
  schedule: rarely(jobsOf, 2),
  cancel: rarely(JOB, 5),
  revive: rarely(fc.record({ nth: fc.nat(2), id: rarely(JOB, 10), dueAt: SOON }), 4),
  settle: rarely(OUTCOME, 4),
  receipt: rarely(
    fc.record({ id: fc.constantFrom(...RECEIPTS), content: fc.constantFrom("x", "x", "y") }),
    3,
  ),
});
