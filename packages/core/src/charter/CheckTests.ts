/**
 * A charter's own tests: examples it must satisfy each time it is compiled.
 *
 * `expect.level` is the level the issue lies at first when it is reported about a
 * unit of the level `reportedAt` and every level above that unit has a unit.
 */
import * as Result from "effect/Result";
import type { Charter } from "./Charter.ts";
import type { Decision } from "./Decision.ts";
import type { CharterTest } from "./Document.ts";
import { dangling, fault, type Faults, type Path } from "./Fault.ts";
import { scan } from "./Scan.ts";

/** Every inline test that does not hold. */
export function* checkTests(charter: Charter): Faults {
  const { rules, tests = [] } = charter.document;
  for (const [i, rule] of rules.entries()) {
    for (const [j, test] of (rule.tests ?? []).entries()) {
      yield* checkTest(charter, test, ["rules", i, "tests", j]);
    }
  }
  for (const [i, test] of tests.entries()) yield* checkTest(charter, test, ["tests", i]);
}

// Private

function* checkTest(charter: Charter, test: CharterTest, path: Path): Faults {
  const where = { door: "charter", path: [...path, "facts"] };
  const record = charter.facts.complete(test.facts, where);
  if (Result.isFailure(record)) {
    const { path: at, reason, advice } = record.failure;
    yield fault(partsOf(at), reason, advice);
    return;
  }
  if (test.reportedAt !== undefined && !charter.levels.has(test.reportedAt)) {
    yield dangling([...path, "reportedAt"], "level");
  }
  const decision = scan(charter, record.success);
  const actual = {
    course: decision.course,
    level: levelReached(charter, decision, test.reportedAt),
    rule: decision.rule,
    clocks: decision.clocks,
    size: decision.size,
  };
  for (const [field, expected] of Object.entries(test.expect)) {
    const got = actual[field as keyof typeof actual];
    if (got === expected) continue;
    yield fault(
      [...path, "expect", field],
      `test \`${test.name}\` expected \`${expected}\` but got \`${got ?? "nothing"}\``,
      "correct the rule or the test",
    );
  }
}

const levelReached = (
  charter: Charter,
  decision: Decision,
  reportedAt: string | undefined,
): string | null => {
  const floor = reportedAt === undefined ? undefined : charter.levels.get(reportedAt);
  const reached = decision.levels.find(
    (level) => floor === undefined || (charter.levels.get(level)?.rank ?? 0) >= floor.rank,
  );
  return reached ?? null;
};

const partsOf = (at: string): Path =>
  at
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
