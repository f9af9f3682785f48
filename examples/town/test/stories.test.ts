/** The stories: told on any day of the year, and told alike. */
import { openSqliteStorage } from "@linli/storage-sqlite";
import * as Effect from "effect/Effect";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { openTown, type Town } from "../src/server/town.ts";
import { cleanUp, temporaryFolder } from "./support.ts";

afterAll(cleanUp);

const HOST = { person: null, host: true };

const told = <A, E>(startedAt: number, ask: (town: Town) => Effect.Effect<A, E>, folder: string) =>
  Effect.runPromise(
    Effect.scoped(
      Effect.flatMap(
        openTown({ dataFolder: folder, machineTime: () => startedAt, notify: () => undefined }),
        ask,
      ),
    ),
  );

const states = ({ linli }: Town) =>
  Effect.map(
    Effect.all([
      linli.issuesOf("xinan", { viewer: HOST, state: "open" }),
      linli.issuesOf("xinan", { viewer: HOST, state: "final" }),
    ]),
    ([open, final]) => ({
      open: open.issues.map(({ category, status }) => `${category} ${status}`).sort(),
      final: final.issues.map(({ category, status }) => `${category} ${status}`).sort(),
      climbed: [...open.issues, ...final.issues].filter(({ escalations }) => escalations > 0)
        .length,
    }),
  );

// Working days, weekends, the Spring Festival, the National Day, a year's end, the days of the
// clock's change elsewhere, and beyond the announced calendar; at all hours.
const STARTS = [
  "2026-02-20T03:00:00Z",
  "2026-02-24T15:59:00Z",
  "2026-03-29T01:30:00Z",
  "2026-05-05T22:00:00Z",
  "2026-10-08T00:00:00Z",
  "2026-11-22T08:00:00Z",
  "2027-01-01T16:00:00Z",
  "2028-02-29T12:00:00Z",
];

test.each(STARTS)("a first start at %s finds every story possible", async (start) => {
  const found = await told(Date.parse(start), states, temporaryFolder());
  expect(found).toEqual({
    open: [
      "charging reported",
      "conduct accepted",
      "escape reported",
      "facility accepted",
      "facility accepted",
      "neighbours accepted",
    ],
    final: ["cleaning closed", "cleaning closed", "errand closed", "fire closed", "manhole closed"],
    climbed: 2,
  });
});

test("the same first start gives the same journal, but for hashes of what is under keys", async () => {
  const journal = async () => {
    const folder = temporaryFolder();
    await told(Date.parse("2026-11-22T08:00:00Z"), () => Effect.void, folder);
    return Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const storage = yield* openSqliteStorage({ path: path.join(folder, "town.db") });
          const feed = { namespace: "xinan", after: null, limit: 1000, stream: null };
          const { entries } = yield* storage.feed(feed);
          return entries.map(({ value }) => value.replaceAll(/[0-9a-f]{64}/g, "hash"));
        }),
      ),
    );
  };
  const first = await journal();
  expect(first.length).toBeGreaterThan(50);
  expect(await journal()).toEqual(first);
});

test("in the stories each clock was fired at its own instant", async () => {
  const late = await told(
    Date.parse("2026-11-22T08:00:00Z"),
    ({ linli }) =>
      Effect.gen(function* () {
        const { issues } = yield* linli.issuesOf("xinan", { viewer: HOST, state: "open" });
        const lines = yield* Effect.all(issues.map(({ id }) => linli.timeline(id, HOST)));
        return lines.flat().filter(({ recordedAt }) => recordedAt !== null);
      }),
    temporaryFolder(),
  );
  expect(late).toEqual([]);
});

test("the manhole is settled within hours, by the community, as the town's article tells it", async () => {
  const lines = await told(
    Date.parse("2026-11-22T08:00:00Z"),
    ({ firstReceipt, linli }) =>
      Effect.gen(function* () {
        const { actor, issue } = yield* linli.byReceipt(firstReceipt ?? "");
        return yield* linli.timeline(issue, actor);
      }),
    temporaryFolder(),
  );
  const at = (type: string) => lines.find((line) => line.type === type)?.at ?? 0;
  expect(lines[0]?.text.zh).toContain("叶口巷3号楼栋长负责");
  expect(lines.find((line) => line.type === "Resolved")?.text.zh).toContain("镇东社区");
  expect(at("Resolved") - at("Reported")).toBeLessThan(4 * 3_600_000);
});
