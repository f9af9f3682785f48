/**
 * What a clock that runs out will write, found out beforehand by a service on a copy, so
 * that the writers by hand need not decide: they read and parse each state, hash each
 * entry anew and write.
 */
import { hash } from "node:crypto";
import { Disagreement } from "../kit/report.ts";
import { type Life, makeLives } from "../town/lives.ts";
import type { IndexKey } from "./written.ts";

/** Jobs leased at once. */
export const BATCH = 100;

/** Monday 2026-03-02 09:00 in Shanghai: all issues are reported then. */
export const REPORTED = Date.UTC(2026, 2, 2, 1, 0, 0);

/** Issues of the building alone: their first clocks run out at one instant, with the same rungs each. */
export const makeSmallLives = (seed: number, count: number): ReadonlyArray<Life> =>
  makeLives({ seed, count: count * 2 })
    .filter(isSmall)
    .slice(0, count);

/** The next state of one issue and what comes with it. */
export interface Planned {
  readonly state: unknown;
  readonly keys: ReadonlyArray<IndexKey>;
  readonly dueAt: number;
  readonly entries: ReadonlyArray<PlannedEntry>;
}

/** An entry still to be hashed. */
export interface PlannedEntry {
  readonly version: number;
  readonly header: string;
  readonly payload: string;
}

/** An entry taken apart. */
export const plannedEntry = (version: number, value: string): PlannedEntry => {
  const at = value.indexOf(',"payload":');
  return {
    version,
    header: `${value.slice(0, at)}}`,
    payload: value.slice(at + ',"payload":'.length, -1),
  };
};

/** The entry as it is stored, both hashes made anew. */
export const hashed = ({ version, header, payload }: PlannedEntry) => {
  if (!header.includes(hash("sha256", payload))) throw new Disagreement("another hash");
  return {
    version,
    hash: hash("sha256", header),
    value: `${header.slice(0, -1)},"payload":${payload}}`,
  };
};

/** Index keys of one list that the other has not. */
export const without = (
  list: ReadonlyArray<IndexKey>,
  other: ReadonlyArray<IndexKey>,
): ReadonlyArray<IndexKey> => {
  const there = new Set(other.map(nameOf));
  return list.filter((key) => !there.has(nameOf(key)));
};

// Private

const nameOf = ([index, key]: IndexKey) => `${index}\u0000${key}`;

const isSmall = ({ steps: [report] }: Life): boolean =>
  report?.command.type === "report" &&
  report.command.category !== "hazard" &&
  Number(report.command.facts?.["cost"] ?? 0) <= 1000;
