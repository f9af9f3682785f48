/** What a story is: dated steps around one issue. */

/** A person, or whoever has to act on the issue at that moment. */
export type Who = { readonly person: string } | "handler" | "unknown";

/** One step: so long before the first start somebody does something. */
export interface Step {
  /** Minutes before the first start. */
  readonly before: number;
  readonly who: Who;
  /** The command; the first of a story begins its issue. */
  readonly command: Readonly<Record<string, unknown>>;
  /** For `recordSettled`: how many minutes before the first start it was settled. */
  readonly settledBefore?: number;
}

/** What happened around one issue. */
export interface Story {
  readonly id: string;
  readonly steps: ReadonlyArray<Step>;
}
