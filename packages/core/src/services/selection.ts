/**
 * Checks which open issues are to be routed anew: whatever a selection names must be
 * known, because a name that nobody knows would silently take no issue.
 */
import * as Effect from "effect/Effect";
import * as Schema from "effect/Schema";
import { decodeCharter } from "../charter/index.ts";
import type { CharterDocument } from "../charter/index.ts";
import { COMMAND_LIMITS, decodeInput, InputError } from "../data/index.ts";
import { levelOf, rootsOf } from "../hierarchy/index.ts";
import type { Hierarchy } from "../hierarchy/index.ts";
import type { World } from "../issue/index.ts";
import { Unreadable } from "./Errors.ts";
import type { RerouteSelection } from "./rerouteRow.ts";
import { charterRef } from "./rows.ts";
import type { Settings } from "./Settings.ts";
import { readDocument } from "./storedDocuments.ts";
import type { Currents } from "./storedDocuments.ts";

/**
 * Charter versions that issues may be rerouted from, as `id@version`, earliest first:
 * those that were current before this one.
 */
export const versionsBefore = (
  currents: Currents,
  charter: { readonly id: string; readonly version: string },
): ReadonlyArray<string> => {
  if (currents.charter === null) return [];
  const { version, earlier = [] } = currents.charter.current;
  return version === charterRef(charter) ? earlier : [...earlier, version];
};

/**
 * Refuses a selection that names a unit the hierarchy does not know, or a category or
 * rule that no version knows which issues may be rerouted from.
 */
export const checkSelection = Effect.fnUntraced(function* (
  settings: Settings,
  given: RerouteSelection,
  at: { readonly world: World; readonly currents: Currents },
) {
  const { world, currents } = at;
  const select = yield* Effect.fromResult(decodeSelection(given));
  if (select.under !== undefined && levelOf(world.hierarchy, select.under) === undefined) {
    return yield* unknown("/under", "a unit of the hierarchy", `known are ${units(world)}`);
  }
  const named = namedIn(select);
  if (named.length === 0) return;
  const known = { category: new Set<string>(), rule: new Set(["otherwise"]) };
  const before = versionsBefore(currents, world.charter);
  for (const document of before.length === 0 ? [world.charter.document] : []) {
    learn(known, document);
  }
  // The latest version is asked first: most often it knows all that is named.
  for (const ref of before.toReversed()) {
    if (named.every(({ kind, id }) => known[kind].has(id))) return;
    learn(known, yield* documentOf(settings, ref));
  }
  for (const { kind, id, path } of named) {
    if (known[kind].has(id)) continue;
    const what = `a ${kind} of a version that issues are rerouted from`;
    return yield* unknown(path, what, `known are ${listed([...known[kind]].sort())}`);
  }
});

// Private

const Selection = Schema.Struct({
  under: Schema.optionalKey(Schema.String),
  category: Schema.optionalKey(Schema.String),
  rules: Schema.optionalKey(Schema.Array(Schema.String).check(Schema.isMinLength(1))),
});

const decodeSelection = decodeInput(Selection, { door: "reroute", limits: COMMAND_LIMITS });

interface Named {
  readonly kind: "category" | "rule";
  readonly id: string;
  readonly path: string;
}

const namedIn = ({ category, rules = [] }: RerouteSelection): ReadonlyArray<Named> => [
  ...(category === undefined
    ? []
    : [{ kind: "category" as const, id: category, path: "/category" }]),
  ...rules.map((id, place) => ({ kind: "rule" as const, id, path: `/rules/${place}` })),
];

const learn = (
  known: Readonly<Record<Named["kind"], Set<string>>>,
  document: Pick<CharterDocument, "categories" | "rules">,
): void => {
  for (const { id } of document.categories) known.category.add(id);
  for (const { id } of document.rules) known.rule.add(id);
};

const documentOf = Effect.fnUntraced(function* (settings: Settings, ref: string) {
  const text = yield* readDocument(settings, "charter", ref);
  const charter = yield* Effect.mapError(
    Effect.fromResult(decodeCharter(text, { calendars: settings.calendars })),
    (error) => new Unreadable({ what: "charter", id: ref, reason: error.message }),
  );
  return charter.document;
});

const unknown = (path: string, what: string, advice: string): InputError =>
  new InputError({ door: "reroute", path, reason: `is not ${what}`, advice });

const NAMED_MAX = 40;

const listed = (ids: ReadonlyArray<string>): string => {
  const more = ids.length - NAMED_MAX;
  return `${ids.slice(0, NAMED_MAX).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
};

const units = ({ hierarchy }: { readonly hierarchy: Hierarchy }): string => {
  const roots = [...new Set(rootsOf(hierarchy).map(({ unit }) => unit))].sort();
  return `${listed(roots)} and every unit below`;
};
