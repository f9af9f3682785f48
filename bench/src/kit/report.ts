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

/** All that one bench says. */
export interface Report {
  readonly name: string;
  readonly rows: ReadonlyArray<Row>;
  readonly peers: ReadonlyArray<Peer>;
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
