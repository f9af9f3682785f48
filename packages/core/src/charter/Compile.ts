/**
 * From document to charter: flatten, check the parts, check what refers to them,
 * make the calendar, and run the inline tests.
 */
import * as Result from "effect/Result";
import { InputError, type LocalText, pointer } from "../data/index.ts";
import { type Calendar, type CalendarData, makeCalendar } from "../time/index.ts";
import type { Charter, CompiledCategory } from "./Charter.ts";
import { checkParts, handledLevels } from "./CheckParts.ts";
import { checkReferences } from "./CheckReferences.ts";
import { checkTests } from "./CheckTests.ts";
import type { Category, CharterDocument, EmergencyText } from "./Document.ts";
import { makeFactSpace } from "./FactSpace.ts";
import { dangling, duplicateIds, refused, refusedByAll } from "./Fault.ts";
import { type BaseOptions, flattenCharter } from "./Flatten.ts";

/** What compiling may draw on beside the document. */
export interface CharterOptions extends BaseOptions {
  /** Calendars the host provides, such as those of `@linli/calendar-cn`. */
  readonly calendars?: ReadonlyArray<CalendarData>;
}

/**
 * Compiles a decoded document. Whatever dangles or contradicts itself is refused
 * with its path in the flattened document. All faults of a stage are reported: first the
 * parts, then what refers to them, then the calendar, then the tests.
 */
export const compileCharter = (
  document: CharterDocument,
  options: CharterOptions = {},
): Result.Result<Charter, InputError> => {
  const flattened = flattenCharter(document, options);
  if (Result.isFailure(flattened)) return Result.fail(flattened.failure);
  return compileFlat(flattened.success, options);
};

// Private

const compileFlat = (
  document: CharterDocument,
  options: CharterOptions,
): Result.Result<Charter, InputError> => {
  const unsound = refusedByAll(checkParts(document));
  if (unsound !== undefined) return Result.fail(unsound);
  const parts = indexParts(document);
  const dangles = refusedByAll(checkReferences(document, parts));
  if (dangles !== undefined) return Result.fail(dangles);
  const calendar = calendarOf(document, options.calendars ?? []);
  if (Result.isFailure(calendar)) return Result.fail(calendar.failure);
  const charter = assemble(document, parts, calendar.success);
  const failing = refusedByAll(checkTests(charter));
  if (failing !== undefined) return Result.fail(failing);
  return Result.succeed(charter);
};

const indexParts = (document: CharterDocument) => ({
  levels: new Map(document.levels.map((level) => [level.id, level])),
  chainLevels: new Map(
    document.chains.map((chain) => [chain.id, handledLevels(document, chain.id)]),
  ),
  posts: new Map(document.posts.map((post) => [post.id, post])),
  facts: makeFactSpace(document),
});

const assemble = (
  document: CharterDocument,
  parts: ReturnType<typeof indexParts>,
  calendar: Calendar,
): Charter => {
  const handlers = new Map(
    document.chains.map((chain) => [
      chain.id,
      new Map(
        document.posts
          .filter((post) => post.chain === chain.id && post.handles)
          .map((post) => [post.level, post]),
      ),
    ]),
  );
  const categories = compileCategories(document.categories);
  const clockSets = new Map(Object.entries(document.clockSets));
  const permissions = new Map(Object.entries(document.permissions ?? {}));
  const texts = new Map<string, LocalText>(Object.entries(document.texts ?? {}));
  return {
    ...parts,
    document,
    id: document.id,
    version: document.version,
    handlerPost: (chain, level) => handlers.get(chain)?.get(level),
    category: (id) => categories.get(id),
    calendar,
    clockSet: (name) => clockSets.get(name),
    grants: (command) => permissions.get(command),
    text: (key) => texts.get(key),
  };
};

// A parent may be listed after its children, so each category pulls its parent in first.
const compileCategories = (
  categories: ReadonlyArray<Category>,
): ReadonlyMap<string, CompiledCategory> => {
  const byId = new Map(categories.map((category) => [category.id, category]));
  const compiled = new Map<string, CompiledCategory>();
  const compile = (category: Category): CompiledCategory => {
    const done = compiled.get(category.id);
    if (done !== undefined) return done;
    const above = category.parent === undefined ? undefined : byId.get(category.parent);
    const parent = above === undefined ? undefined : compile(above);
    const emergency: EmergencyText | undefined = category.emergency ?? parent?.emergency;
    const made: CompiledCategory = {
      id: category.id,
      name: category.name,
      path: [...(parent?.path ?? []), category.id],
      visibility: category.visibility ?? parent?.visibility ?? "public",
      lifeDanger: category.lifeDanger ?? parent?.lifeDanger ?? false,
      ...(emergency === undefined ? {} : { emergency }),
    };
    compiled.set(category.id, made);
    return made;
  };
  for (const category of categories) compile(category);
  return new Map(categories.map((category) => [category.id, compile(category)]));
};

// The document's own calendar counts before one of the host's with the same id.
const calendarOf = (
  document: CharterDocument,
  provided: ReadonlyArray<CalendarData>,
): Result.Result<Calendar, InputError> => {
  const own = document.calendars ?? [];
  for (const found of duplicateIds(own, ["calendars"])) return refused(found);
  for (const [i, data] of own.entries()) {
    const made = makeCalendar(data);
    if (Result.isFailure(made)) {
      const { path, reason, advice } = made.failure;
      return Result.fail(
        new InputError({
          door: "charter",
          path: `${pointer(["calendars", i])}${path}`,
          reason,
          advice,
        }),
      );
    }
    if (data.id === document.calendar) return made;
  }
  const found = provided.find((data) => data.id === document.calendar);
  return found === undefined ? refused(dangling(["calendar"], "calendar")) : makeCalendar(found);
};
