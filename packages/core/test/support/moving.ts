/** Towns whose units move, begin and end: drawn hierarchies, and what the index says against what it should. */
import fc from "fast-check";
import * as Effect from "effect/Effect";
import type { HierarchyInput, UnitInput } from "../../src/hierarchy/index.ts";
import type { Storage } from "../../src/ports/index.ts";
import type { Desk } from "../../src/promise/index.ts";
import type { IssueState } from "../../src/issue/index.ts";
import { INDEX, issueKeys, KIND } from "../../src/services/rows.ts";
import { charter, DAY, directory, MONDAY } from "./town.ts";

const name = (text: string) => ({ zh: text, en: text });

/** The small town with a second chain, in which buildings may stand elsewhere. */
export const movingCharter = {
  ...charter,
  chains: [...charter.chains, { id: "party", name: name("party") }],
  posts: [
    ...charter.posts,
    ...(["building", "community", "town"] as const).map((level) => ({
      ...{ id: `branch-${level}`, name: name(level), kind: "official", level, chain: "party" },
      ...{ handles: true, lastResort: level === "town" },
    })),
  ],
};

export const BUILDINGS = ["B1", "B2", "B3", "B4", "B5"] as const;
const COMMUNITIES = ["C1", "C2", "C3"] as const;

/** The directory of the small town: only those posts whose units every drawn hierarchy has. */
export const movingDirectory = {
  ...directory,
  appointments: directory.appointments.filter(({ unit }) => !["B4", "B5"].includes(unit)),
};

interface DrawnBuilding {
  readonly first: string;
  readonly party: string | null;
  readonly moves: ReadonlyArray<{ readonly day: number; readonly to: string }>;
  readonly ends: number | null;
  readonly heirs: ReadonlyArray<string>;
  readonly there: boolean;
}

const community = fc.constantFrom(...COMMUNITIES);
const day = fc.integer({ min: -3, max: 8 });
const building: fc.Arbitrary<DrawnBuilding> = fc.record({
  first: community,
  party: fc.option(fc.constantFrom("C1", "C2"), { freq: 2 }),
  moves: fc.uniqueArray(fc.record({ day, to: community }), {
    maxLength: 2,
    selector: (move) => move.day,
  }),
  ends: fc.option(day, { freq: 2 }),
  heirs: fc.uniqueArray(fc.constantFrom(...BUILDINGS), { maxLength: 2 }),
  there: fc.boolean(),
});

/** A hierarchy of five buildings and three communities, the third of which may end. */
export const hierarchies: fc.Arbitrary<Omit<HierarchyInput, "version">> = fc
  .record({
    buildings: fc.tuple(...BUILDINGS.map(() => building)),
    ends: fc.option(day, { freq: 1 }),
    heirs: fc.subarray(["C1", "C2"]),
  })
  .map(({ buildings, ends, heirs }) => {
    const closes = ends === null ? null : MONDAY + ends * DAY;
    return {
      units: [
        { id: "T", level: "town", name: "T", parents: {}, roots: ["residential", "party"] },
        ...COMMUNITIES.map((id): UnitInput => ({
          ...{ id, level: "community", name: id, parents: { residential: "T", party: "T" } },
          ...(id === "C3" && closes !== null ? { until: closes, successors: heirs } : {}),
        })),
        ...buildings.flatMap((drawn, place) => {
          const id = BUILDINGS[place] ?? "B1";
          // Buildings with posts are always there; the others may be missing from a document.
          return place < 3 || drawn.there ? [unitOf(id, place, drawn, closes)] : [];
        }),
      ],
    };
  })
  .map(({ units }) => {
    const known = new Set(units.map(({ id }) => id));
    return {
      units: units.map((unit) =>
        unit.successors === undefined
          ? unit
          : { ...unit, successors: unit.successors.filter((id) => known.has(id)) },
      ),
    };
  });

const unitOf = (
  id: string,
  place: number,
  { first, party, moves, ends, heirs }: DrawnBuilding,
  closes: number | null,
): UnitInput => {
  const stays = [
    { from: -Infinity, parent: first },
    ...moves.map(({ day: on, to }) => ({ from: MONDAY + on * DAY, parent: to })),
  ].sort((a, b) => a.from - b.from);
  // Nobody stays under a community that has ended.
  const open = (from: number, parent: string) =>
    closes !== null && parent === "C3" && from >= closes ? "C1" : parent;
  const lawful = stays.map(({ from, parent }) => ({ from, parent: open(from, parent) }));
  const atClosing = lawful.findLast(({ from }) => closes !== null && from < closes);
  if (
    closes !== null &&
    atClosing?.parent === "C3" &&
    !lawful.some(({ from }) => from === closes)
  ) {
    lawful.push({ from: closes, parent: "C2" });
  }
  const until = ends === null ? null : MONDAY + ends * DAY;
  // Only units of a higher number take over, so that successors never turn in a circle.
  const after = heirs.filter((heir) => BUILDINGS.findIndex((one) => one === heir) > place);
  return {
    id,
    level: "building",
    name: id,
    parents: {
      residential: lawful[0]?.parent ?? "C1",
      ...(party === null ? {} : { party }),
    },
    moves: lawful
      .slice(1)
      .filter(({ from }) => until === null || from < until)
      .map(({ from, parent }) => ({ chain: "residential", parent, from })),
    ...(until === null ? {} : { until, successors: after }),
  };
};

/** All index entries of issues as stored, and as they follow from states and the published world. */
export const entriesOf = async (storage: Storage, desk: Desk, now: number) => {
  const stored: Array<string> = [];
  const states = new Map<string, IssueState>();
  for (const index of [INDEX.under, INDEX.post, INDEX.sponsor, INDEX.reporter, INDEX.cluster]) {
    let cursor: string | null = null;
    do {
      const page: Effect.Success<ReturnType<Storage["scan"]>> = await Effect.runPromise(
        storage.scan({
          ...{ namespace: "main", kind: KIND.issue, index, range: { from: null, to: null } },
          ...{ order: "ascending", limit: 1000, cursor },
        }),
      );
      for (const row of page.rows) {
        stored.push(`${index} ${row.key}`);
        states.set(row.id, JSON.parse(row.value).state);
      }
      cursor = page.next;
    } while (cursor !== null);
  }
  const world = await desk.published();
  const fresh = [...states.values()].flatMap((state) =>
    // Which issues were written under an earlier charter version does not follow from their states.
    issueKeys(world, state, now)
      .filter(({ index }) => index !== INDEX.outdated)
      .map(({ index, key }) => `${index} ${key}`),
  );
  return { stored: stored.sort(), fresh: fresh.sort(), states };
};

/** Works off everything that is due. */
export const settleAll = async (desk: Desk) => {
  for (let pass = 0; pass < 200; pass += 1) if (!(await desk.runDue()).more) return;
  throw new Error("work never ends");
};
