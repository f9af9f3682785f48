import * as Result from "effect/Result";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeSeals,
  encodeSeal,
  leafOf,
  makeVerifier,
  mergeSeals,
  merkleRoot,
  proveLeaf,
  rootByProof,
} from "../src/journal/index.ts";
import type { FeedEntry, KeptSeal } from "../src/journal/index.ts";
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
import type { Line } from "./support/feed.ts";

const RUNS = { seed: 88, numRuns: 300 };

const verdictOf = (
  feed: ReadonlyArray<FeedEntry>,
  seals: ReadonlyArray<KeptSeal>,
  states?: ReturnType<typeof statesOf>,
) => {
  const verifier = makeVerifier({ namespace: NAMESPACE, digests: [sha256, sm3], seals });
  for (const entry of feed) verifier.take(entry);
  for (const { stored } of states ?? []) {
    const history = feed.filter(({ stream }) => stream === stored.stream);
    verifier.takeState(stored, { history, contents: [] });
  }
  return verifier.end({ states: states !== undefined });
};

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });
const place = fc.nat();

/** A feed, seals over all or a part of it, and two different places under the seals. */
const sealedFeed = fc
  .tuple(someLines(3), sizes, place, place)
  .map(([lines, ranges, one, other]) => {
    const feed = feedOf(sha256, lines);
    const seals = sealsOf(sha256, feed, ranges);
    const covered = seals.reduce((sum, seal) => sum + seal.count, 0);
    const places = [one % covered, other % covered].sort((a, b) => a - b);
    return { lines, feed, seals, covered, low: places[0] ?? 0, high: places[1] ?? 0 };
  });

const bounds = (earliest: number, latest: number) =>
  earliest < latest ? { position: earliest, latest } : { position: latest };

const broken = (kind: string, position: number) => ({ _tag: "Broken", fault: { kind, position } });

