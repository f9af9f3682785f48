/** HTML as values: whatever is put into a template is escaped, unless it is HTML already. */

/** Finished HTML. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes; null, undefined and false print nothing. */
export type Part = Html | string | number | null | undefined | false | ReadonlyArray<Part>;

/** A template: html`<b>${words}</b>`. */
export const html = (strings: TemplateStringsArray, ...parts: ReadonlyArray<Part>): Html =>
  new Html(strings.reduce((text, string, i) => text + printed(parts[i - 1]) + string));

/** An attribute that is there or not. */
export const flag = (name: string, on: boolean): Html => new Html(on ? ` ${name}` : "");

const printed = (part: Part): string => {
  if (part === null || part === undefined || part === false) return "";
  if (part instanceof Html) return part.text;
  return typeof part === "object" ? part.map(printed).join("") : escaped(String(part));
};

const escaped = (text: string): string =>
  text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
