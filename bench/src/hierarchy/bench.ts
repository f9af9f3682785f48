/**
 * What a nation costs in memory: 665,277 units, the shape of the statistical division
 * of 2023. Heap and typed arrays are weighed by the collector itself, in a child
 * process started with --expose-gc, beside what `hierarchyBytes` counts.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type BenchOptions, Disagreement, type Report, rowOf } from "../kit/report.ts";
import type { Weights } from "./weigh.ts";

/** The bench. */
export const hierarchy = async ({ say }: BenchOptions): Promise<Report> => {
  say("building a nation ...");
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", WEIGH]);
  const { units, counted, weighed, searched, searchedWeighed } = JSON.parse(stdout) as Weights;
  if (units !== 665_277) throw new Disagreement(`a nation of ${units} units is not the one meant`);
  const share = (bytes: number) => Math.round((bytes / units) * 10) / 10;
  return {
    name: "hierarchy",
    rows: [
      rowOf("memory of a nation, as weighed", ALLOWED, allowed(weighed / units), 1),
      rowOf("memory of a nation, as counted", ALLOWED, allowed(counted / units), 1),
      rowOf("with the name index, as weighed", ALLOWED, allowed(searchedWeighed / units), 1),
      rowOf("with the name index, as counted", ALLOWED, allowed(searched / units), 1),
    ],
    peers: [],
    work: {
      units,
      "bytes a unit beyond the strings, weighed": share(weighed),
      "bytes a unit beyond the strings, hierarchyBytes": share(counted),
      "bytes a unit with the name index, weighed": share(searchedWeighed),
      "bytes a unit with the name index, hierarchyBytes": share(searched),
    },
  };
};

// Private

const WEIGH = fileURLToPath(new URL("weigh.ts", import.meta.url));
const MOST = 70;
const ALLOWED = `${MOST} bytes a unit beyond the strings`;

// Memory is the same each time, so there is no spread.
const allowed = (bytes: number) => ({ ratio: MOST / bytes, spread: 0 });
