/** Checkpoints: what no seal covers yet is pinned by what somebody kept of it. */
import * as Result from "effect/Result";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeKept,
  encodeCheckpoint,
  encodeSeal,
  makeCheckpoint,
  makeVerifier,
} from "../src/journal/index.ts";
import type { Checkpoint, Digest, FeedEntry, KeptSeal } from "../src/journal/index.ts";
import {
  feedOf,
  NAMESPACE,
  rewritten,
  sealsOf,
  sha256,
  sm3,
  someLines,
  statesOf,
} from "./support/feed.ts";

const RUNS = { seed: 14, numRuns: 300 };

const checkpointOf = (
  feed: ReadonlyArray<FeedEntry>,
  after: KeptSeal | null,
  digest: Digest = sha256,
): Checkpoint => {
  const taking = makeCheckpoint(digest, { namespace: NAMESPACE, after, takenAt: 7 });
  const sealed = after === null ? 0 : after.first + after.count - 1;
  for (const { hash } of feed.slice(sealed)) taking.take(hash);
  return { ...taking.end(), signature: null };
};

const verdictOf = (
  feed: ReadonlyArray<FeedEntry>,
  seals: ReadonlyArray<KeptSeal>,
  checkpoints: ReadonlyArray<Checkpoint>,
) => {
  const verifier = makeVerifier({
    ...{ namespace: NAMESPACE, digests: [sha256, sm3], seals, checkpoints },
  });
  for (const entry of feed) verifier.take(entry);
  // States as whoever rewrote the journal would leave them: they fit whatever is there.
  for (const { stored, history } of statesOf(feed))
    verifier.takeState(stored, { history, contents: [] });
  return verifier.end({ states: true });
};

/** A feed of which the first part is sealed, a checkpoint of all of it, and a place that no seal covers. */
const pinned = fc
  .tuple(someLines(2), fc.nat(), fc.nat(), fc.nat())
  .map(([lines, cut, one, more]) => {
    const feed = feedOf(sha256, lines);
    const sealed = cut % feed.length;
    const seals = sealed === 0 ? [] : sealsOf(sha256, feed, [sealed]);
    const at = sealed + (one % (feed.length - sealed));
    // Later entries were not there yet when the checkpoint was taken.
    const seen = at + 1 + (more % (feed.length - at));
    const checkpoint = checkpointOf(feed.slice(0, seen), seals.at(-1) ?? null);
    return { lines, feed, seals, at, seen, checkpoint };
  });

const broken = (kind: string, position: number) => ({ _tag: "Broken", fault: { kind, position } });

describe("a checkpoint", () => {
  it("is sound over what it saw, whatever was written and sealed later", () =>
    fc.assert(
      fc.property(pinned, fc.constantFrom(sha256, sm3), ({ lines, seals, seen }, digest) => {
        const feed = feedOf(digest, lines);
        const own = sealsOf(
          digest,
          feed,
          seals.map(({ count }) => count),
        );
        const checkpoint = checkpointOf(feed.slice(0, seen), own.at(-1) ?? null, digest);
        const sealed = own.at(-1)?.count ?? 0;
        expect(verdictOf(feed, own, [checkpoint])).toMatchObject({
          ...{ _tag: "Sound", entries: feed.length, sealed, pinned: seen - sealed },
        });
        // Sealed meanwhile, in other ranges than the checkpoint's.
        const later = sealsOf(digest, feed, [...own.map(({ count }) => count), 1, 2, 50]);
        expect(verdictOf(feed, later, [checkpoint])).toMatchObject({ _tag: "Sound", pinned: 0 });
      }),
      RUNS,
    ));

  it("names an unsealed entry rewritten together with every hash after it and with its state", () =>
    fc.assert(
      fc.property(pinned, ({ lines, seals, at, checkpoint }) => {
        const forged = rewritten(sha256, lines, at);
        expect(verdictOf(forged, seals, [])).toMatchObject({ _tag: "Sound" });
        expect(verdictOf(forged, seals, [checkpoint])).toMatchObject(broken("Edited", at + 1));
      }),
      RUNS,
    ));

  it("names an end that was cut off, and a whole stream taken out", () =>
    fc.assert(
      fc.property(pinned, ({ feed, seals, at, checkpoint }) => {
        const cut = feed.slice(0, at);
        expect(verdictOf(cut, seals, [])).toMatchObject({ _tag: "Sound" });
        expect(verdictOf(cut, seals, [checkpoint])).toMatchObject(broken("Truncated", at + 1));
        const { stream } = feed[at] as FeedEntry;
        const first = feed.findIndex((entry) => entry.stream === stream);
        const without = feed.filter((entry) => entry.stream !== stream);
        expect(verdictOf(without, seals, [checkpoint])).toMatchObject({
          ...{ _tag: "Broken", fault: { position: first + 1 } },
        });
      }),
      RUNS,
    ));

  it("pins the seals it stands on", () =>
    fc.assert(
      fc.property(pinned, ({ lines, feed, seals, checkpoint }) => {
        fc.pre(seals.length > 0);
        // History, seals and all made anew: consistent in itself.
        const forged = rewritten(sha256, lines, 0);
        const anew = sealsOf(sha256, forged, [seals[0]?.count ?? 0]);
        expect(verdictOf(forged, anew, [])).toMatchObject({ _tag: "Sound" });
        expect(verdictOf(forged, anew, [checkpoint])).toMatchObject({ fault: { kind: "Seal" } });
        expect(verdictOf(feed, [], [checkpoint])).toMatchObject({
          fault: { kind: "Seal", why: "the seal that a checkpoint stands on is missing" },
        });
      }),
      RUNS,
    ));

  it("that was changed, or is of another journal, is named", () =>
    fc.assert(
      fc.property(pinned, ({ feed, seals, checkpoint }) => {
        const [range] = checkpoint.ranges;
        const changes: ReadonlyArray<Partial<Checkpoint>> = [
          { takenAt: 8 },
          { first: checkpoint.first + 1 },
          { ranges: range === undefined ? [] : [{ ...range, root: "0".repeat(64) }] },
          { namespace: "other" },
        ];
        for (const change of changes) {
          expect(verdictOf(feed, seals, [{ ...checkpoint, ...change }])).toMatchObject({
            fault: { kind: "Seal" },
          });
        }
      }),
      { ...RUNS, numRuns: 60 },
    ));

  it("comes back from a file it shares with seals, and refuses anything else", () =>
    fc.assert(
      fc.property(pinned, ({ seals, checkpoint }) => {
        const text = [...seals.map(encodeSeal), "", encodeCheckpoint(checkpoint)].join("\n");
        expect(Result.getOrThrow(decodeKept(text))).toEqual({ seals, checkpoints: [checkpoint] });
        const pathOf = (changed: string) => {
          const decoded = decodeKept(changed);
          return Result.isFailure(decoded) ? decoded.failure.path : "sound";
        };
        const line = `/${seals.length + 1}`;
        expect(pathOf(text.slice(0, -1))).toBe(line);
        expect(pathOf(text.replace('"takenAt":7', '"takenAt":"7"'))).toBe(`${line}/takenAt`);
        const [range] = checkpoint.ranges as [Checkpoint["ranges"][number]];
        const ranges = [{ ...range, marks: `${range.marks}0` }];
        expect(pathOf(encodeCheckpoint({ ...checkpoint, ranges }))).toBe("/0/ranges/0/marks");
      }),
      { ...RUNS, numRuns: 60 },
    ));
});