describe("a sealed journal", () => {
  it("is sound as it was written, under SHA-256 and SM3, whatever follows the seals", () =>
    fc.assert(
      fc.property(someLines(1), sizes, fc.constantFrom(sha256, sm3), (lines, ranges, digest) => {
        const feed = feedOf(digest, lines);
        const seals = sealsOf(digest, feed, ranges);
        const sealed = seals.reduce((sum, seal) => sum + seal.count, 0);
        expect(verdictOf(feed, seals, statesOf(feed))).toMatchObject({
          ...{ _tag: "Sound", entries: feed.length, sealed, seals: seals.length },
        });
      }),
      RUNS,
    ));

  it("names an entry whose text was changed", () =>
    fc.assert(
      fc.property(sealedFeed, ({ feed, seals, low }) => {
        const changed = feed.map((entry, index) =>
          index === low ? { ...entry, value: entry.value.replace(/\d/, "7 ") } : entry,
        );
        expect(verdictOf(changed, seals)).toMatchObject(broken("Edited", low + 1));
      }),
      RUNS,
    ));

  it("names an entry that was rewritten together with every hash after it", () =>
    fc.assert(
      fc.property(sealedFeed, ({ lines, seals, low }) => {
        expect(verdictOf(rewritten(sha256, lines, low), seals)).toMatchObject(
          broken("Edited", low + 1),
        );
      }),
      RUNS,
    ));

  it("names the place of an entry that was taken out", () =>
    fc.assert(
      fc.property(sealedFeed, ({ feed, seals, low }) => {
        const verdict = verdictOf(feed.toSpliced(low, 1), seals);
        const last = low === feed.length - 1;
        // At the very end of what is sealed, what follows was not sealed, and has no place of its own.
        const kinds = last ? ["Truncated"] : ["Missing", "Edited"];
        expect(verdict).toMatchObject({ _tag: "Broken", fault: { position: low + 1 } });
        expect(kinds).toContain(verdict._tag === "Broken" ? verdict.fault.kind : "");
      }),
      RUNS,
    ));

  it("says `Missing` where the seals show what followed", () =>
    fc.assert(
      fc.property(sealedFeed, ({ feed, seals, covered, low }) => {
        fc.pre(low < covered - 1);
        expect(verdictOf(feed.toSpliced(low, 1), seals)).toMatchObject(broken("Missing", low + 1));
      }),
      RUNS,
    ));

  it("names the first of two entries that changed places", () =>
    fc.assert(
      fc.property(sealedFeed, ({ feed, seals, low, high }) => {
        fc.pre(low !== high);
        const swapped = feed.map((entry, index) =>
          index === low ? feed[high] : index === high ? feed[low] : entry,
        ) as ReadonlyArray<FeedEntry>;
        expect(verdictOf(swapped, seals)).toMatchObject(broken("Swapped", low + 1));
      }),
      RUNS,
    ));

  it("names an entry that is there twice", () =>
    fc.assert(
      fc.property(sealedFeed, ({ feed, seals, low, high }) => {
        const again = feed.toSpliced(high + 1, 0, feed[low] as FeedEntry);
        expect(verdictOf(again, seals)).toMatchObject(broken("Duplicated", high + 2));
      }),
      RUNS,
    ));

  it("names where the journal was cut off, wherever that is", () =>
    fc.assert(
      fc.property(sealedFeed, ({ feed, seals, low }) => {
        expect(verdictOf(feed.slice(0, low), seals)).toMatchObject(broken("Truncated", low + 1));
      }),
      RUNS,
    ));

  it("names an entry that was added, and the gap of a whole stream taken out", () =>
    fc.assert(
      fc.property(sealedFeed, ({ lines, feed, seals, covered, low }) => {
        const [added] = feedOf(sha256, [{ stream: "new", reached: true }]);
        expect(verdictOf(feed.toSpliced(low, 0, added as FeedEntry), seals)).toMatchObject(
          broken("Inserted", low + 1),
        );
        const stream = lines[low]?.stream;
        const first = lines.findIndex((line) => line.stream === stream);
        fc.pre(lines.slice(first, covered).some((line) => line.stream !== stream));
        expect(
          verdictOf(
            feed.filter((entry) => entry.stream !== stream),
            seals,
          ),
        ).toMatchObject(broken("Missing", first + 1));
      }),
      RUNS,
    ));

  it("shows a seal that was changed, taken out or put elsewhere", () =>
    fc.assert(
      fc.property(sealedFeed, fc.nat(), ({ feed, seals }, pick) => {
        const at = pick % seals.length;
        const seal = seals[at] as KeptSeal;
        for (const change of [{ sealedAt: 6 }, { root: seal.previous }, { namespace: "other" }]) {
          const changed = seals.with(at, { ...seal, ...change });
          if (encodeSeal(changed[at] as KeptSeal) === encodeSeal(seal)) continue;
          expect(verdictOf(feed, changed)).toMatchObject({ fault: { seal: seal.index } });
        }
        if (at < seals.length - 1) {
          expect(verdictOf(feed, seals.toSpliced(at, 1))).toMatchObject({
            fault: { kind: "Seal", seal: seal.index + 1 },
          });
        }
        // However many are gone from the beginning, what is left does not stand by itself.
        const left = seals.slice(at + 1);
        expect(verdictOf(feed, left)).toMatchObject(
          left.length === 0 ? { _tag: "Sound" } : { fault: { kind: "Seal", seal: at + 2 } },
        );
      }),
      RUNS,
    ));
});

