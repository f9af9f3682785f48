/**
 * Checks append histories in three steps, from what the journal alone shows to what
 * only all operations together show.
 */
import type {
  AppendAnomaly,
  AppendAnomalyKind,
  AppendHistory,
  HistoryCommit,
  HistoryRead,
} from "./AppendHistory.ts";
import { orderFaults } from "./appendOrder.ts";

/** The anomalies of a history; none when a right storage could have answered so. */
export const checkAppends = (history: AppendHistory): ReadonlyArray<AppendAnomaly> => {
  const visible = [...journalFaults(history), ...answerFaults(history)];
  // Without a sound journal there is no order of versions to go on from. What one version's
  // time alone shows is named most clearly; the graph finds what only several show together.
  if (visible.length > 0) return visible;
  const dated = windowFaults(history);
  return dated.length > 0 ? dated : orderFaults(history);
};

const journalFaults = ({ operations, logs }: AppendHistory): ReadonlyArray<AppendAnomaly> => {
  const found: Array<AppendAnomaly> = [];
  const commits = new Map<string, HistoryCommit>();
  for (const one of operations) if (one.kind === "commit") commits.set(one.id, one);
  const places = new Map<string, Map<string, number>>();
  const report = (kind: AppendAnomalyKind, subject: string, id: string, detail: string) =>
    found.push({ kind, subject, operations: [id], detail });

  for (const [subject, log] of logs) {
    const inLog = new Map<string, number>();
    places.set(subject, inLog);
    for (const [index, id] of log.entries()) {
      const version = index + 1;
      const commit = commits.get(id);
      const write = commit?.writes.find((one) => one.subject === subject);
      const earlier = inLog.get(id);
      if (earlier !== undefined)
        report("duplicate", subject, id, `at versions ${earlier} and ${version}`);
      else if (commit === undefined || write === undefined)
        report("ghost-effect", subject, id, `at version ${version}, written by nobody`);
      else if (commit.outcome === "refused")
        report("ghost-effect", subject, id, `at version ${version}, although it was refused`);
      else if (write.expected + 1 !== version)
        report("swapped-order", subject, id, `at version ${version}, not ${write.expected + 1}`);
      if (earlier === undefined) inLog.set(id, version);
    }
  }
  for (const commit of commits.values()) {
    const missing = commit.writes.filter(({ subject }) => !places.get(subject)?.has(commit.id));
    const [first] = missing;
    if (first === undefined || commit.outcome === "refused") continue;
    if (missing.length < commit.writes.length)
      report("half-commit", first.subject, commit.id, "is in another subject's journal only");
    else if (commit.outcome === "committed")
      report("lost-ack", first.subject, commit.id, `version ${first.expected + 1} is not there`);
  }
  return found;
};

const answerFaults = ({ operations, logs }: AppendHistory): ReadonlyArray<AppendAnomaly> => {
  const found: Array<AppendAnomaly> = [];
  for (const one of operations) {
    if (one.kind === "read") {
      const writer = one.version === 0 ? null : logs.get(one.subject)?.[one.version - 1];
      if (writer !== one.writer) {
        const detail = `version ${one.version} showed ${one.writer ?? "nothing"}, the journal has ${writer ?? "nothing"}`;
        found.push({ kind: "stale-read", subject: one.subject, operations: [one.id], detail });
      }
      continue;
    }
    for (const { subject, expected, actual } of one.conflicts) {
      if (actual !== expected && actual <= (logs.get(subject)?.length ?? 0)) continue;
      const detail = `refused over version ${expected} because of version ${actual}`;
      found.push({ kind: "phantom-conflict", subject, operations: [one.id], detail });
    }
  }
  return found;
};

/** Who proves, and since when, that a version was there or was over. */
interface Proof {
  readonly instant: number;
  readonly by: string;
}

/**
 * Each version of a subject has a window: from the start of its writer, and of every
 * writer before, to the end of the first writer after it. What saw the version must
 * have been under way at some instant of the window.
 */
const windowFaults = (history: AppendHistory): ReadonlyArray<AppendAnomaly> => {
  const windows = windowsOf(history);
  const found: Array<AppendAnomaly> = [];
  const see = (
    kind: AppendAnomalyKind,
    one: HistoryCommit | HistoryRead,
    subject: string,
    version: number,
  ) => {
    const { begun, over } = windows.get(subject) ?? { begun: [], over: [] };
    const [first, last] = [begun[version], over[version]];
    const early = first !== undefined && one.end !== null && one.end < first.instant;
    const late = last !== undefined && last.instant < one.start;
    if (!early && !late) return;
    const proof = early ? first.by : (last?.by ?? "");
    const detail = `version ${version} was ${early ? "not there yet" : "over"} (see ${proof})`;
    found.push({ kind, subject, operations: [one.id, proof], detail });
  };
  const commits = new Map<string, HistoryCommit>();
  for (const one of history.operations) {
    if (one.kind === "read") {
      see("stale-read", one, one.subject, one.version);
      continue;
    }
    commits.set(one.id, one);
    for (const { subject, actual } of one.conflicts) see("phantom-conflict", one, subject, actual);
    if (one.outcome !== "committed") continue;
    for (const { subject, version } of one.guards) see("ignored-guard", one, subject, version);
  }
  for (const [subject, log] of history.logs) {
    for (const [index, id] of log.entries()) {
      const commit = commits.get(id);
      if (commit !== undefined) see("swapped-order", commit, subject, index);
    }
  }
  return found;
};

const windowsOf = ({ operations, logs }: AppendHistory) => {
  const commits = new Map<string, HistoryCommit>();
  for (const one of operations) if (one.kind === "commit") commits.set(one.id, one);
  const windows = new Map<
    string,
    { readonly begun: ReadonlyArray<Proof>; readonly over: ReadonlyArray<Proof | undefined> }
  >();
  for (const [subject, log] of logs) {
    const begun: Array<Proof> = [{ instant: 0, by: "" }];
    for (const id of log) {
      const before = begun.at(-1) ?? { instant: 0, by: "" };
      const start = commits.get(id)?.start ?? 0;
      begun.push(start > before.instant ? { instant: start, by: id } : before);
    }
    const over: Array<Proof | undefined> = [];
    for (let version = log.length - 1; version >= 0; version -= 1) {
      const id = log[version] ?? "";
      const after = over[version + 1];
      const end = commits.get(id)?.end ?? Number.POSITIVE_INFINITY;
      over[version] = after === undefined || end < after.instant ? { instant: end, by: id } : after;
    }
    windows.set(subject, { begun, over });
  }
  return windows;
};
