/** The figures as text for a terminal. */
import type { Figures } from "./figures.ts";
import { ROW_REASONS } from "./requests.ts";

/** What this machine needed; never part of the figures. */
export interface Machine {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly commandsPerSecond: number;
  readonly commitsPerSecond: number;
  readonly transactionsPerSecond: number;
  readonly peakMemoryMegabytes: number;
}

/** The summary, some 70 lines. */
export const textOf = (figures: Figures, machine: Machine): string =>
  [
    ...inputLines(figures),
    ...deadlineLines(figures),
    ...wardLines(figures),
    ...serviceLines(figures, machine),
    "",
  ].join("\n");

// Private

const many = (value: number): string => value.toLocaleString("en-US");
const share = (part: number, whole: number): string =>
  whole === 0 ? "-" : `${((100 * part) / whole).toFixed(1)} %`;

/** Cells in columns: the first to the left, the others to the right. */
const table = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows.map(
    (row) =>
      `  ${row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  ")}`,
  );
};

const counted = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${many(count)}`)
    .join(", ");

const inputLines = ({ input, routed }: Figures): ReadonlyArray<string> => [
  `Rows read            ${many(input.rows)}, accepted ${many(input.accepted)}, unsorted ${many(input.unsorted)}, without a known place ${many(input.placeless)}`,
  ...Object.entries(input.refused).map(
    ([reason, count]) =>
      `Refused              ${many(count)}: the row ${ROW_REASONS[reason as keyof typeof ROW_REASONS]}`,
  ),
  ...input.refusedRows.map(({ row, reason }) => `  row ${row}: ${reason}`),
  `Routed               ${counted(routed)}`,
];

const deadlineLines = ({ deadlines, onTime, rungs }: Figures): ReadonlyArray<string> => {
  const { recorded, computed } = onTime;
  const compared =
    computed.bothOnTime +
    computed.bothLate +
    computed.onlyComputedOnTime +
    computed.onlyFlaggedOnTime;
  return [
    `Deadlines            ${many(deadlines.reproduced)} of ${many(deadlines.targets)} targets of ${deadlines.commonTypes} common types reproduced within 60 s (${share(deadlines.reproduced, deadlines.targets)}); all types ${many(deadlines.ofAllTypes.reproduced)} of ${many(deadlines.ofAllTypes.targets)}`,
    ...table([
      ["type", "promise", "targets", "reproduced", "share"],
      ...deadlines.types.map(({ name, promise, targets, reproduced }) => [
        name,
        promise ?? "-",
        many(targets),
        many(reproduced),
        share(reproduced, targets),
      ]),
    ]),
    `On time, recorded    ${many(recorded.agree)} of ${many(recorded.rows)} flags follow from the recorded target`,
    `On time, computed    ${share(computed.bothOnTime + computed.bothLate, compared)} of ${many(compared)} agree with the flag`,
    ...table([
      ["", "flag ONTIME", "flag OVERDUE"],
      ["computed on time", many(computed.bothOnTime), many(computed.onlyComputedOnTime)],
      ["computed late", many(computed.onlyFlaggedOnTime), many(computed.bothLate)],
    ]),
    `Rungs fired          reminders ${many(rungs.reminders)}, escalations ${many(rungs.escalations)}, last rungs ${many(rungs.lastRungs)}, reviews after them ${many(rungs.reviews)}`,
  ];
};

const wardLines = ({ wards }: Figures): ReadonlyArray<string> => [
  "Wards",
  ...table([
    ["unit", "reported", "settled", "on time", "late", "open at the end of the period"],
    ...wards.map((ward) => [
      ward.unit,
      many(ward.reported),
      many(ward.settled),
      many(ward.onTime),
      many(ward.late),
      many(ward.backlog),
    ]),
  ]),
];

const serviceLines = (figures: Figures, machine: Machine): ReadonlyArray<string> => {
  const { services, journal } = figures;
  const refused = Object.keys(services.refused).length === 0 ? "none" : counted(services.refused);
  return [
    `Services             ${many(services.commands)} commands in ${many(services.commits)} commits in ${many(services.transactions)} transactions; refused ${refused}; dead jobs ${many(services.deadJobs)}`,
    `                     closed ${many(services.closed)}, open at the end of the period ${many(services.backlog)}`,
    `Journal              ${many(journal.entries)} entries in ${many(journal.streams)} streams; ${journal.chained ? "every chain followed" : "A CHAIN IS BROKEN"}; ${many(journal.verified.streams)} streams (${many(journal.verified.entries)} entries) verified byte by byte: ${journal.verified.sound ? "sound" : "BROKEN"}`,
    `                     digest ${journal.digest}`,
    `This machine         ${machine.seconds.toFixed(1)} s (${machine.cpuSeconds.toFixed(1)} s of processor time), ${many(machine.commandsPerSecond)} commands, ${many(machine.commitsPerSecond)} commits and ${machine.transactionsPerSecond.toFixed(1)} transactions a second, peak memory ${many(machine.peakMemoryMegabytes)} MB`,
  ];
};
