/** Laws of names: whatever stands where a name can stand is told from every other text. */
import type { JobOutcome, LeasedJob } from "@linli/core/ports";
import {
  done,
  entry,
  failsWith,
  guard,
  HOME,
  idsOf,
  job,
  only,
  receipt,
  renew,
  row,
  same,
} from "./Lab.ts";
import { law, type StorageLaw } from "./Law.ts";
import { alone, beginning, keptApart, LOOKALIKES, named } from "./lookalikes.ts";

const rowLaws: ReadonlyArray<StorageLaw> = [
  law(
    "text.ids-apart",
    "Ids of rows that differ by case, blanks, accents, width or their last character are different ids, for guards too.",
    function* (lab) {
      const [first = "", ...others] = LOOKALIKES;
      yield* lab.commit({ rows: [row(first)] });
      yield* lab.commit({
        rows: others.map((id) => row(id)),
        guards: [guard(first, 1)],
      });
      yield* lab.commit({ rows: [row(first, { expected: 1, value: null })] });
      yield* lab.commit({ guards: [guard(first, 0), ...others.map((id) => guard(id, 1))] });
      const values = (yield* lab.read(...LOOKALIKES)).map((one) => one?.value ?? null);
      yield* same("values", values, [null, ...others.map((id) => `value of ${id}`)]);
    },
  ),
  law("text.kinds-apart", "Kinds that differ so are different kinds.", function* (lab) {
    const rows = LOOKALIKES.map((kind) => named(kind, "a", "by", "k"));
    yield* lab.commit({ rows });
    yield* keptApart(lab, rows);
  }),
  law("text.indexes-apart", "Names of indexes that differ so are different.", function* (lab) {
    const rows = LOOKALIKES.map((index, n) => named("thing", `r${n}`, index, "k"));
    yield* lab.commit({ rows });
    for (const one of rows) yield* alone(lab, one);
  }),
  law(
    "text.keys-apart",
    "Index keys that differ so are different: each is found by its own range, alone.",
    function* (lab) {
      yield* lab.commit({ rows: LOOKALIKES.map((key, n) => row(`r${n}`, { by: [key] })) });
      for (const [n, key] of LOOKALIKES.entries()) {
        const range = { from: key, to: `${key}\u0001` };
        yield* same(`under ${key}`, yield* lab.scanAll({ range }), [`r${n}`]);
      }
    },
  ),
];

/** Those that are the likeliest to be taken for one of them: the first, and its neighbour. */
const likest = (n: number): ReadonlyArray<string> =>
  [LOOKALIKES[0], LOOKALIKES[n - 1]].flatMap((one) =>
    one === undefined || one === LOOKALIKES[n] ? [] : [one],
  );

const journalLaws: ReadonlyArray<StorageLaw> = [
  law("text.streams-apart", "Streams whose names differ so are different.", function* (lab) {
    const entries = LOOKALIKES.map(beginning);
    for (const one of entries) yield* lab.commit({ entries: [one] });
    const refused = yield* lab.refused({ entries });
    yield* same("conflicts", refused.length, LOOKALIKES.length);
    for (const stream of LOOKALIKES) {
      const seen = yield* lab.feed({ stream });
      yield* same(
        "entries",
        seen.map((one) => one.stream),
        [stream],
      );
    }
  }),
  law(
    "text.hashes-apart",
    "A hash that differs so from that of a stream's last entry is another history.",
    function* (lab) {
      for (const [n, hash] of LOOKALIKES.entries()) {
        const stream = `s${n}`;
        yield* lab.commit({ entries: [{ ...entry(stream, 1), hash }] });
        for (const previous of likest(n)) {
          const conflicts = yield* lab.refused({ entries: [{ ...entry(stream, 2), previous }] });
          yield* same(previous, conflicts, [{ kind: "head", id: stream, expected: 1, actual: 0 }]);
        }
        yield* lab.commit({ entries: [{ ...entry(stream, 2), previous: hash }] });
      }
    },
  ),
  law(
    "text.commands-apart",
    "Command ids that differ so are different commands, each with a receipt of its own.",
    function* (lab) {
      for (const id of LOOKALIKES) {
        const result = yield* lab.commit({ receipt: receipt(id, "x") });
        yield* same(id, result, { _tag: "Committed" });
      }
      for (const id of LOOKALIKES) {
        const kept = yield* lab.storage.receipt({ namespace: HOME, id });
        yield* same("receipt", kept, { id, contentHash: "x", value: `result of ${id}` });
      }
    },
  ),
  law(
    "text.contents-apart",
    "Content hashes that differ so are of different contents: the command is refused with ReceiptMismatch.",
    function* (lab) {
      for (const [n, hash] of LOOKALIKES.entries()) {
        yield* lab.commit({ receipt: receipt(`c${n}`, hash) });
        for (const other of likest(n)) {
          const call = lab.commit({ rows: [row("a")], receipt: receipt(`c${n}`, other) });
          yield* failsWith(other, "ReceiptMismatch", call);
        }
      }
      yield* same("row", yield* lab.read("a"), [null]);
    },
  ),
];

