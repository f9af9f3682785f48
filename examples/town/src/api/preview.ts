/**
 * What would become of a report, by pure functions on the published charter: so the
 * emergency numbers are there before anything is saved, and if saving fails.
 */
import type { Charter } from "@linli/core/charter";
import { findUnits } from "@linli/core/hierarchy";
import { decodeCommand, suggestCategory } from "@linli/core/issue";
import type { CommandOf, World } from "@linli/core/issue";
import { decodeFacts, explain, route } from "@linli/core/routing";
import type { Facts } from "@linli/core/routing";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import type { Town } from "../server/town.ts";
import { BadInput, orProblem, problemOf } from "./problems.ts";
import type { Emergency } from "./problems.ts";

/** The numbers to call for an untrusted command; null when there is no danger in it, or it cannot be read. */
export const emergencyOf = Effect.fnUntraced(function* (town: Town, command: unknown) {
  const { charter } = yield* orProblem(town.linli.published);
  return emergencyIn(charter, command);
});

/** The same on a charter at hand. */
export const emergencyIn = (charter: Charter, command: unknown): Emergency | null => {
  const decoded = decodeCommand(command);
  if (Result.isFailure(decoded) || decoded.success.type !== "report") return null;
  const facts = factsOf(charter, decoded.success);
  return Result.isSuccess(facts) ? route(charter, facts.success).emergency : null;
};

/** Where a report would go. */
export const previewOf = Effect.fnUntraced(function* (town: Town, command: unknown) {
  const world = yield* orProblem(town.linli.published);
  const decoded = decodeCommand(command);
  if (Result.isFailure(decoded)) return yield* problemOf(decoded.failure);
  if (decoded.success.type !== "report") {
    return yield* new BadInput({
      code: "InputError",
      detail: "is not a report",
      path: "/body/type",
      advice: "a preview is of a report",
    });
  }
  const report = decoded.success;
  const facts = factsOf(world.charter, report);
  if (Result.isFailure(facts)) {
    const { path, reason, advice } = facts.failure;
    return yield* new BadInput({
      code: "InputError",
      detail: reason,
      path: `/body${path}`,
      advice,
    });
  }
  const decision = route(world.charter, facts.success);
  return {
    emergency: decision.emergency,
    category: String(facts.success.record["category"]),
    course: decision.course,
    unit: unitOf(world, report, town.now()),
    explanation: explain(world.charter, facts.success, { reader: "resident" }),
  };
});

const factsOf = (charter: Charter, report: CommandOf<"report">): Result.Result<Facts, FactsError> =>
  decodeFacts(charter, {
    ...report.facts,
    category:
      report.category ??
      suggestCategory(charter, report.words ?? "") ??
      charter.document.unsorted ??
      charter.document.categories[0]?.id,
    kind: report.kind ?? "request",
  });

type FactsError = Result.Result.Failure<ReturnType<typeof decodeFacts>>;

const unitOf = (world: World, report: CommandOf<"report">, at: number): string | null => {
  const { place } = report;
  if (place !== undefined && "unit" in place) return place.unit;
  const words = place === undefined ? (report.words ?? "") : place.words;
  const [best, second] = findUnits(world.hierarchy, words, { at, limit: 2 });
  const clear = best !== undefined && (second === undefined || best.score > second.score);
  return clear ? best.unit : null;
};
