/**
 * `npm run bench -- [NAME ...] [--json] [--gate] [--quick]`; the names stand in `BENCHES`.
 * Without a name all run but the largest, which wants minutes and gigabytes.
 *
 * Each bench compares all answers first and races then; see README.md. Exits with 1
 * when answers disagree and, with `--gate`, when a goal is missed; with 2 when asked
 * for something that does not exist; with 3 when what a bench needs is not there.
 */
import { parseArgs } from "node:util";
import { CannotRun, Disagreement, machine, textOf } from "./kit/report.ts";
import type { BenchOptions, Report } from "./kit/report.ts";

const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  routing: async () => (await import("./routing/bench.ts")).routing,
  issue: async () => (await import("./issue/bench.ts")).issue,
  "storage-sqlite": async () => (await import("./storage/sqlite/bench.ts")).storageSqlite,
  "storage-postgres": async () => (await import("./storage/postgres/bench.ts")).storagePostgres,
  "storage-scale": async () => (await import("./storage/scale/bench.ts")).storageScale,
  moving: async () => (await import("./storage/moving/bench.ts")).moving,
  replay: async () => (await import("./replay/bench.ts")).replay,
  hierarchy: async () => (await import("./hierarchy/bench.ts")).hierarchy,
};

const NAMED_ONLY: ReadonlyArray<string> = ["storage-scale"];

type Bench = (options: BenchOptions) => Promise<Report>;

const main = async (): Promise<number> => {
  const parsed = readArguments();
  const named = parsed?.positionals ?? [];
  const unknown = named.find((name) => !Object.hasOwn(BENCHES, name));
  if (parsed === undefined || unknown !== undefined) {
    process.stderr.write(`Name benches: ${Object.keys(BENCHES).join(", ")}. ${OPTIONS}\n`);
    return 2;
  }
  const { json, gate, quick } = parsed.values;
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const names =
    named.length > 0 ? named : Object.keys(BENCHES).filter((name) => !NAMED_ONLY.includes(name));
  let missed = false;
  let lacking = false;
  for (const name of names) {
    const facts = machine();
    const bench = await BENCHES[name]?.();
    if (bench === undefined) continue;
    let report: Report;
    try {
      report = await bench({ quick, say });
    } catch (error) {
      // The others can still run.
      if (!(error instanceof CannotRun)) throw error;
      say(`${name}: ${error.message}`);
      lacking = true;
      continue;
    }
    missed ||= report.rows.some((row) => !row.ok);
    const { rows, peers, costs = [], work } = report;
    process.stdout.write(
      json
        ? `${JSON.stringify({ name, rows, peers, costs, work, machine: facts })}\n`
        : `${textOf(report, facts)}\n\n`,
    );
  }
  if (lacking) return 3;
  return gate && missed ? 1 : 0;
};

const OPTIONS = "Options: --json, --gate (a missed goal fails), --quick (a short run).";

const readArguments = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        gate: { type: "boolean", default: false },
        quick: { type: "boolean", default: false },
      },
    });
  } catch {
    return undefined;
  }
};

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Disagreement)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