describe("seals kept elsewhere and seals of the store", () => {
  it("make one row, whichever of them lie where", () =>
    fc.assert(
      fc.property(sealedFeed, fc.infiniteStream(fc.boolean()), ({ seals }, stream) => {
        const where = seals.map(() => [...stream.take(2)] as [boolean, boolean]);
        const kept = seals.filter((_, at) => where[at]?.[0] === true);
        const stored = seals.filter((_, at) => where[at]?.[0] !== true || where[at]?.[1] === true);
        expect(mergeSeals(kept.toReversed(), stored.toReversed())).toEqual(Result.succeed(seals));
      }),
      RUNS,
    ));

  it("never contradict or repeat each other", () =>
    fc.assert(
      fc.property(sealedFeed, fc.nat(), ({ seals }, pick) => {
        const seal = seals[pick % seals.length] as KeptSeal;
        const other = { ...seal, hash: "0".repeat(64) };
        const whyOf = (kept: ReadonlyArray<KeptSeal>, stored: ReadonlyArray<KeptSeal>) => {
          const merged = mergeSeals(kept, stored);
          return Result.isFailure(merged) ? [merged.failure.seal, merged.failure.why] : "sound";
        };
        expect(whyOf([seal], [other])).toEqual([
          ...[seal.index, "the stored seal is not the one that was kept elsewhere"],
        ]);
        expect(whyOf([], [seal, other])).toEqual([seal.index, "two stored seals have its number"]);
        expect(whyOf([seal, seal], [])).toEqual([
          ...[seal.index, "the seals given hold this one twice"],
        ]);
      }),
      RUNS,
    ));

  it("reach as far as sealing remembers", () =>
    fc.assert(
      fc.property(sealedFeed, fc.nat(), ({ feed, seals }, pick) => {
        const left = seals.slice(0, pick % (seals.length + 1));
        const options = { namespace: NAMESPACE, digests: [sha256], seals: left };
        const verifier = makeVerifier({ ...options, sealedTo: seals.length });
        for (const entry of feed) verifier.take(entry);
        const missing = left.length + 1;
        expect(verifier.end()).toMatchObject(
          left.length === seals.length
            ? { _tag: "Sound" }
            : { fault: { kind: "Seal", seal: missing, position: seals[left.length]?.first } },
        );
      }),
      RUNS,
    ));

  it("are asked for where a signature is, unless nothing was written yet", () => {
    const lines = [{ stream: "i1", reached: true }];
    const verdictOn = (feed: ReadonlyArray<FeedEntry>, asked: boolean) => {
      const signatures = asked ? { signatures: () => "Good" as const } : {};
      const verifier = makeVerifier({ namespace: NAMESPACE, digests: [sha256], ...signatures });
      for (const entry of feed) verifier.take(entry);
      return verifier.end();
    };
    const feed = feedOf(sha256, lines);
    expect(verdictOn(feed, true)).toMatchObject({ fault: { kind: "Seal", position: null } });
    expect(verdictOn(feed, false)).toMatchObject({ _tag: "Sound", sealedAt: null });
    expect(verdictOn([], true)).toMatchObject({ _tag: "Sound", entries: 0 });
  });
});

