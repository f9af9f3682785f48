/** Any command on an issue of a small town, and the inputs that an open command must take. */
import * as fc from "fast-check";
import type { CommandName } from "@linli/core/charter";
import type { Command, IssueState } from "@linli/core/issue";
import type { SmallTown } from "./domain.ts";
import { factsOf, townInstants, townWords } from "./domainCommands.ts";

/** Any command on an issue, whether it makes sense or not; `issues` are ids it may name. */
export const stepCommands = (
  town: SmallTown,
  issues: ReadonlyArray<string>,
): fc.Arbitrary<Command> =>
  fc.oneof(
    { weight: 3, arbitrary: handlingCommands },
    { weight: 4, arbitrary: movingCommands(town) },
    { weight: 5, arbitrary: endingCommands(town, issues) },
  );

const make = <T extends Command["type"]>(
  type: T,
  fields: fc.Arbitrary<Omit<Extract<Command, { readonly type: T }>, "type">>,
) => fields.map((given): Command => ({ type, ...given }) as Command);

const said = fc.record({ words: townWords }, { requiredKeys: [] });
const spoken = fc.record({ words: townWords });

const handlingCommands: fc.Arbitrary<Command> = fc.oneof(
  fc.constantFrom<Command>({ type: "accept" }, { type: "support" }),
  make("contact", fc.record({ reached: fc.boolean() })),
  make("settle", said),
  make("resolve", said),
  make("verify", fc.record({ passed: fc.boolean() })),
  make("answer", spoken),
  make(
    "handUp",
    fc.record(
      { words: townWords, toLevel: fc.constantFrom("building", "community", "town") },
      { requiredKeys: ["words"] },
    ),
  ),
  make("sendBack", spoken),
);

const standsOf = (town: SmallTown) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...town.posts) },
    {
      weight: 1,
      arbitrary: fc.constantFrom({ post: "nobody", unit: "T" }, { post: "chief", unit: "X" }),
    },
  );

const movingCommands = (town: SmallTown): fc.Arbitrary<Command> => {
  const stand = standsOf(town);
  const organisation = fc.constantFrom(...town.organisations, "unknown");
  const person = fc.constantFrom(...town.officers, ...town.residents);
  return fc.oneof(
    make("refer", fc.record({ to: stand, words: townWords })),
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
        words: townWords,
      }),
    ),
    make(
      "grantExtension",
      fc.record({ granted: fc.boolean(), until: townInstants }, { requiredKeys: ["granted"] }),
    ),
  );
};

const endingCommands = (town: SmallTown, issues: ReadonlyArray<string>): fc.Arbitrary<Command> => {
  const issue = fc.constantFrom(...issues, "unknown");
  return fc.oneof(
    make("suspend", fc.record({ reviewBy: townInstants, words: townWords })),
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
    make(
      "signpost",
      fc.record({ to: fc.constantFrom("court" as const, "other" as const), words: townWords }),
    ),
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
    case "followUp":
      return [{ type: name, reached: true }];
    case "verify":
      return [{ type: name, passed: true }];
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
