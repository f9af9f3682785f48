/** Whether a moved copy says what it should: beside the hand's, and computed from scratch. */
import type { IssueState } from "@linli/core/issue";
import * as Effect from "effect/Effect";
import { mustAgree } from "../../kit/report.ts";
import { holderOf } from "../../town/town.ts";
import type { Service } from "../service.ts";
import { mustHoldTheSameRows, type Row } from "../tables.ts";
import { keysOf, PLACES, type Places } from "../written.ts";
import { type Place, statesOf } from "./place.ts";
import { MOVED, PLACES_AFTER } from "./town.ts";

/** Index entries and issue rows of both copies, row by row; how many there are. */
export const mustHoldTheSameIndex = async (
  { select }: Place,
  byHand: string,
  service: string,
): Promise<Readonly<Record<string, string>>> => {
  const found: Record<string, string> = {};
  for (const [what, sql] of [
    ["index entries", INDEX_ENTRIES],
    ["issue rows", "SELECT * FROM rows WHERE kind = 'issue' ORDER BY namespace, id"],
  ] as const) {
    const given = await select(service, sql);
    found[what] = mustHoldTheSameRows(what, await select(byHand, sql), given.values());
  }
  return found;
};

/** Every index entry of every issue, as its state and the buildings' places say. */
export const mustFollowFromStates = async (place: Place, at: string): Promise<void> => {
  const states = await statesOf(place, at);
  const expected = [...states.values()].flatMap(entriesOf).sort(byKey);
  const stored = await place.select(at, INDEX_ENTRIES);
  mustHoldTheSameRows("index_entries, from scratch", expected, stored.values());
};

/** Lists and counts of old and new parent and of the unit itself, before the move or after it. */
export const mustList = async (
  { linli }: Service,
  states: ReadonlyMap<string, IssueState>,
  standing: "before" | "after",
): Promise<void> => {
  const viewer = { person: holderOf("T") };
  for (const unit of [MOVED.from, MOVED.to, MOVED.unit, "T"]) {
    for (const [state, letter] of LISTED) {
      const expected = idsUnder(unit, letter, states, standing);
      const what = `${state} of ${unit}, ${standing} the move`;
      const max = states.size;
      mustAgree(
        `${what}, counted`,
        expected.length,
        await Effect.runPromise(linli.count(unit, state, { max })),
      );
      const listed: Array<string> = [];
      for (let cursor: string | null = null, first = true; first || cursor !== null;) {
        first = false;
        const options = { viewer, state, limit: 1000, cursor };
        const page: Page = await Effect.runPromise(linli.issuesOf(unit, options));
        for (const { id } of page.issues) listed.push(id);
        cursor = page.next;
      }
      mustAgree(`${what}, listed`, expected, listed);
    }
  }
};

// Private

type Page = Effect.Success<ReturnType<Service["linli"]["issuesOf"]>>;

const INDEX_ENTRIES =
  "SELECT index_name, key, id FROM index_entries WHERE kind = 'issue' ORDER BY index_name, key, id";

const LISTED = [
  ["open", "a"],
  ["settled", "b"],
  ["final", "c"],
] as const;

// What is over stays where it was when it ended, which was before the move.
const standingOf = (state: IssueState, standing: "before" | "after"): Places =>
  standing === "after" && state.status !== "closed" ? PLACES_AFTER : PLACES;

const entriesOf = (state: IssueState): ReadonlyArray<Row> => {
  const flat = keysOf(state, standingOf(state, "after"));
  const entries: Array<Row> = [];
  for (let i = 0; i < flat.length; i += 2) {
    entries.push({ index_name: flat[i], key: flat[i + 1], id: state.id });
  }
  return entries;
};

const idsUnder = (
  unit: string,
  letter: string,
  states: ReadonlyMap<string, IssueState>,
  standing: "before" | "after",
): ReadonlyArray<string> =>
  [...states.values()]
    .flatMap((state) =>
      keysOf(state, standingOf(state, standing))
        .filter((key, i) => i % 2 === 1 && key.startsWith(`${unit}/${letter}/`))
        .map((key) => ({ key, id: state.id })),
    )
    .sort((a, b) => compare(a.key, b.key))
    .map(({ id }) => id);

const byKey = (a: Row, b: Row): number =>
  compare(String(a["index_name"]), String(b["index_name"])) ||
  compare(String(a["key"]), String(b["key"])) ||
  compare(String(a["id"]), String(b["id"]));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
