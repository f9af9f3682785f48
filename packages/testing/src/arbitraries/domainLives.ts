/** Lives: what happens in a small town, by anybody, at any time. */
import * as fc from "fast-check";
import type { Actor, Command } from "@linli/core/issue";
import { type SmallTown, smallTown } from "./domain.ts";
import { actorsOf, factsOf, openingCommands, subjectsOf, townWords } from "./domainCommands.ts";
import { stepCommands } from "./domainSteps.ts";

/** One step of a life: who, what, after how long, on which of the issues there are. */
export interface LifeStep {
  readonly actor: Actor;
  readonly command: Command;
  /** Milliseconds since the step before; negative when a clock was set back. */
  readonly wait: number;
  readonly issue: number;
  /** When set, an allowed command is taken instead: numbers that choose who, what and its input. */
  readonly guided: readonly [number, number, number] | null;
}

/** A town with what happens in it: openings first, then steps by anybody. */
export interface TownLife {
  readonly town: SmallTown;
  readonly openings: ReadonlyArray<{ readonly actor: Actor; readonly command: Command }>;
  readonly steps: ReadonlyArray<LifeStep>;
}

const waits = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 1, 60_000) },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 36 }).map((hours) => hours * 3_600_000) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 40 }).map((days) => days * 86_400_000) },
  { weight: 1, arbitrary: fc.constant(-7_200_000) },
);

/** A resident's report that is taken, so that a life has something to happen to. */
const soundReports = (town: SmallTown) =>
  fc.record({
    actor: fc.constantFrom(...town.residents, ...town.officers).map((person) => ({ person })),
    command: fc
      .record(
        {
          category: fc.constantFrom("repair", "hazard", "hazard", "dispute", "family", "members"),
          facts: factsOf(town.charter),
          reporter: fc.constantFrom(
            { kind: "named" as const },
            { kind: "confidential" as const },
            { kind: "anonymous" as const },
          ),
          about: fc.oneof(
            { weight: 2, arbitrary: fc.constant([]) },
            { weight: 1, arbitrary: fc.tuple(subjectsOf(town)) },
          ),
          words: townWords,
          place: fc.constantFrom(...town.units).map((unit) => ({ unit })),
        },
        { requiredKeys: ["category", "place", "about"] },
      )
      .map((intake): Command => ({ type: "report", ...intake })),
  });

const choice = fc.noBias(fc.nat({ max: 9999 }));

/** Random lives; issues are named `i0`, `i1`, ... in the order in which they were begun. */
export const townLives = (
  options: {
    readonly issues?: number;
    readonly steps?: number;
    readonly town?: fc.Arbitrary<SmallTown>;
  } = {},
): fc.Arbitrary<TownLife> => {
  const { issues = 2, steps = 16 } = options;
  const ids = Array.from({ length: issues }, (_, i) => `i${i}`);
  return (options.town ?? smallTown()).chain((town) =>
    fc.record({
      town: fc.constant(town),
      openings: fc
        .tuple(
          fc.array(soundReports(town), { minLength: issues, maxLength: issues }),
          fc.array(fc.record({ actor: actorsOf(town), command: openingCommands(town) }), {
            maxLength: issues,
          }),
        )
        .map(([sound, any]) => [...sound, ...any]),
      steps: fc.noBias(
        fc.array(
          fc.record({
            actor: actorsOf(town),
            command: stepCommands(town, ids),
            wait: waits,
            issue: fc.nat({ max: issues - 1 }),
            guided: fc.option(fc.tuple(choice, choice, choice), { freq: 4, nil: null }),
          }),
          { maxLength: steps, size: "max" },
        ),
      ),
    }),
  );
};