describe("what is not sealed yet", () => {
  const tampered = (lines: ReadonlyArray<Line>, at: number) => {
    const feed = feedOf(sha256, lines);
    return { feed, states: statesOf(feed), entry: feed[at] as FeedEntry };
  };

  it("is held by its streams and by the issues' states", () =>
    fc.assert(
      fc.property(someLines(2), place, (lines, pick) => {
        const at = pick % lines.length;
        const { feed, states, entry } = tampered(lines, at);
        const { stream, version } = entry;
        const last = states.some(
          ({ stored }) => stored.stream === stream && stored.version === version,
        );

        // Right behind the entry before it in its stream at the earliest, and then up to where
        // the next one shows the gap, or to the end.
        const before = feed.findLastIndex((one, i) => i < at && one.stream === stream);
        const next = feed.findIndex((one, i) => i > at && one.stream === stream);
        expect(verdictOf(feed.toSpliced(at, 1), [], states)).toEqual({
          _tag: "Broken",
          entries: feed.length - 1,
          fault: expect.objectContaining({
            ...{ kind: last ? "Truncated" : "Missing", stream, version },
            ...bounds(before + 2, last ? feed.length : next),
          }),
        });
        expect(verdictOf(feed.toSpliced(at + 1, 0, entry), [], states)).toMatchObject(
          broken("Duplicated", at + 2),
        );
        // Rewritten down to the end of its stream, only the stored state still tells.
        expect(verdictOf(rewritten(sha256, lines, at), [], states)).toMatchObject({
          fault: { kind: "State", stream },
        });
        const other = rewritten(sha256, lines, at)[at] as FeedEntry;
        expect(verdictOf(feed.with(at, other), [], states)).toMatchObject(
          broken(last ? "State" : "Edited", at + 1),
        );
        expect(
          verdictOf(
            feed,
            [],
            states.filter(({ stored }) => stored.stream !== stream),
          ),
        ).toMatchObject({ fault: { kind: "State", stream } });
      }),
      RUNS,
    ));

  it("is cut off at the stream that ends earliest, from there on to the end", () =>
    fc.assert(
      fc.property(someLines(2), place, place, (lines, pick, other) => {
        const feed = feedOf(sha256, lines);
        const from = pick % feed.length;
        const sealed = other % (from + 1);
        const seals = sealed === 0 ? [] : sealsOf(sha256, feed, [sealed]);
        const [kept, gone] = [feed.slice(0, from), feed.slice(from)];
        const ends = gone.map(({ stream }) =>
          Math.max(sealed, kept.findLastIndex((entry) => entry.stream === stream) + 1),
        );
        const earliest = Math.min(...ends) + 1;
        const verdict = verdictOf(kept, seals, statesOf(feed));
        expect(verdict).toMatchObject({ _tag: "Broken", fault: { kind: "Truncated" } });
        if (verdict._tag === "Sound") return;
        const { position, latest, stream, version } = verdict.fault;
        expect({ position, latest }).toEqual({ latest: undefined, ...bounds(earliest, from + 1) });
        // Of streams that can have ended there, the one with the oldest of the missing entries.
        const named = gone.findIndex(
          (entry) => entry.stream === stream && entry.version === version,
        );
        expect(ends[named]).toBe(earliest - 1);
      }),
      RUNS,
    ));

  it("names of two new issues that are gone the one reported first", () => {
    const lines = ["i3", "i9", "i1"].map((stream) => ({ stream, reached: true }));
    const feed = feedOf(sha256, lines);
    const [first, ...later] = statesOf(feed);
    const states = [...later.toReversed(), ...(first === undefined ? [] : [first])];
    expect(verdictOf(feed.slice(0, 1), [], states)).toMatchObject({
      fault: {
        ...{ kind: "Truncated", position: 1, latest: 2, stream: "i9", version: 1 },
        why: "its issue is at version 1, its stream ends at 0; 2 streams end too early",
      },
    });
  });

  it("names two entries of a stream that changed places", () => {
    const line = { stream: "i1", reached: true };
    const [one, two, three] = feedOf(sha256, [line, line, line]) as [
      FeedEntry,
      FeedEntry,
      FeedEntry,
    ];
    expect(verdictOf([one, three, two], [])).toMatchObject(broken("Swapped", 2));
  });
});

describe("seals as text", () => {
  it("come back as they were, and refuse anything else", () =>
    fc.assert(
      fc.property(sealedFeed, ({ seals }) => {
        const text = seals.map((seal) => `${encodeSeal(seal)}\n`).join("");
        expect(Result.getOrThrow(decodeSeals(text))).toEqual(seals);
        const cut = decodeSeals(text.slice(0, -3));
        expect(Result.isFailure(cut) && cut.failure.path).toBe(`/${seals.length - 1}`);
        expect(Result.isFailure(decodeSeals(text.replace('"v":1', '"v":2')))).toBe(true);
        expect(Result.isFailure(decodeSeals(text.replace('"marks":"', '"marks":"00')))).toBe(true);
      }),
      { ...RUNS, numRuns: 60 },
    ));

  it("let one entry be shown to belong, and no other", () =>
    fc.assert(
      fc.property(someLines(1), place, (lines, pick) => {
        const leaves = feedOf(sha256, lines).map((entry) => leafOf(sha256, entry.hash));
        const at = pick % leaves.length;
        const root = merkleRoot(sha256, leaves);
        const proof = proveLeaf(sha256, leaves, at);
        expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(leaves.length)));
        leaves.forEach((leaf, index) =>
          expect(rootByProof(sha256, leaf, proof) === root).toBe(index === at),
        );
      }),
      { ...RUNS, numRuns: 60 },
    ));
});
