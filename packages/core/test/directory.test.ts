import * as fc from "fast-check";
import * as Result from "effect/Result";
import { describe, expect, it } from "vitest";
import {
  accountable,
  decodeDirectory,
  holdersOf,
  holdsPost,
  isAway,
  organisationsFor,
  postsOf,
  reachable,
} from "@linli/core/directory";
import { ancestorsOf } from "@linli/core/hierarchy";
import {
  away,
  builtDirectory,
  covers,
  naiveAccountable,
  POSTS,
  seatsOf,
  world,
} from "./directorySupport.ts";
import { built, CHAINS, frame, instant, naive } from "./hierarchySupport.ts";

const RUNS = { seed: 1788, numRuns: 400 };
const exclusion = fc
  .subarray(["p0", "p1", "p2", "p3", "p4", "p5", "p6"])
  .map((persons): ReadonlySet<string> => new Set(persons));

const asked = fc.record({ world, at: instant, exclude: exclusion, pick: fc.nat() }).map((made) => {
  const seats = [
    ...seatsOf(made.world.units),
    { post: "chief", unit: "nowhere" },
    { post: "nobody", unit: "town" },
    ...made.world.units.units.map((unit) => ({ post: "committee", unit: unit.id })),
  ];
  const seat = seats[made.pick % seats.length] ?? { post: "chief", unit: "town" };
  return { ...made, ...seat, seats };
});

describe("accountable: any directory, any seat, any instant", { timeout: 60_000 }, () => {
  it("is what the slow reference says", () => {
    const ways = new Map<string, number>();
    fc.assert(
      fc.property(asked, ({ world: made, at, exclude, seats }) => {
        const d = builtDirectory(made.input, { posts: POSTS, hierarchy: built(made.units) });
        for (const { post, unit } of seats) {
          const found = accountable(d, { post, unit, at, exclude });
          const { appointment: _a, shift: _s, ...answer } = found;
          expect(answer).toEqual(naiveAccountable(made, { post, unit, at, exclude }));
          const way = found.person === null ? "nobody" : found.via;
          ways.set(way, (ways.get(way) ?? 0) + 1);
        }
      }),
      RUNS,
    );
    for (const way of ["holder", "delegate", "duty", "deputy", "above", "lastResort", "nobody"]) {
      expect(ways.get(way) ?? 0, way).toBeGreaterThan(20);
    }
  });

  it("always answers, never with somebody away or excluded, and says who was passed", () => {
    fc.assert(
      fc.property(asked, ({ world: made, at, exclude }) => {
        const hierarchy = built(made.units);
        const d = builtDirectory(made.input, { posts: POSTS, hierarchy });
        for (const id of [...made.units.units.map((u) => u.id), "nowhere"]) {
          const unit = naive(made.units).heir(id, at);
          for (const post of [...POSTS.map((p) => p.id), "nobody"]) {
            const found = accountable(d, { post, unit: id, at, exclude });
            if (found.person === null) expect(found.via).toBe("lastResort");
            else {
              expect(exclude.has(found.person)).toBe(false);
              expect(away(made.input, found.person, at)).toBe(false);
            }
            if (found.via !== "holder") expect(found.passed[0]).toMatchObject({ post, unit });
            else expect(found).toMatchObject({ post, unit, passed: [] });
            for (const seat of found.passed) {
              const holders = holdersOf(d, seat.post, seat.unit, at);
              expect(holders.every((h) => exclude.has(h.person) || isAway(d, h.person, at))).toBe(
                true,
              );
              expect(holders.length === 0).toBe(seat.why === "vacant");
            }
          }
        }
      }),
      { ...RUNS, numRuns: 150 },
    );
  });

  it("names the appointment or the shift it relied on", () => {
    fc.assert(
      fc.property(asked, ({ world: made, post, unit, at, exclude }) => {
        const d = builtDirectory(made.input, { posts: POSTS, hierarchy: built(made.units) });
        const { person, via, appointment, shift, ...where } = accountable(d, {
          post,
          unit,
          at,
          exclude,
        });
        const held = made.input.appointments.find((item) => item.id === appointment);
        const duty = made.input.shifts.find((item) => item.id === shift);
        expect([held, duty].filter((item) => item !== undefined).length).toBe(
          person === null ? 0 : 1,
        );
        if (held !== undefined) expect(held).toMatchObject({ post: where.post, unit: where.unit });
        if (via === "holder") expect(held?.person).toBe(person);
        if (duty !== undefined)
          expect(duty).toMatchObject({ post: where.post, unit: where.unit, person });
      }),
      RUNS,
    );
  });

  it("is the same whatever order the data was written in", () => {
    fc.assert(
      fc.property(asked, ({ world: made, post, unit, at, exclude }) => {
        const hierarchy = built(made.units);
        const d = builtDirectory(made.input, { posts: POSTS, hierarchy });
        const turned = {
          ...made.input,
          appointments: made.input.appointments.toReversed(),
          leaves: made.input.leaves.toReversed(),
          shifts: made.input.shifts.toReversed(),
        };
        const other = builtDirectory(turned, { posts: POSTS, hierarchy });
        const request = { post, unit, at, exclude };
        expect(accountable(other, request)).toEqual(accountable(d, request));
      }),
      RUNS,
    );
  });
});

