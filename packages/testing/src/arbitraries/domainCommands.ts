/** Actors, facts and reports for the small towns of `domain.ts`. */
import * as fc from "fast-check";
import type { Charter, FactsRecord } from "@linli/core/charter";
import type { Actor, Command } from "@linli/core/issue";
import { type SmallTown, TOWN_START } from "./domain.ts";

/** Facts a charter knows, category and kind left out; never one it would refuse. */
export const factsOf = (charter: Charter): fc.Arbitrary<FactsRecord> => {
  const values: Record<string, fc.Arbitrary<FactsRecord[string]>> = {};
  for (const attribute of charter.facts.attributes) {
    if (attribute.id === "category" || attribute.id === "kind") continue;
    values[attribute.id] =
      attribute.kind === "integer"
        ? fc.integer({ min: attribute.min, max: attribute.max })
        : attribute.kind === "boolean"
          ? fc.boolean()
          : attribute.kind === "tags"
            ? fc.subarray([...attribute.values])
            : fc.constantFrom(...attribute.values);
  }
  return fc.record(values, { requiredKeys: [] }).map((facts) => facts as FactsRecord);
};

/** Anybody who may turn up: officers, residents, receipt holders, official sources, the host, nobody. */
export const actorsOf = (town: SmallTown): fc.Arbitrary<Actor> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...town.officers).map((person) => ({ person })) },
    { weight: 3, arbitrary: fc.constantFrom(...town.residents).map((person) => ({ person })) },
    {
      weight: 2,
      arbitrary: fc.constantFrom<Actor>(
        { person: null, receipt: "receipt-i0" },
        { person: null, source: "12345" },
        { person: null, host: true },
        { person: null },
      ),
    },
  );

/** What people say; some of it names a place or suggests a category. */
export const townWords = fc.constantFrom("words", "the light is out", "叶口巷3号 窨井盖");
/** Instants around the beginning of a life. */
export const townInstants = fc
  .integer({ min: -40, max: 60 })
  .map((days) => Math.max(0, TOWN_START + days * 86_400_000));

/** Persons, posts and organisations an issue may be about. */
export const subjectsOf = (town: SmallTown) =>
  fc.oneof(
    fc.constantFrom(...town.officers, ...town.residents).map((person) => ({ person })),
    fc.constantFrom(...town.posts),
    fc.constantFrom(...town.organisations).map((organisation) => ({ organisation })),
  );

const intakeOf = (town: SmallTown) =>
  fc.record(
    {
      kind: fc.constantFrom("request" as const, "finding" as const, "assignment" as const),
      category: fc.constantFrom(...town.categories),
      facts: factsOf(town.charter),
      place: fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom(...town.units).map((unit) => ({ unit })) },
        { weight: 1, arbitrary: fc.constantFrom({ words: "叶口巷3号" }, { words: "nowhere" }) },
      ),
      reporter: fc.constantFrom(
        { kind: "named" as const },
        { kind: "confidential" as const },
        { kind: "anonymous" as const },
        { kind: "proxy" as const, person: "r3" },
        { kind: "official" as const, source: "12345" },
      ),
      about: fc.array(subjectsOf(town), { maxLength: 2 }),
      words: townWords,
    },
    { requiredKeys: [] },
  );

/** Commands that begin an issue; some are refused. */
export const openingCommands = (town: SmallTown): fc.Arbitrary<Command> =>
  fc.oneof(
    {
      weight: 5,
      arbitrary: intakeOf(town).map((intake): Command => ({ type: "report", ...intake })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(intakeOf(town), townInstants)
        .map(([intake, settledAt]): Command => ({ type: "recordSettled", ...intake, settledAt })),
    },
    {
      weight: 2,
      arbitrary: fc
        .record({ unit: fc.constantFrom(...town.units), hours: fc.integer({ min: 0, max: 200 }) })
        .map(({ unit, hours }): Command => ({
          type: "recordSettled",
          category: "repair",
          place: { unit },
          settledAt: TOWN_START - hours * 3_600_000,
        })),
    },
  );
