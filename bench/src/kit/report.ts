/** What a bench found, for a reader and for a program. */
import os from "node:os";
import { isDeepStrictEqual } from "node:util";
import type { Ratio } from "./race.ts";

/** A goal of ours and what came of it. */
export interface Row extends Ratio {
  readonly what: string;
  readonly reference: string;
  readonly atLeast: number;
  readonly ok: boolean;
}

/** Somebody else beside the same reference; no goal. */
export interface Peer extends Ratio {
  readonly peer: string;
  readonly what: string;
  readonly reference: string;
  /** Answers compared with the reference before the race, all equal. */
  readonly compared: number;
}

/** What a contestant's commands cost beside the reference's: times as much, 1 is the same. */
export interface Cost {
  readonly what: string;
  readonly contestant: string;
  readonly reference: string;
  /** Time of a command: half of them take no longer, and 99 of 100. */
  readonly p50: number;
  readonly p99: number;
  /**
   * Memory of a process that does nothing else, at its peak, and that beyond a Node which has
   * loaded nothing; null where it was not weighed.
   */
  readonly peakMemory: number | null;
  readonly extraMemory: number | null;
  /** Rows inserted, changed or deleted, and statements sent, a command: counted, not as a share. */
  readonly rows: number | null;
  readonly statements: number | null;
  /** Figures of this one machine, to look at and never to compare. */
  readonly observed: Observed;
}

/** Figures that belong to one machine and one moment. */
export interface Observed {
  readonly machineDependent: true;
  readonly perSecond: number;
  readonly p50Millis: number;
  readonly p99Millis: number;
  readonly peakMiB: number | null;
  readonly extraMiB: number | null;
}

/** All that one bench says. */
export interface Report {
  readonly name: string;
  readonly rows: ReadonlyArray<Row>;
  readonly peers: ReadonlyArray<Peer>;
  readonly costs?: ReadonlyArray<Cost>;
  /** Facts about the work itself: seeds, sizes, what was compared. */
  readonly work: Readonly<Record<string, string | number>>;
}

/** What a bench is given. */
export interface BenchOptions {
  /** A short run, to see that everything works; its figures mean little. */
  readonly quick: boolean;
  /** Says what is going on, on stderr. */
  readonly say: (line: string) => void;
}

/** Contestants gave different answers: no figure means anything. */
export class Disagreement extends Error {
  override readonly name = "Disagreement";
}

/** A row; the goal is met when the ratio reaches it. */
export const rowOf = (
  what: string,
  reference: string,
  { ratio, spread }: Ratio,
  atLeast: number,
): Row => ({ what, reference, ratio, atLeast, ok: ratio >= atLeast, spread });

/** @throws Disagreement unless both are equal in every field. */
export const mustAgree = (what: string, reference: unknown, answer: unknown): void => {
  if (isDeepStrictEqual(reference, answer)) return;
  const shown = JSON.stringify({ reference, answer }, null, 1).slice(0, 4000);
  throw new Disagreement(`${what}: the answers differ\n${shown}`);
};

/** What a bench needs is not there: it measured nothing. */
export class CannotRun extends Error {
  override readonly name = "CannotRun";
}

/** The machine and the runtime, so that nobody compares absolute figures by mistake. */
export const machine = (): Readonly<Record<string, string | number>> => ({
  processor: os.cpus()[0]?.model ?? "unknown",
  cores: os.cpus().length,
  memoryGiB: Math.round(os.totalmem() / 2 ** 30),
  system: `${os.type()} ${os.release()} ${os.arch()}`,
  node: process.versions.node,
  v8: process.versions.v8,
  loadBefore: Math.round((os.loadavg()[0] ?? 0) * 10) / 10,
});

/** The report as text for a terminal. */
export const textOf = (report: Report, facts: ReturnType<typeof machine>): string => {
  const lines = [`bench ${report.name}`, "", ...pairs(facts), ...pairs(report.work), ""];
  lines.push(
    ...table(
      ["what", "reference", "ratio", "at least", "", "spread"],
      report.rows.map((row) => [
        row.what,
        row.reference,
        figure(row.ratio),
        figure(row.atLeast),
        row.ok ? "ok" : "MISSED",
        figure(row.spread),
      ]),
    ),
  );
  if (report.peers.length > 0) {
    lines.push(
      "",
      ...table(
        ["beside", "what", "reference", "ratio", "spread", "compared"],
        report.peers.map((peer) => [
          peer.peer,
          peer.what,
          peer.reference,
          figure(peer.ratio),
          figure(peer.spread),
          String(peer.compared),
        ]),
      ),
    );
  }
  const costs = report.costs ?? [];
  if (costs.length > 0) {
    lines.push(
      "",
      ...table(
        [
          ...["a command of", "what", "as a multiple of", "p50", "p99", "peak memory"],
          ...["extra memory", "rows", "statements"],
        ],
        costs.map((cost) => [
          ...[cost.contestant, cost.what, cost.reference, figure(cost.p50), figure(cost.p99)],
          ...[cost.peakMemory, cost.extraMemory, cost.rows, cost.statements].map((value) =>
            value === null ? "-" : figure(value),
          ),
        ]),
      ),
    );
  }
  return lines.join("\n");
};

// Private

const figure = (value: number): string => String(Number(value.toPrecision(3)));

const pairs = (facts: Readonly<Record<string, string | number>>): ReadonlyArray<string> =>
  Object.entries(facts).map(([name, value]) => `  ${name}: ${value}`);

const table = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
): ReadonlyArray<string> => {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: ReadonlyArray<string>) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
};
