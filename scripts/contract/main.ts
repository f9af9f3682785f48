/**
 * `npm run contract -- --driver memory|sqlite|postgres|pglite|MODULE`: asks a driver
 * every law of the storage port and reports. Exit code 1 when a law is broken, 2 when
 * the driver cannot be examined, or not to the end.
 */
import {
  type LawFinding,
  reasonNotToExamine,
  type StorageReport,
  storageReport,
  storageReportPage,
} from "@linli/testing";
import * as Effect from "effect/Effect";
import { writeFileSync, writeSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { type Asked, askedIn, USAGE } from "./asked.ts";
import { type Driver, loadDriver, NoDriver, textOf } from "./drivers.ts";
import { examined, watchStrays } from "./examination.ts";

/** How long a driver's own closing, and what it left running, is waited for. */
const LAST_MILLIS = 5000;

/** How long a module may take to load: as long as a law, and never less than this. */
const LOAD_MILLIS = 5000;

/** What the report is written with, whatever a driver does to `stdout`. */
const say = process.stdout.write.bind(process.stdout);

const strays = watchStrays();
let atWork = true;
process.on("exit", () => {
  if (!atWork) return;
  // In an exit handler only what is written at once is written at all.
  writeSync(2, "the examination was cut short: the driver ended the process\n");
  process.exitCode = 2;
});
process.exitCode = await main(process.argv.slice(2));
atWork = false;
endAnyway(process.exitCode);

async function main(args: ReadonlyArray<string>): Promise<number> {
  try {
    const asked = askedIn(args);
    if (asked === null) {
      say(USAGE);
      return 0;
    }
    // What a driver prints would stand in the JSON.
    if (asked.json) process.stdout.write = process.stderr.write.bind(process.stderr);
    const driver = await loadDriver(asked.driver, Math.max(LOAD_MILLIS, asked.lawMillis ?? 60_000));
    const code = await examine(driver, asked);
    const closed = await closes(driver);
    await setTimeout(0);
    const late = strays.take();
    for (const stray of late) process.stderr.write(`after the last law nobody caught ${stray}\n`);
    return code > 0 || (closed && late.length === 0) ? code : 1;
  } catch (error) {
    const text = error instanceof NoDriver ? `${error.message}\n\n${USAGE}` : `${stackOf(error)}\n`;
    process.stderr.write(text);
    return 2;
  }
}

async function examine({ tested, version }: Driver, asked: Asked): Promise<number> {
  const { replay, lawMillis, laws, at } = asked;
  const driver = { ...tested, replay, ...(lawMillis === null ? {} : { lawMillis }) };
  const stops = await Effect.runPromise(reasonNotToExamine(driver));
  // Node tells of a rejection once all that waits in line has run.
  await setTimeout(0);
  const [stray] = strays.take();
  const reason = stops ?? (stray === undefined ? null : `nobody caught ${stray}`);
  if (reason !== null) {
    process.stderr.write(`${asked.driver} cannot be examined: ${reason}\n`);
    return 2;
  }
  const { capabilities } = tested;
  const reported = (findings: ReadonlyArray<LawFinding>) =>
    storageReport(findings, { capabilities, version, at, replay });
  const findings = await examined(driver, laws, strays, {
    found: asked.json ? () => {} : tell,
    cutShort: (seen) => write(reported(seen), asked, (text) => writeSync(1, text)),
  });
  const report = reported(findings);
  write(report, asked, say);
  return report.broken === 0 ? 0 : 1;
}

function write(report: StorageReport, asked: Asked, out: (text: string) => unknown): void {
  const { driver, kept, broken, skipped, millis } = report;
  out(
    asked.json
      ? `${JSON.stringify(report, null, 2)}\n`
      : `\n${driver}: ${kept} laws kept, ${broken} broken, ${skipped} skipped, ` +
          `in ${(millis / 1000).toFixed(1)} s\n`,
  );
  if (asked.page === null) return;
  const page = storageReportPage(report, asked.language);
  writeFileSync(asked.page, `${page.trimEnd()}\n`);
}

function tell({ outcome, id, detail, millis }: LawFinding): void {
  const more = detail === "" ? "" : `: ${detail}`;
  say(`${outcome.padEnd(8)}${id} (${millis} ms)${more}\n`);
}

/** Closes what the module itself holds; false when that failed. */
async function closes(driver: Driver): Promise<boolean> {
  const late = Symbol("late");
  const stop = new AbortController();
  const limit = setTimeout(LAST_MILLIS, late, { signal: stop.signal }).catch(() => late);
  try {
    const ended = await Promise.race([driver.close(), limit]);
    if (ended !== late) return true;
    process.stderr.write(`\`close\` of the driver did not end within ${LAST_MILLIS / 1000} s\n`);
  } catch (error) {
    process.stderr.write(`\`close\` of the driver failed: ${textOf(error)}\n`);
  } finally {
    stop.abort();
  }
  return false;
}

/** A timer or socket that a driver left open would keep the runner up for ever. */
function endAnyway(code: number): void {
  const ends = () => {
    const left = [...new Set(process.getActiveResourcesInfo())].join(", ");
    process.stderr.write(`the driver left something open (${left}); ending anyway\n`);
    process.exit(code);
  };
  void setTimeout(LAST_MILLIS, undefined, { ref: false }).then(ends);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : textOf(error);
}
