import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { townLives } from "@linli/testing";
import * as Result from "effect/Result";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeCanonical } from "../src/data/index.ts";
import { fold } from "../src/issue/index.ts";
import type { IssueEvent } from "../src/issue/index.ts";
import { decodeEntry, encodeEntry, verifyStream } from "../src/journal/index.ts";
import type { Digest, EncodedEntry, EntryActor } from "../src/journal/index.ts";
import { walk } from "./support/walk.ts";

const RUNS = { seed: 31, numRuns: 60 };

const sha256: Digest = {
  algorithm: "SHA-256",
  hash: (text) => createHash("sha256").update(text, "utf8").digest("hex"),
};

const ACTORS: ReadonlyArray<EntryActor> = [
  { type: "person", person: "p1" },
  { type: "receipt" },
  { type: "source", source: "12345" },
  { type: "host" },
  { type: "unknown" },
  { type: "clock" },
];

const journalOf = (
  stream: string,
  history: ReadonlyArray<{ readonly event: IssueEvent; readonly recordedAt: number }>,
): Array<EncodedEntry> => {
  let previous = "";
  return history.map(({ event, recordedAt }, i) => {
    const entry = encodeEntry(
      sha256,
      {
        stream,
        version: i + 1,
        actor: ACTORS[i % ACTORS.length] ?? { type: "unknown" },
        charter: { id: "smalltown", version: "1" },
        cause: `c"${i}\\\u2028`,
        recordedAt,
      },
      event,
      previous,
    );
    previous = entry.hash;
    return entry;
  });
};

const journals = townLives({ steps: 14 }).map((life) =>
  [...walk(life).issues].map(([id, { history }]) => ({ history, journal: journalOf(id, history) })),
);

describe("the journal", () => {
  it("gives back what was written, canonically, and verifies", () =>
    fc.assert(
      fc.property(journals, (streams) => {
        for (const { history, journal } of streams) {
          expect(verifyStream(sha256, journal)).toMatchObject({
            _tag: "Sound",
            length: journal.length,
            head: journal.at(-1)?.hash ?? "",
          });
          for (const [i, stored] of journal.entries()) {
            const entry = Result.getOrThrow(decodeEntry(stored.value));
            expect(entry.event).toEqual(history[i]?.event);
            expect(entry.actor).toEqual(ACTORS[i % ACTORS.length]);
            const { payload, ...header } = JSON.parse(stored.value);
            expect(encodeCanonical(header)).toBe(
              stored.value.replace(`,"payload":${encodeCanonical(payload)}}`, "}"),
            );
            expect(sha256.hash(encodeCanonical(header))).toBe(stored.hash);
          }
        }
      }),
      RUNS,
    ));

  it("names the first bad position of whatever was done to it", () =>
    fc.assert(
      fc.property(
        journals,
        fc.nat(),
        fc.constantFrom(...Object.keys(HARMS)),
        (streams, at, harm) => {
          for (const { journal } of streams) {
            const place = at % journal.length;
            const harmed = HARMS[harm as keyof typeof HARMS](journal, place);
            if (harmed === null) continue;
            const { entries, first } = harmed;
            expect(verifyStream(sha256, entries), harm).toMatchObject({
              _tag: "Broken",
              version: first,
            });
          }
        },
      ),
      { ...RUNS, numRuns: 300 },
    ));

  it("answers for any stored text without a throw", () => {
    const deep = `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`;
    for (const value of [
      "",
      "null",
      "[]",
      "{}",
      '{"v":2}',
      deep,
      '{"v":1,"payload":{"__proto__":1}}',
    ]) {
      expect(Result.isFailure(decodeEntry(value))).toBe(true);
      expect(verifyStream(sha256, [{ version: 1, value, hash: "" }])._tag).toBe("Broken");
    }
    expect(verifyStream(sha256, [])).toEqual({ _tag: "Sound", length: 0, head: "" });
  });
});

type Harm = (
  journal: ReadonlyArray<EncodedEntry>,
  place: number,
) => { readonly entries: ReadonlyArray<EncodedEntry>; readonly first: number } | null;

const replaced = (
  journal: ReadonlyArray<EncodedEntry>,
  place: number,
  value: (old: string) => string,
) => journal.map((entry, i) => (i === place ? { ...entry, value: value(entry.value) } : entry));

