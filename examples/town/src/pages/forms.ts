/**
 * Forms made from what `actions` says: the schema of each input becomes fields, and
 * what a form sends back becomes a command again. The pages have no rules of their own.
 */
import type { LocalText } from "@linli/core/data";
import { postsOf } from "@linli/core/directory";
import { findUnits, unitAt } from "@linli/core/hierarchy";
import { instantOf } from "@linli/core/time";
import { type Html, html } from "./html.ts";
import { CAST } from "../stories/cast.ts";
import { FIELD_NAMES, VALUE_NAMES } from "./fieldNames.ts";
import type { PageContext } from "./context.ts";
import { TEXTS } from "./texts.ts";

/** The part of JSON Schema that command inputs use. */
export interface InputSchema {
  readonly type?: string;
  readonly enum?: ReadonlyArray<string>;
  readonly properties?: Readonly<Record<string, InputSchema>>;
  readonly required?: ReadonlyArray<string>;
  readonly items?: InputSchema;
  readonly minimum?: number;
  readonly maximum?: number;
}

type FormContext = Pick<PageContext, "world" | "t" | "form" | "town">;

/** The fields of an input; `prefix` keeps the ids of several forms on one page apart. */
export const fieldsOf = (context: FormContext, schema: InputSchema, prefix: string): Html =>
  html`${askedFields(schema).map(([name, field]) =>
    fieldOf(context, { name, id: `${prefix}-${name}`, field, required: isRequired(schema, name) }),
  )}`;

/** The command a form describes; what cannot be made out is left for the library to refuse. */
export const commandFrom = (
  context: FormContext,
  type: string,
  schema: InputSchema,
): Readonly<Record<string, unknown>> => ({
  type,
  ...Object.fromEntries(
    askedFields(schema).flatMap(([name, field]) => {
      const value = valueOf(context, name, field);
      return value === undefined ? [] : [[name, value]];
    }),
  ),
});

/** The field that asks for a category, or leaves it to the words; it keeps what was chosen. */
export const categoryField = (context: Pick<PageContext, "form" | "t" | "world">): Html =>
  html`<p class="field">
    <label for="category">${context.t(TEXTS.category)}</label>
    ${categorySelect(context, {
      id: "category",
      required: false,
      empty: TEXTS.byWords,
      chosen: context.form.get("category") ?? "",
    })}
  </p>`;

// The charter's categories, each under the one it belongs to.
const categorySelect = (
  { t, world }: Pick<PageContext, "t" | "world">,
  one: {
    readonly id: string;
    readonly required: boolean;
    /** The text of no choice. */
    readonly empty: LocalText;
    readonly chosen?: string;
  },
): Html => {
  const { categories } = world.charter.document;
  const option = ({ id, name }: Category) =>
    html`<option value="${id}" ${id === one.chosen ? html` selected` : null}>${t(name)}</option>`;
  type Category = (typeof categories)[number];
  const below = (parent: string): ReadonlyArray<Category> =>
    categories
      .filter((category) => category.parent === parent)
      .flatMap((category) => [category, ...below(category.id)]);
  return html`<select id="${one.id}" name="category" ${must(one)}>
    <option value="">${t(one.empty)}</option>
    ${categories
      .filter(({ parent }) => parent === undefined)
      .map((top) =>
        below(top.id).length === 0
          ? option(top)
          : html`<optgroup label="${t(top.name)}">
              ${option(top)}${below(top.id).map(option)}
            </optgroup>`,
      )}
  </select>`;
};

/** The instant of a `datetime-local` field in the charter's time zone; undefined when it is none. */
export const instantFrom = (world: PageContext["world"], given: string): number | undefined => {
  const local = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(given);
  if (local === null) return undefined;
  try {
    return instantOf(world.charter.calendar, local[1] ?? "", local[2] ?? "");
  } catch {
    return undefined;
  }
};

/** The id of a unit given by id or name; what is neither is left for the library to refuse. */
export const unitFrom = (
  { town, world }: Pick<PageContext, "town" | "world">,
  given: string,
): string => {
  if (unitAt(world.hierarchy, given) !== undefined) return given;
  const [found] = findUnits(world.hierarchy, given, { at: town.now(), limit: 1 });
  return found?.unit ?? given;
};

// Private

interface Field {
  /** As the form sends it: `to.post`. */
  readonly name: string;
  readonly id: string;
  readonly field: InputSchema;
  readonly required: boolean;
}

// Files stay with a host's own storage; this example has none, so it does not ask for them.
const askedFields = (schema: InputSchema) =>
  Object.entries(schema.properties ?? {}).filter(
    ([name]) => name !== "type" && name !== "attachments",
  );

const isRequired = (schema: InputSchema, name: string) => schema.required?.includes(name) === true;

const lastPart = (name: string): string => name.split(".").findLast((part) => part !== "0") ?? name;

const fieldOf = (context: FormContext, one: Field): Html => {
  const { field, name } = one;
  const { t } = context;
  if (name === "facts") return factFields(context, one);
  if (field.type === "array" || field.type === "object") {
    const inner = field.type === "array" ? (field.items ?? {}) : field;
    const within = field.type === "array" ? `${name}.0` : name;
    return html`<fieldset>
      <legend>${labelOf(context, name)}</legend>
      ${askedFields(inner).map(([part, sub]) =>
        fieldOf(context, {
          name: `${within}.${part}`,
          id: `${one.id}-${part}`,
          field: sub,
          required: one.required && isRequired(inner, part),
        }),
      )}
    </fieldset>`;
  }
  return html`<p class="field">
    <label for="${one.id}"
      >${labelOf(context, name)}${one.required ? html` <span class="must" aria-hidden="true">*</span>` : null}</label
    >
    ${controlOf(context, one, t)}
  </p>`;
};

