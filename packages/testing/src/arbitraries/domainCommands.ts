/** Actors, facts, commands and lives for the small towns of `domain.ts`, or for a host's own world. */
import * as fc from "fast-check";
import type { Charter, CommandName, FactsRecord } from "@linli/core/charter";
import type { Actor, Command, IssueState } from "@linli/core/issue";
import { type SmallTown, smallTown, TOWN_START } from "./domain.ts";

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

const words = fc.constantFrom("words", "the light is out", "叶口巷3号 窨井盖");
const instants = fc
  .integer({ min: -40, max: 60 })
  .map((days) => Math.max(0, TOWN_START + days * 86_400_000));

const subjects = (town: SmallTown) =>
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
      about: fc.array(subjects(town), { maxLength: 2 }),
      words,
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
        .tuple(intakeOf(town), instants)
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

/** Any command on an issue, whether it makes sense or not; `issues` are ids it may name. */
export const stepCommands = (
  town: SmallTown,
  issues: ReadonlyArray<string>,
): fc.Arbitrary<Command> => {
  const stand = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...town.posts) },
    {
      weight: 1,
      arbitrary: fc.constantFrom({ post: "nobody", unit: "T" }, { post: "chief", unit: "X" }),
    },
  );
  const said = fc.record({ words }, { requiredKeys: [] });
  const organisation = fc.constantFrom(...town.organisations, "unknown");
  const issue = fc.constantFrom(...issues, "unknown");
  const person = fc.constantFrom(...town.officers, ...town.residents);
  const make = <T extends Command["type"]>(
    type: T,
    fields: fc.Arbitrary<Omit<Extract<Command, { readonly type: T }>, "type">>,
  ) => fields.map((given): Command => ({ type, ...given }) as Command);
  const spoken = fc.record({ words });
  return fc.oneof(
    fc.constantFrom<Command>({ type: "accept" }, { type: "support" }),
    make("contact", fc.record({ reached: fc.boolean() })),
    make("settle", said),
    make("resolve", said),
    make("verify", fc.record({ passed: fc.boolean() })),
    make("answer", spoken),
    make(
      "handUp",
      fc.record(
        { words, toLevel: fc.constantFrom("building", "community", "town") },
        { requiredKeys: ["words"] },
      ),
    ),
    make("sendBack", spoken),
    make("refer", fc.record({ to: stand, words })),
    make("assign", fc.record({ to: stand, final: fc.boolean() })),
    make("ask", fc.record({ organisation })),
    make("respond", fc.record({ organisation })),
    make("summon", fc.record({ posts: fc.array(stand, { minLength: 1, maxLength: 3 }) })),
    make("checkIn", stand),
    make("addHelper", fc.record({ person })),
    make("comment", spoken),
    make(
      "requestExtension",
      fc.record({
        clock: fc.constantFrom("resolve" as const, "accept" as const, "review" as const),
        words,
      }),
    ),
    make(
      "grantExtension",
      fc.record({ granted: fc.boolean(), until: instants }, { requiredKeys: ["granted"] }),
    ),
    make("suspend", fc.record({ reviewBy: instants, words })),
    make("resume", said),
    make("supervise", spoken),
    make("urge", said),
    make(
      "reclassify",
      fc.record(
        { category: fc.constantFrom(...town.categories, "unknown"), facts: factsOf(town.charter) },
        { requiredKeys: ["category"] },
      ),
    ),
    make("relocate", fc.record({ unit: fc.constantFrom(...town.units, "X") })),
    make("merge", fc.record({ into: issue })),
    make(
      "link",
      fc.record({ issue, relation: fc.constantFrom("sameCause" as const, "related" as const) }),
    ),
    make(
      "followUp",
      fc.record(
        { reached: fc.boolean(), rating: fc.integer({ min: 1, max: 5 }), resolved: fc.boolean() },
        { requiredKeys: ["reached"] },
      ),
    ),
    make("reopen", spoken),
    make("withdraw", said),
    make("decline", fc.record({ reason: fc.constantFrom("not-public", "unknown") })),
    make("signpost", fc.record({ to: fc.constantFrom("court" as const, "other" as const), words })),
    make("close", said),
  );
};

/** Inputs one of which an allowed command must accept, unless the town has nothing it could name. */
export const suitableCommands = (
  town: SmallTown,
  state: IssueState,
  name: CommandName,
  at: { readonly now: number; readonly other: string | null },
): ReadonlyArray<Command> => {
  const { other } = at;
  const spoken = { words: "said" };
  const dues = state.clocks.map((clock) => clock.deadline.dueAt);
  const later = Math.max(...dues, state.lastAt, at.now) + 3_600_000;
  switch (name) {
    case "contact":
      return [{ type: "contact", reached: true }];
    case "verify":
      return [{ type: "verify", passed: true }];
    case "followUp":
      return [{ type: "followUp", reached: true }];
    case "refer":
      return town.posts.map((to) => ({ type: "refer", to, ...spoken }));
    case "assign":
      return town.posts.map((to) => ({ type: "assign", to }));
    case "ask":
      return town.organisations.map((organisation) => ({ type: "ask", organisation }));
    case "respond":
      return town.organisations.map((organisation) => ({ type: "respond", organisation }));
    case "summon":
      return town.posts.map((stand) => ({ type: "summon", posts: [stand] }));
    case "checkIn":
      return town.posts.map((stand) => ({ type: "checkIn", ...stand }));
    case "addHelper":
      return [...town.officers, ...town.residents].map((person) => ({ type: "addHelper", person }));
    case "requestExtension":
      return (["resolve", "accept", "review"] as const).map((clock) => ({
        type: "requestExtension",
        clock,
        ...spoken,
      }));
    case "grantExtension":
      return [
        { type: "grantExtension", granted: true, until: later },
        { type: "grantExtension", granted: false },
      ];
    case "suspend":
      return [{ type: "suspend", reviewBy: later, ...spoken }];
    case "reclassify":
      return town.categories.map((category) => ({ type: "reclassify", category }));
    case "relocate":
      return town.units.map((unit) => ({ type: "relocate", unit }));
    case "merge":
      return other === null ? [] : [{ type: "merge", into: other }];
    case "link":
      return other === null
        ? []
        : (["sameCause", "related", "followsFrom"] as const).map((relation) => ({
            type: "link",
            issue: other,
            relation,
          }));
    case "decline":
      return [{ type: "decline", reason: "not-public" }];
    case "signpost":
      return [{ type: "signpost", to: "other", ...spoken }];
    case "report":
    case "recordSettled":
      return [];
    default:
      return [
        { type: name, ...(name === "accept" || name === "support" ? {} : spoken) } as Command,
      ];
  }
};

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
          category: fc.constantFrom("repair", "repair", "hazard", "dispute", "family", "members"),
          facts: factsOf(town.charter),
          reporter: fc.constantFrom(
            { kind: "named" as const },
            { kind: "confidential" as const },
            { kind: "anonymous" as const },
          ),
          about: fc.oneof(
            { weight: 2, arbitrary: fc.constant([]) },
            { weight: 1, arbitrary: fc.tuple(subjects(town)) },
          ),
          words,
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
