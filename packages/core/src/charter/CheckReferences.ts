/**
 * Checks of everything that names something else: rules, competences, duty lists,
 * the ladder, the triage desk, permissions and dates.
 */
import * as Schema from "effect/Schema";
import { LocalDate } from "../time/index.ts";
import { type CommandName, COMMAND_NAMES } from "./Commands.ts";
import { CHARTER_BOUNDS } from "./CheckParts.ts";
import { checkRegion } from "./CheckRegions.ts";
import type { CharterDocument, Outcome } from "./Document.ts";
import type { Charter } from "./Charter.ts";
import {
  dangling,
  duplicateIds,
  duplicateValues,
  fault,
  type Faults,
  longerThan,
  type Path,
} from "./Fault.ts";

/** What is looked up while checking: a charter before its calendar and tests. */
export type Parts = Pick<Charter, "levels" | "chainLevels" | "posts" | "facts">;

/** Everything in the document that names what does not exist. */
export function* checkReferences(document: CharterDocument, parts: Parts): Faults {
  yield* checkRules(document, parts);
  yield* checkCompetences(document, parts);
  yield* checkDutyLists(document, parts);
  yield* checkLadder(document, parts);
  yield* checkTriage(document, parts);
  yield* checkPermissions(document, parts);
  yield* duplicateIds(document.declineReasons ?? [], ["declineReasons"]);
  yield* duplicateValues(document.open ?? [], ["open"]);
  if (
    document.unsorted !== undefined &&
    parts.facts.rankOf("category", document.unsorted) === undefined
  ) {
    yield dangling(["unsorted"], "category");
  }
  if (document.effectiveFrom !== undefined && !isLocalDate(document.effectiveFrom)) {
    yield fault(["effectiveFrom"], "is not a date", "write it as YYYY-MM-DD");
  }
}

// Private

function* checkRules(document: CharterDocument, parts: Parts): Faults {
  yield* longerThan(document.rules, CHARTER_BOUNDS.rules, ["rules"]);
  yield* duplicateIds(document.rules, ["rules"]);
  for (const [i, rule] of document.rules.entries()) {
    yield* checkRegion(parts.facts, rule.when, ["rules", i, "when"]);
    yield* checkOutcome(document, parts, rule.outcome, ["rules", i, "outcome"]);
  }
  yield* checkOutcome(document, parts, document.otherwise.outcome, ["otherwise", "outcome"]);
}

function* checkOutcome(
  document: CharterDocument,
  parts: Parts,
  outcome: Outcome,
  path: Path,
): Faults {
  if (outcome.course === "signpost") return;
  const chain = outcome.chain ?? document.chains[0]?.id ?? "";
  const levels = parts.chainLevels.get(chain);
  if (levels === undefined) {
    yield dangling([...path, "chain"], "chain");
    return;
  }
  const named: Array<readonly [string, Path]> = (outcome.inform ?? []).map((id, i) => [
    id,
    [...path, "inform", i],
  ]);
  if (outcome.atLeast !== undefined) named.push([outcome.atLeast, [...path, "atLeast"]]);
  for (const [id, at] of named) {
    if (!parts.levels.has(id)) yield dangling(at, "level");
    else if (!levels.some((level) => level.id === id)) {
      yield fault(at, "is a level the chain does not have", "name a level of the chain");
    }
  }
  yield* checkClocks(document, outcome.clocks, [...path, "clocks"]);
}

function* checkClocks(document: CharterDocument, name: string | undefined, path: Path): Faults {
  if (name !== undefined && !Object.hasOwn(document.clockSets, name)) {
    yield dangling(path, "clock set");
  }
}

function* checkCompetences(document: CharterDocument, parts: Parts): Faults {
  for (const [level, region] of Object.entries(document.competences)) {
    const path = ["competences", level];
    yield* checkRungLevel(parts, level, path);
    yield* checkRegion(parts.facts, region, path);
  }
}

function* checkDutyLists(document: CharterDocument, parts: Parts): Faults {
  for (const [level, duties] of Object.entries(document.dutyLists ?? {})) {
    const path = ["dutyLists", level];
    yield* checkRungLevel(parts, level, path);
    const chains = [...parts.chainLevels.values()].filter((levels) =>
      levels.some((one) => one.id === level),
    );
    if (chains.length > 0 && chains.every((levels) => levels.at(-1)?.id === level)) {
      yield fault(path, "is for the top of a chain, which must take everything", "remove it");
    }
    yield* duplicateValues(duties, path);
    for (const [i, category] of duties.entries()) {
      if (parts.facts.rankOf("category", category) === undefined) {
        yield dangling([...path, i], "category");
      }
    }
  }
}

// A level that is named as one where issues can lie must have somebody who handles them.
function* checkRungLevel(parts: Parts, level: string, path: Path): Faults {
  if (!parts.levels.has(level)) yield dangling(path, "level");
  else if (
    ![...parts.chainLevels.values()].some((levels) => levels.some((one) => one.id === level))
  ) {
    yield fault(path, "is a level where no post handles", "add a handling post there");
  }
}

function* checkLadder(document: CharterDocument, parts: Parts): Faults {
  const { clusters = [], last: _last, ...rungs } = document.ladder;
  for (const [clock, rung] of Object.entries(rungs)) {
    const path = ["ladder", clock];
    if (rung.toLevel !== undefined)
      yield* checkRungLevel(parts, rung.toLevel, [...path, "toLevel"]);
    yield* checkClocks(document, rung.clocks, [...path, "clocks"]);
  }
  yield* duplicateIds(clusters, ["ladder", "clusters"]);
  for (const [i, cluster] of clusters.entries()) {
    const path = ["ladder", "clusters", i];
    if (parts.facts.rankOf("category", cluster.category) === undefined) {
      yield dangling([...path, "category"], "category");
    }
    if (!parts.levels.has(cluster.within)) yield dangling([...path, "within"], "level");
    if (cluster.toLevel !== undefined) {
      yield* checkRungLevel(parts, cluster.toLevel, [...path, "toLevel"]);
    }
  }
}

function* checkTriage(document: CharterDocument, parts: Parts): Faults {
  const post = parts.posts.get(document.triage);
  const chain = document.chains[0]?.id ?? "";
  if (post === undefined) yield dangling(["triage"], "post");
  else if (post.chain !== chain || post.level !== parts.chainLevels.get(chain)?.at(-1)?.id) {
    yield fault(["triage"], "is not a post at the top of the first chain", "name one that is");
  }
}

function* checkPermissions(document: CharterDocument, parts: Parts): Faults {
  for (const [command, grants] of Object.entries(document.permissions ?? {})) {
    const path = ["permissions", command];
    if (!COMMAND_NAMES.includes(command as CommandName)) {
      yield fault(path, "is not the name of a command", "see COMMAND_NAMES");
    }
    for (const [i, grant] of grants.entries()) {
      if (command === "unseal" && typeof grant === "string") {
        yield fault([...path, i], "must be a post", "name who may unseal a confidential reporter");
      }
      if (typeof grant !== "string" && !parts.posts.has(grant.post)) {
        yield dangling([...path, i, "post"], "post");
      }
    }
  }
}

const isLocalDate = Schema.is(LocalDate);
