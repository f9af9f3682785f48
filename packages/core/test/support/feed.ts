/** Made-up feeds of several streams, and every way to tamper with one. */
import { createHash } from "node:crypto";
import * as Result from "effect/Result";
import * as fc from "fast-check";
import { fold } from "../../src/issue/index.ts";
import type { Assignee, IssueEvent } from "../../src/issue/index.ts";
import { decodeEntry, encodeEntry, sealRange } from "../../src/journal/index.ts";
import type { Digest, FeedEntry, KeptSeal } from "../../src/journal/index.ts";

export const sha256: Digest = {
  algorithm: "SHA-256",
  hash: (text) => createHash("sha256").update(text, "utf8").digest("hex"),
};

export const sm3: Digest = {
  algorithm: "SM3",
  hash: (text) => createHash("sm3").update(text, "utf8").digest("hex"),
};

export const NAMESPACE = "main";

/** What an entry says here: one number, so that an edit is one number changed. */
export interface Line {
  readonly stream: string;
  readonly reached: boolean;
}

/** Writes lines as entries, each after the one before it in its stream. */
export const feedOf = (digest: Digest, lines: ReadonlyArray<Line>): Array<FeedEntry> => {
  const ends = new Map<string, FeedEntry>();
  return lines.map(({ stream, reached }, index) => {
    const last = ends.get(stream);
    const at = 1000 + index;
    const entry = encodeEntry(
      digest,
      {
        stream,
        version: (last?.version ?? 0) + 1,
        actor: { type: "clock" },
        charter: { id: "smalltown", version: "1" },
        cause: `c${index}`,
        recordedAt: at,
      },
      last === undefined ? opening(stream, at, reached) : { type: "Contacted", at, reached },
      last?.hash ?? "",
    );
    ends.set(stream, entry);
    return entry;
  });
};

/** Seals the first entries of a feed in ranges of the given sizes. */
export const sealsOf = (
  digest: Digest,
  feed: ReadonlyArray<FeedEntry>,
  sizes: ReadonlyArray<number>,
): ReadonlyArray<KeptSeal> => {
  const seals: Array<KeptSeal> = [];
  let from = 0;
  for (const size of sizes) {
    const hashes = feed.slice(from, from + size).map((entry) => entry.hash);
    if (hashes.length === 0) break;
    const after = seals.at(-1) ?? null;
    seals.push(sealRange(digest, hashes, { namespace: NAMESPACE, after, sealedAt: 5 }));
    from += hashes.length;
  }
  return seals;
};

/** The states of all issues as a store would keep them, each with its stream. */
export const statesOf = (feed: ReadonlyArray<FeedEntry>) =>
  [...new Set(feed.map(({ stream }) => stream))].map((stream) => {
    const history = feed.filter((entry) => entry.stream === stream);
    const events = history.map(({ value }) => Result.getOrThrow(decodeEntry(value)).event);
    const head = history.at(-1)?.hash ?? "";
    const state: unknown = JSON.parse(JSON.stringify(fold(events)));
    return { stored: { stream, version: history.length, head, state }, history };
  });

const opening = (issue: string, at: number, signposted: boolean): IssueEvent => ({
  ...{ type: "Reported", issue, at, kind: "request", category: "repair", facts: { cost: 5 } },
  charter: { id: "smalltown", version: "1" },
  ...{ unit: "B1", reporters: [], about: [], sponsor: null, externalRefs: [], inform: [] },
  ...{ handler: HANDLER, signposted },
  routed: {
    ...{ course: "handle", rule: null, chain: "residential", levels: ["building"] },
    ...{ size: null, clocks: "ordinary" },
  },
});

const HANDLER: Assignee = {
  ...{ post: "chief", unit: "B1", level: "building", person: "p1", via: "holder" },
};

/** The feed with the entry at `at` saying something else, every hash after it made to fit. */
export const rewritten = (
  digest: Digest,
  lines: ReadonlyArray<Line>,
  at: number,
): Array<FeedEntry> =>
  feedOf(
    digest,
    lines.map((line, index) => (index === at ? { ...line, reached: !line.reached } : line)),
  );

/** Lines of up to four streams. */
export const someLines = (minLength: number) =>
  fc.array(fc.record({ stream: fc.constantFrom("i1", "i2", "i3", "i4"), reached: fc.boolean() }), {
    minLength,
    maxLength: 40,
  });