const controlOf = (context: FormContext, one: Field, t: (text: LocalText) => string): Html => {
  const { field, name } = one;
  if (lastPart(name) === "category") {
    return categorySelect(context, { id: one.id, required: one.required, empty: TEXTS.choose });
  }
  const options = optionsOf(context, one);
  if (options !== null) return select(one, options, t);
  if (lastPart(name) === "words") {
    return html`<textarea
      id="${one.id}"
      name="${name}"
      rows="2"
      maxlength="4000"
      ${must(one)}
    ></textarea>`;
  }
  if (field.type === "integer") {
    return html`<input type="datetime-local" id="${one.id}" name="${name}" ${must(one)} />`;
  }
  return html`<input type="text" id="${one.id}" name="${name}" maxlength="200" ${must(one)} />`;
};

type Options = ReadonlyArray<readonly [value: string, label: string]>;

const optionsOf = (context: FormContext, { field, name }: Field): Options | null => {
  const { t, town, world } = context;
  const { document } = world.charter;
  switch (lastPart(name)) {
    case "reason":
      return (document.declineReasons ?? []).map((reason) => [reason.id, t(reason.text)]);
    case "post":
      return document.posts.map((post) => [
        post.id,
        `${t(world.charter.levels.get(post.level)?.name ?? post.name)} · ${t(post.name)}`,
      ]);
    case "person":
      return CAST.filter(
        ({ person }) => postsOf(world.directory, person, town.now()).length > 0,
      ).map((member) => [member.person, t(member.name)]);
    case "organisation":
      return [...world.directory.tables.organisations.values()].map((one) => [one.id, t(one.name)]);
  }
  if (field.enum !== undefined) {
    return field.enum.map((value) => [value, t(VALUE_NAMES[value] ?? own(value))]);
  }
  if (field.type === "boolean") return yesNo(t);
  const { maximum, minimum } = field;
  if (field.type !== "integer" || maximum === undefined || minimum === undefined) return null;
  if (maximum - minimum > 20) return null;
  return Array.from({ length: maximum - minimum + 1 }, (_, i) => String(maximum - i)).map(
    (value) => [value, value],
  );
};

// A value without a name of its own in either language.
const own = (value: string): LocalText => ({ zh: value, en: value });

const yesNo = (t: (text: LocalText) => string): Options => [
  ["true", t(TEXTS.yes)],
  ["false", t(TEXTS.no)],
];

const select = (
  one: Pick<Field, "id" | "name" | "required">,
  options: Options,
  t: (text: LocalText) => string,
): Html =>
  html`<select id="${one.id}" name="${one.name}" ${must(one)}>
    <option value="">${t(TEXTS.choose)}</option>
    ${options.map(([value, label]) => html`<option value="${value}">${label}</option>`)}
  </select>`;

const must = ({ required }: { readonly required: boolean }) => (required ? html` required` : null);

/** What a field is called, by its name or a JSON Pointer to it. */
export const labelOf = ({ t }: Pick<FormContext, "t">, name: string): string => {
  const last = lastPart(name.replaceAll("/", "."));
  return t(FIELD_NAMES[last] ?? own(last));
};

const factFields = (context: FormContext, one: Field): Html => {
  const { t, world } = context;
  const facts = Object.entries(world.charter.document.facts ?? {});
  return html`<details class="facts">
    <summary>${labelOf(context, one.name)}</summary>
    ${facts.map(([id, fact]) => {
      const input = { id: `${one.id}-${id}`, name: `facts.${id}`, required: false };
      const control =
        fact.kind === "enum"
          ? select(
              input,
              fact.values.map((value) => [value, t(VALUE_NAMES[value] ?? own(value))] as const),
              t,
            )
          : fact.kind === "boolean"
            ? select(input, yesNo(t), t)
            : html`<input
                type="text"
                inputmode="numeric"
                id="${input.id}"
                name="${input.name}"
                maxlength="12"
              />`;
      return html`<p class="field"><label for="${input.id}">${t(fact.name)}</label>${control}</p>`;
    })}
  </details>`;
};

const valueOf = (context: FormContext, name: string, field: InputSchema): unknown => {
  if (name === "facts") return factsFrom(context);
  if (field.type === "array") {
    const first = valueOf(context, `${name}.0`, field.items ?? {});
    return first === undefined ? undefined : [first];
  }
  if (field.type === "object") {
    const parts = askedFields(field).flatMap(([part, sub]) => {
      const value = valueOf(context, `${name}.${part}`, sub);
      return value === undefined ? [] : [[part, value] as const];
    });
    return parts.length === 0 ? undefined : Object.fromEntries(parts);
  }
  const given = (context.form.get(name) ?? "").trim();
  if (given === "") return undefined;
  if (lastPart(name) === "unit") return unitFrom(context, given);
  return plainValue(context, given, field);
};

const plainValue = ({ world }: FormContext, given: string, field: InputSchema): unknown => {
  if (field.type === "boolean") return given === "true" ? true : given === "false" ? false : given;
  if (field.type !== "integer") return given;
  const local = instantFrom(world, given);
  if (local !== undefined) return local;
  return /^-?\d{1,15}$/.test(given) ? Number(given) : given;
};

const factsFrom = ({ form, world }: FormContext) => {
  const facts: Record<string, unknown> = {};
  for (const [id, fact] of Object.entries(world.charter.document.facts ?? {})) {
    const given = (form.get(`facts.${id}`) ?? "").trim();
    if (given === "") continue;
    if (fact.kind === "boolean") facts[id] = given === "true";
    else facts[id] = fact.kind === "integer" && /^\d+$/.test(given) ? Number(given) : given;
  }
  return Object.keys(facts).length === 0 ? undefined : facts;
};
