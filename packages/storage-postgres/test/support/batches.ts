/** Commits as the library makes them, for these tests. */
import type { CommitBatch } from "@linli/core/ports";

export const NAMESPACE = "xinan";

/** A batch with everything left out that does not matter. */
export const batchOf = (part: Partial<CommitBatch>): CommitBatch => ({
  namespace: NAMESPACE,
  at: 1000,
  rows: [],
  guards: [],
  entries: [],
  schedule: [],
  cancel: [],
  settle: [],
  receipt: null,
  ...part,
});

/** A command on one issue: its state, its journal, its clock and its receipt. */
export const commandOn = (issue: string, version: number): CommitBatch =>
  batchOf({
    at: 1000 + version,
    rows: [
      {
        kind: "issue",
        id: issue,
        expected: version - 1,
        value: JSON.stringify({ issue, version }),
        indexes: [{ index: "due", key: `镇东社区/${String(version).padStart(6, "0")}` }],
      },
    ],
    entries: [{ stream: issue, version, value: `step ${version}`, hash: `h${version}` }],
    schedule: [
      { id: `clock/${issue}`, queue: "clock", key: issue, dueAt: 2000, value: String(version) },
    ],
    receipt: {
      id: `${issue}/${version}`,
      contentHash: "c",
      value: String(version),
      keepUntil: null,
    },
  });
