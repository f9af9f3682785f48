/**
 * `npm run contract -- --driver memory|sqlite|postgres|pglite|MODULE`: asks a driver
 * every law of the storage port and reports. Exit code 1 when a law is broken, 2 when
 * the driver cannot be examined.
 */
import {
  examineStorage,
  type LawFinding,
  type Replay,
  type StorageLaw,
  storageLaws,
  storageReport,
  storageReportPage,
} from "@linli/testing";
import * as Effect from "effect/Effect";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { type Driver, loadDriver, NoDriver } from "./lib/drivers.ts";

const USAGE = `npm run contract -- --driver memory|sqlite|postgres|pglite|MODULE

  --driver NAME       a driver of this repository, or the path of a module that exports
                      \`open\` and \`capabilities\` (docs/adapters/storage.md)
  --law PART          only laws whose id contains PART; may be given several times
  --json              the report as JSON on stdout
  --report FILE.md    the report as Markdown, to attach to a tender
  --at INSTANT        date of the report, ISO 8601; now when left out
  --seed N --path P --replay-path P --runs N
                      run a generated case again, as a broken law printed it
`;

const options = {
  driver: { type: "string" },
  law: { type: "string", multiple: true },
  json: { type: "boolean", default: false },
  report: { type: "string" },
  at: { type: "string" },
  seed: { type: "string" },
  path: { type: "string" },
  "replay-path": { type: "string" },
  runs: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

process.exitCode = await main(process.argv.slice(2));

async function main(args: ReadonlyArray<string>): Promise<number> {
  try {
    const given = parseArgs({ args: [...args], options, allowPositionals: false }).values;
    if (given.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    if (given.driver === undefined) throw new NoDriver("name a driver: --driver memory");
    const at = given.at === undefined ? Date.now() : Date.parse(given.at);
    if (Number.isNaN(at)) throw new NoDriver("--at must be an instant, as 2026-03-01T08:00:00Z");
    const laws = lawsOf(given.law ?? []);
    const replay = replayOf(given);
    const driver = await loadDriver(given.driver);
    try {
      return await examine(driver, { laws, replay, at, json: given.json, page: given.report });
    } finally {
      await driver.close();
    }
  } catch (error) {
    if (!(error instanceof NoDriver) && !isArgumentFault(error)) throw error;
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    return 2;
  }
}

interface Asked {
  readonly laws: ReadonlyArray<StorageLaw>;
  readonly replay: Replay;
  readonly at: number;
  readonly json: boolean;
  readonly page: string | undefined;
}

async function examine(driver: Driver, asked: Asked): Promise<number> {
  const { tested, version } = driver;
  const findings = await Effect.runPromise(
    examineStorage({ ...tested, replay: asked.replay }, asked.laws, asked.json ? () => {} : tell),
  );
  const { capabilities } = tested;
  const report = storageReport(findings, { capabilities, version, at: asked.at });
  if (asked.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  if (asked.page !== undefined) {
    const file = path.resolve(asked.page);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `${storageReportPage(report).trimEnd()}\n`);
  }
  if (!asked.json) {
    const seconds = (report.millis / 1000).toFixed(1);
    process.stdout.write(
      `\n${report.driver}: ${report.kept} laws kept, ${report.broken} broken, ` +
        `${report.skipped} skipped, in ${seconds} s\n`,
    );
  }
  return report.broken === 0 ? 0 : 1;
}

function tell({ outcome, id, detail, millis }: LawFinding): void {
  const more = detail === "" ? "" : `: ${detail}`;
  process.stdout.write(`${outcome.padEnd(8)}${id} (${millis} ms)${more}\n`);
}

function lawsOf(parts: ReadonlyArray<string>): ReadonlyArray<StorageLaw> {
  if (parts.length === 0) return storageLaws;
  const laws = storageLaws.filter((law) => parts.some((part) => law.id.includes(part)));
  if (laws.length === 0) throw new NoDriver(`no law has an id with ${parts.join(" or ")}`);
  return laws;
}

function replayOf(given: {
  readonly seed?: string;
  readonly path?: string;
  readonly "replay-path"?: string;
  readonly runs?: string;
}): Replay {
  const whole = (name: "seed" | "runs"): number | undefined => {
    const text = given[name];
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!Number.isSafeInteger(value)) throw new NoDriver(`--${name} must be a whole number`);
    return value;
  };
  const [seed, runs, replayPath] = [whole("seed"), whole("runs"), given["replay-path"]];
  return {
    ...(seed === undefined ? {} : { seed }),
    ...(runs === undefined ? {} : { runs }),
    ...(given.path === undefined ? {} : { path: given.path }),
    ...(replayPath === undefined ? {} : { replayPath }),
  };
}

function isArgumentFault(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE");
}