const HARMS = {
  payload: (journal, place) => ({
    entries: replaced(journal, place, (value) =>
      value.replace(/"payload":\{/, '"payload":{"aaa":0.5,'),
    ),
    first: place + 1,
  }),
  payloadField: (journal, place) => ({
    entries: replaced(journal, place, (value) =>
      value.replace(/(.*)"type":"/s, '$1"zzz":1,"type":"'),
    ),
    first: place + 1,
  }),
  recordedAt: (journal, place) => ({
    entries: replaced(journal, place, (value) =>
      value.replace(/"recordedAt":\d/, '"recordedAt":9'),
    ),
    first: place + 1,
  }),
  actor: (journal, place) => ({
    entries: replaced(journal, place, (value) =>
      value.replace(/"actor":\{[^}]*\}/, '"actor":{"person":"p9","type":"person"}'),
    ),
    first: place + 1,
  }),
  hash: (journal, place) => ({
    entries: journal.map((entry, i) => (i === place ? { ...entry, hash: "0".repeat(64) } : entry)),
    first: place + 1,
  }),
  deleted: (journal, place) =>
    place === journal.length - 1
      ? null
      : { entries: journal.filter((_, i) => i !== place), first: place + 1 },
  frontTruncated: (journal) =>
    journal.length < 2 ? null : { entries: journal.slice(1), first: 1 },
  duplicated: (journal, place) => ({
    entries: journal.flatMap((entry, i) => (i === place ? [entry, entry] : [entry])),
    first: place + 2,
  }),
  swapped: (journal, place) => {
    const [a, b] = [journal[place], journal[place + 1]];
    if (a === undefined || b === undefined) return null;
    return {
      entries: journal.map((entry, i) => (i === place ? b : i === place + 1 ? a : entry)),
      first: place + 1,
    };
  },
  renumbered: (journal, place) => {
    const [a, b] = [journal[place], journal[place + 1]];
    if (a === undefined || b === undefined) return null;
    const entries = journal.map((entry, i) =>
      i === place
        ? { ...b, version: place + 1 }
        : i === place + 1
          ? { ...a, version: place + 2 }
          : entry,
    );
    return { entries, first: place + 1 };
  },
  otherStream: (journal, place) => {
    const { event } = Result.getOrThrow(decodeEntry(journal[place]?.value ?? ""));
    if (place === 0) return null;
    const head = {
      stream: "another",
      version: place + 1,
      actor: { type: "host" as const },
      charter: { id: "smalltown", version: "1" },
      cause: "c",
      recordedAt: 0,
    };
    const forged = encodeEntry(sha256, head, event, journal[place - 1]?.hash ?? "");
    return { entries: journal.map((entry, i) => (i === place ? forged : entry)), first: place + 1 };
  },
  // Whoever rewrites an entry can hash it anew, but not what the next one says came before it.
  rewritten: (journal, place) => {
    if (place >= journal.length - 1) return null;
    const entry = Result.getOrThrow(decodeEntry(journal[place]?.value ?? ""));
    const forged = encodeEntry(sha256, { ...entry, cause: "forged" }, entry.event, entry.previous);
    return { entries: journal.map((one, i) => (i === place ? forged : one)), first: place + 2 };
  },
} as const satisfies Record<string, Harm>;

describe("journals written by earlier releases", () => {
  const file = new URL("fixtures/journal-v1.json", import.meta.url);
  const fixture = () =>
    JSON.parse(readFileSync(file, "utf8")) as {
      readonly entries: ReadonlyArray<Omit<EncodedEntry, "previous">>;
      readonly state: unknown;
    };

  it("decode, verify and fold to the same state for ever", () => {
    const { entries, state } = fixture();
    expect(entries.length).toBeGreaterThanOrEqual(20);
    expect(verifyStream(sha256, entries)).toEqual({
      _tag: "Sound",
      length: entries.length,
      head: entries.at(-1)?.hash,
    });
    const events = entries.map((entry) => Result.getOrThrow(decodeEntry(entry.value)).event);
    expect(new Set(events.map(({ type }) => type)).size).toBeGreaterThanOrEqual(15);
    expect(fold(events)).toEqual(state);
    expect(sha256.hash(encodeCanonical(state))).toBe(STATE_HASH);
    expect(entries.at(-1)?.hash).toBe(HEAD_HASH);
  });

  it("are written the same by this release", () => {
    const { entries } = fixture();
    const again = journalOf(
      "issue-1",
      entries.map((entry) => Result.getOrThrow(decodeEntry(entry.value))),
    );
    // What an entry follows is told to the storage beside what is stored.
    expect(again.map(({ previous: _, ...stored }) => stored)).toEqual(entries);
    expect(again.map(({ previous }) => previous)).toEqual([
      "",
      ...entries.slice(0, -1).map(({ hash }) => hash),
    ]);
  });
});

/** Of the fixture's folded state and of its last entry. */
const STATE_HASH = "b5327aedaf2c35f8db182f0a955ee6503552319126e449b1b6be85c8a1eb39e4";
const HEAD_HASH = "a580167d38f6e4e59d9b58f1e8204f3336e1038c29adacf7f5a0338764bbea21";