describe("holders, posts and reach", { timeout: 60_000 }, () => {
  it("holders and posts are two views of the same appointments, of living units", () => {
    fc.assert(
      fc.property(world, instant, (made, at) => {
        const d = builtDirectory(made.input, { posts: POSTS, hierarchy: built(made.units) });
        const slow = naive(made.units);
        const live = made.input.appointments.filter((a) => covers(a, at) && slow.alive(a.unit, at));
        const held = seatsOf(made.units).flatMap(({ post, unit }) => holdersOf(d, post, unit, at));
        expect(held.map((a) => a.id).toSorted()).toEqual(live.map((a) => a.id).toSorted());
        const persons = [...new Set(made.input.appointments.map((a) => a.person))];
        const posts = persons.flatMap((p) => postsOf(d, p, at));
        for (const seat of seatsOf(made.units)) {
          const holders = new Set(holdersOf(d, seat.post, seat.unit, at).map((a) => a.person));
          expect(persons.filter((p) => holdsPost(d, p, seat, at))).toEqual(
            persons.filter((p) => holders.has(p)),
          );
        }
        expect(posts.map((p) => p.appointment).toSorted()).toEqual(
          live.map((a) => a.id).toSorted(),
        );
      }),
      RUNS,
    );
  });

  it("reaches the person, or somebody present, or nobody", () => {
    fc.assert(
      fc.property(world, instant, fc.constantFrom("p0", "p1", "stranger"), (made, at, person) => {
        const d = builtDirectory(made.input, { posts: POSTS, hierarchy: built(made.units) });
        const found = reachable(d, person, at);
        if (!away(made.input, person, at)) expect(found).toBe(person);
        else if (found !== undefined) expect(away(made.input, found, at)).toBe(false);
      }),
      RUNS,
    );
  });

  it("decodes exactly what it builds from typed data", () => {
    fc.assert(
      fc.property(world, (made) => {
        const against = { posts: POSTS, hierarchy: built(made.units) };
        const decoded = decodeDirectory(JSON.parse(JSON.stringify(made.input)), against);
        expect(Result.isSuccess(decoded) && decoded.success).toEqual(
          builtDirectory(made.input, against),
        );
      }),
      { ...RUNS, numRuns: 100 },
    );
  });

  it("an organisation serves exactly its areas and what is below them, in any chain", () => {
    const kinds = ["department", "property"] as const;
    const organisations = world.chain((made) =>
      fc.record({
        made: fc.constant(made),
        at: instant,
        list: fc.array(
          fc.record({
            kind: fc.constantFrom(...kinds),
            serviceAreas: fc.array(fc.constantFrom(...made.units.units.map((unit) => unit.id)), {
              maxLength: 3,
            }),
            categories: fc.option(fc.subarray(["lamp", "lift"]), { nil: undefined }),
            until: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
          }),
          { maxLength: 6 },
        ),
      }),
    );
    fc.assert(
      fc.property(organisations, ({ made, at, list }) => {
        const written = list.map(({ kind, serviceAreas, categories, until }, i) => ({
          id: `o${i}`,
          kind,
          name: { zh: "单位", en: "organisation" },
          serviceAreas,
          ...(categories === undefined ? {} : { categories }),
          ...(until === undefined ? {} : { until }),
        }));
        const hierarchy = built(made.units);
        const d = builtDirectory(
          { ...made.input, organisations: written },
          { posts: POSTS, hierarchy },
        );
        for (const { id: unit } of made.units.units) {
          const areas = new Set(CHAINS.flatMap((chain) => ancestorsOf(hierarchy, chain, unit, at)));
          const serving = written.filter(
            (o) => covers(o, at) && o.serviceAreas.some((a) => areas.has(a)),
          );
          const ids = (request: object) =>
            organisationsFor(d, { unit, at, ...request })
              .map((o) => o.id)
              .toSorted();
          expect(ids({})).toEqual(serving.map((o) => o.id));
          expect(ids({ kind: "property", category: "lamp" })).toEqual(
            serving
              .filter((o) => o.kind === "property" && (o.categories?.includes("lamp") ?? true))
              .map((o) => o.id),
          );
        }
      }),
      RUNS,
    );
  });
});

it("the frame's root level has a post of last resort in each chain", () => {
  const chains = POSTS.filter((p) => p.lastResort && frame.lastResortLevels.includes(p.level));
  expect(chains.map((p) => p.chain).toSorted()).toEqual(CHAINS.toSorted());
});
