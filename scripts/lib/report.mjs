/**
 * How a step tells `npm test` what it counted. Run by hand, a step only prints;
 * run by `check.mjs`, it also leaves its counts in the file it was given.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";

/** Ends a step: `skips` are sentences that `npm test` repeats before its last line. */
export const report = ({ passed, failed, skips = [] }) => {
  const file = process.env.LINLI_REPORT;
  if (file !== undefined) writeFileSync(file, JSON.stringify({ passed, failed, skips }));
  if (failed > 0) process.exitCode = 1;
};

/** Takes the counts a step left, or undefined when it left none. */
export const takeReport = (file) => {
  if (!existsSync(file)) return undefined;
  const counts = JSON.parse(readFileSync(file, "utf8"));
  rmSync(file);
  return counts;
};
