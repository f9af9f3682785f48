/**
 * Text and identifiers: the two kinds of string the library accepts.
 *
 * Databases disagree about NUL and lone surrogates (PostgreSQL refuses both), and
 * readers are hurt by control characters, so they are refused here, once, at
 * every door. Text is otherwise stored exactly as given.
 */
import * as Schema from "effect/Schema";

/** A sentence for people, in Chinese and in English; neither may be empty. */
export interface LocalText {
  readonly zh: string;
  readonly en: string;
}

/** The two languages every text is kept in. */
export type Locale = "zh" | "en";

/**
 * True when `text` holds no NUL, no control character except tab and line
 * breaks, and no lone surrogate.
 */
export const isSoundText = (text: string): boolean => text.isWellFormed() && !CONTROL.test(text);

/** Well-formed text of at most `maxLength` UTF-16 units, not blank. */
export const textOf = (maxLength: number) =>
  Schema.String.check(
    Schema.makeFilter((value: string) => {
      if (value.trim().length === 0) return "must not be blank";
      if (value.length > maxLength) return `must be at most ${maxLength} characters`;
      return isSoundText(value)
        ? undefined
        : "must not hold NUL, control characters or lone surrogates";
    }),
  );

/**
 * The identifier of a unit, post, category, rule, person and so on: 1 to 80
 * letters (any script), digits or `_ . : -`, beginning with a letter or digit.
 * `/` and blanks are kept out because storage keys and JSON paths use them.
 */
export const Id = Schema.String.check(
  Schema.makeFilter((value: string) =>
    ID.test(value) && value.isWellFormed()
      ? undefined
      : "must be an identifier: 1 to 80 letters, digits or _ . : -, beginning with a letter or digit",
  ),
);

/** Schema of {@link LocalText}; each side at most 2,000 characters. */
export const LocalText = Schema.Struct({ zh: textOf(2000), en: textOf(2000) });

/** Picks one language of a text. */
export const inLocale = (text: LocalText, locale: Locale): string => text[locale];

/**
 * Fills `{name}` places of a text; a name without a value is left standing, so a
 * missing value is seen rather than silently blank.
 */
export const fillText = (
  text: LocalText,
  values: Readonly<Record<string, string | LocalText>>,
): LocalText => ({
  zh: fill(text.zh, "zh", values),
  en: fill(text.en, "en", values),
});

// oxlint-disable-next-line no-control-regex -- refusing control characters needs naming them.
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;
const ID = /^[\p{L}\p{N}][\p{L}\p{N}_.:-]{0,79}$/u;

const fill = (
  pattern: string,
  locale: Locale,
  values: Readonly<Record<string, string | LocalText>>,
) =>
  pattern.replace(/\{([A-Za-z][A-Za-z0-9]*)\}/g, (whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return value === undefined ? whole : typeof value === "string" ? value : value[locale];
  });
