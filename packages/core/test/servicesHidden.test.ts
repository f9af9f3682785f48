/** Who may not know of an issue learns of it nowhere: no refusal, page, cursor, count or board tells. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COMMANDS, Refusal } from "../src/issue/index.ts";
import type { Actor } from "../src/issue/index.ts";
import type { PageOptions, ViewPage } from "../src/services/index.ts";
import { openTown, person } from "./support/town.ts";

const report = (unit: string, category: string, more: object = {}) => ({
  type: "report",
  place: { unit },
  category,
  ...more,
});
const resident = { actor: person("resident") };
const aboutTheChief = { about: [{ post: "chief", unit: "B1" }] };

type Desk = Awaited<ReturnType<typeof openTown>>["desk"];

const INPUTS: Readonly<Record<string, object>> = {
  accept: {},
  settle: { words: "x" },
  comment: { words: "x" },
  support: {},
  urge: {},
  close: {},
  reopen: { words: "x" },
  verify: { passed: true },
  handUp: { words: "x" },
  supervise: { words: "x" },
  suspend: { reviewBy: 4_000_000_000_000, words: "x" },
};

const refusalOf = async (desk: Desk, issue: string, command: object, actor: Actor) => {
  const error: unknown = await desk.act(issue, command, { actor }).catch((refused) => refused);
  if (!(error instanceof Refusal)) throw new Error(`${issue} was not refused`);
  return { ...error, message: error.message };
};

describe("a sealed issue", () => {
  test("answers strangers, and whom it is about, as if it were not there", async () => {
    const { desk } = await openTown();
    const { issue } = await desk.begin(report("B1", "dispute", aboutTheChief), resident);
    for (const actor of [person("chief-1"), person("chief-2"), person("x"), { person: null }]) {
      for (const [type, input] of Object.entries(INPUTS)) {
        expect(Object.hasOwn(COMMANDS, type)).toBe(true);
        const command = { type, ...input };
        expect(await refusalOf(desk, issue, command, actor)).toEqual(
          await refusalOf(desk, "nothing", command, actor),
        );
      }
    }
  });

  test("still says to its parties what is in the way", async () => {
    const { desk } = await openTown();
    const { issue } = await desk.begin(report("B1", "dispute"), resident);
    expect(await refusalOf(desk, issue, { type: "accept" }, person("resident"))).toMatchObject({
      code: "NotYours",
      issue,
      status: "reported",
    });
  });

  test("can be named by nobody who may not know of it: not to merge, not to link", async () => {
    const { desk } = await openTown();
    const { issue } = await desk.begin(report("B1", "repair"), resident);
    const hidden = await desk.begin(report("B1", "dispute", aboutTheChief), resident);
    const link = { type: "link", relation: "related" };
    for (const step of [{ type: "merge" }, link]) {
      const named = (id: string) =>
        step.type === "merge" ? { ...step, into: id } : { ...step, issue: id };
      const refused = await refusalOf(desk, issue, named(hidden.issue), person("chief-1"));
      const absent = await refusalOf(desk, issue, named("nothing"), person("chief-1"));
      expect(JSON.stringify(refused).replaceAll(hidden.issue, "nothing")).toBe(
        JSON.stringify(absent),
      );
    }
    await desk.act(issue, { ...link, issue: hidden.issue }, { actor: person("sec-1") });
  });

  test("counts on the whole town's board only, and everywhere once it is sealed no more", async () => {
    const { desk } = await openTown();
    const days = { from: "2026-11-01", until: "2026-12-31" };
    const reported = async (unit: string) => {
      while ((await desk.project()).more);
      return (await desk.board(unit, days)).reduce((sum, day) => sum + day.reported, 0);
    };
    const { issue } = await desk.begin(report("B1", "dispute"), resident);
    await desk.begin(report("B1", "repair"), resident);
    expect([await reported("T"), await reported("C1"), await reported("B1")]).toEqual([2, 1, 1]);
    await desk.act(issue, { type: "reclassify", category: "repair" }, { actor: person("chief-1") });
    await desk.act(issue, { type: "settle", words: "x" }, { actor: person("chief-1") });
    while ((await desk.project()).more);
    const settled = await desk.board("B1", days);
    expect(settled.reduce((sum, day) => sum + day.settled, 0)).toBe(1);
  });
});

describe("lists and counts", () => {
  const CATEGORIES = ["repair", "dispute", "family"] as const;
  const BUILDINGS = ["B1", "B2", "B3"] as const;
  const reports = fc.array(
    fc.record({
      category: fc.constantFrom(...CATEGORIES),
      unit: fc.constantFrom(...BUILDINGS),
      about: fc.boolean(),
    }),
    { maxLength: 12 },
  );

  test("hold what their reader may know of, in full pages, and no cursor names anything else", () =>
    fc.assert(
      fc.asyncProperty(
        reports,
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom<"due" | "dueLast">("due", "dueLast"),
        async (given, limit, order) => {
          const { desk } = await openTown();
          const all: Array<string> = [];
          for (const { about, category, unit } of given) {
            const command = report(unit, category, about ? aboutTheChief : {});
            all.push((await desk.begin(command, resident)).issue);
          }
          for (const viewer of [
            { person: null },
            person("chief-1"),
            person("sec-1"),
            person("resident"),
            { person: null, host: true },
          ]) {
            for (const purpose of ["handle", "board"] as const) {
              const seen: Array<string> = [];
              for (const id of all) {
                const shown = await desk.view(id, { viewer, purpose }).catch(() => null);
                if (shown !== null) seen.push(id);
              }
              const hidden = all.filter((id) => !seen.includes(id));
              const pages = await pagesOf((page) =>
                desk.issuesOf("T", { viewer, purpose, state: "open", limit, order, ...page }),
              );
              const listed = pages.flatMap(({ issues }) => issues.map(({ id }) => id));
              expect([...listed].sort()).toEqual([...seen].sort());
              for (const { issues, next } of pages) {
                expect(issues.length === limit || next === null).toBe(true);
                expect(issues.length > 0 || seen.length === 0).toBe(true);
                for (const id of hidden) expect(next ?? "").not.toContain(`"${id}"`);
              }
              expect(await desk.count("T", "open", { viewer, purpose })).toBe(seen.length);
              expect(await desk.count("T", "open", { viewer, purpose, max: 1 })).toBe(
                Math.min(1, seen.length),
              );
            }
          }
          expect(await desk.count("T", "open")).toBe(all.length);
        },
      ),
      { seed: 20261128, numRuns: 25 },
    ));
});

const pagesOf = async (read: (page: PageOptions) => Promise<ViewPage>) => {
  const pages: Array<ViewPage> = [];
  let cursor: string | null = null;
  do {
    const page: ViewPage = await read({ cursor });
    pages.push(page);
    cursor = page.next;
  } while (cursor !== null);
  return pages;
};

describe("a reference of another system", () => {
  const named = (category: string) =>
    report("B1", category, { externalRefs: [{ system: "hotline", ref: "2026-1" }] });

  test("is given by that system, an office or the host, and by nobody else, known or not", async () => {
    const { desk } = await openTown();
    const refused = { _tag: "Refusal", code: "NotYours", allowed: ["report"] };
    const first = await desk.begin(named("repair"), resident).catch((error) => error);
    expect(first).toMatchObject(refused);
    const hotline = { actor: { person: null, source: "hotline" } };
    const { issue } = await desk.begin(named("repair"), hotline);
    for (const actor of [person("resident"), { person: null }, { person: null, source: "other" }]) {
      const again: unknown = await desk.begin(named("repair"), { actor }).catch((error) => error);
      expect({ ...(again as Refusal) }).toEqual({ ...first });
    }
    for (const actor of [hotline.actor, person("chief-2"), { person: null, host: true }]) {
      expect(await desk.begin(named("repair"), { actor })).toMatchObject({ issue, known: true });
    }
    expect(await desk.count("T", "open")).toBe(1);
  });

  test("tells an office nothing of an issue that is not theirs to see", async () => {
    const { desk } = await openTown();
    const { issue } = await desk.begin(named("dispute"), {
      actor: { person: null, source: "hotline" },
    });
    const refused: unknown = await desk
      .begin(named("dispute"), { actor: person("chief-2") })
      .catch((error) => error);
    expect(refused).toMatchObject({ code: "AlreadyExists", issue: null, status: null });
    expect(JSON.stringify(refused)).not.toContain(issue);
    expect(
      await desk.begin(named("dispute"), { actor: { person: null, source: "hotline" } }),
    ).toMatchObject({ issue, known: true });
  });
});