/**
 * A token as a careless comparison would let it pass; no text twice, never the token, and
 * always as many, so that a scenario calls as often whatever the driver's tokens are.
 */
const bent = ({ token }: LeasedJob): ReadonlyArray<string> => {
  const bendings = [
    token.toUpperCase(),
    token.toLowerCase(),
    `${token} `,
    ` ${token}`,
    `0${token}`,
    `+${token}`,
    `{${token}}`,
  ];
  const [first = ""] = token;
  const cut = [token.slice(0, -1), token.slice(1), `${token}0`, `${token.slice(0, -1)}~`, first];
  const seen = new Set(["", token]);
  return [...bendings, ...cut].map((one, n) => {
    const other = seen.has(one) ? `${token}~${n}` : one;
    seen.add(other);
    return other;
  });
};

const jobLaws: ReadonlyArray<StorageLaw> = [
  law("text.jobs-apart", "Ids of jobs that differ so are of different jobs.", function* (lab) {
    yield* lab.commit({ schedule: LOOKALIKES.map((id, n) => job(id, { key: `k${n}` })) });
    const [gone = "", ...others] = LOOKALIKES;
    yield* lab.commit({ cancel: [gone] });
    const jobs = yield* lab.lease({ limit: 100 });
    yield* same("jobs", idsOf(jobs), others);
    const answers = yield* lab.settle(1100, ...jobs.slice(1).map(done));
    yield* same("answers", [...new Set(answers)], ["Settled"]);
    const left = yield* lab.lease({ now: 5000, until: 6000, limit: 100 });
    yield* same("left", idsOf(left), others.slice(0, 1));
  }),
  law("text.queues-apart", "Queues whose names differ so are different queues.", function* (lab) {
    const schedule = LOOKALIKES.map((queue, n) => job(`j${n}`, { queue, key: "k" }));
    yield* lab.commit({ schedule });
    for (const [n, queue] of LOOKALIKES.entries()) {
      const found = yield* lab.lease({ queue, limit: 100 });
      yield* same(queue, idsOf(found), [`j${n}`]);
    }
  }),
  law(
    "text.job-keys-apart",
    "Keys of jobs that differ so do not hold up one another.",
    function* (lab) {
      yield* lab.commit({ schedule: LOOKALIKES.map((key, n) => job(`j${n}`, { key })) });
      const leased = yield* lab.lease({ limit: 100 });
      yield* same(
        "keys",
        leased.map((one) => one.key),
        LOOKALIKES,
      );
    },
  ),
  law(
    "text.tokens-apart",
    "A token that differs so from a lease's settles nothing, alone and in a commit.",
    function* (lab) {
      yield* lab.commit({ schedule: [job("j")] });
      const leased = yield* only("job", yield* lab.lease());
      const outcomes = bent(leased).flatMap((token): ReadonlyArray<JobOutcome> => [
        { ...done(leased), token },
        { ...renew(9000, leased), token },
      ]);
      const answers = yield* lab.settle(1100, ...outcomes);
      yield* same("answers", [...new Set(answers)], ["LeaseLost"]);
      for (const token of bent(leased))
        yield* lab.refused({ at: 1100, settle: [{ ...done(leased), token }] });
      yield* same("the holder", yield* lab.settle(1200, done(leased)), ["Settled"]);
    },
  ),
  law(
    "text.owners-any",
    "Whoever leases may have any name; it says nothing about which jobs are free.",
    function* (lab) {
      yield* lab.commit({ schedule: LOOKALIKES.map((_, n) => job(`j${n}`)) });
      const taken: Array<string> = [];
      for (const owner of LOOKALIKES)
        taken.push((yield* only("job", yield* lab.lease({ owner, limit: 1 }))).id);
      yield* same(
        "jobs",
        taken,
        LOOKALIKES.map((_, n) => `j${n}`),
      );
    },
  ),
];

export const apartLaws: ReadonlyArray<StorageLaw> = [...rowLaws, ...journalLaws, ...jobLaws];
