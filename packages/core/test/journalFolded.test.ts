/** Stored states held against their journal: folding it gives the state, or the field that differs is named. */
import { townLives } from "@linli/testing";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeEntry, makeVerifier } from "../src/journal/index.ts";
import type {
  FeedEntry,
  JournalVerdict,
  StoredContent,
  StoredState,
} from "../src/journal/index.ts";
import { NAMESPACE, sha256 } from "./support/feed.ts";
import { walk } from "./support/walk.ts";

interface Kept {
  readonly stored: StoredState;
  readonly history: ReadonlyArray<FeedEntry>;
  readonly contents: ReadonlyArray<StoredContent>;
}

/** What a store holds after a life: every issue with its entries. */
const towns = townLives({ steps: 14 }).map((life): ReadonlyArray<Kept> =>
  [...walk(life).issues].map(([stream, { state, history }]) => {
    const entries: Array<FeedEntry> = [];
    for (const [index, { event, recordedAt }] of history.entries()) {
      const head = {
        ...{ stream, version: index + 1, actor: { type: "clock" as const }, cause: "c" },
        ...{ charter: { id: "smalltown", version: "1" }, recordedAt },
      };
      entries.push(encodeEntry(sha256, head, event, entries.at(-1)?.hash ?? ""));
    }
    return {
      history: entries,
      contents: state.content.map(({ id, hash }) => ({ id, hashes: [hash] })),
      stored: {
        ...{ stream, version: entries.length, head: entries.at(-1)?.hash ?? "" },
        state: JSON.parse(JSON.stringify(state)) as unknown,
      },
    };
  }),
);

const verdictOf = (town: ReadonlyArray<Kept>): JournalVerdict => {
  const verifier = makeVerifier({ namespace: NAMESPACE, digests: [sha256] });
  for (const { history } of town) for (const entry of history) verifier.take(entry);
  for (const { stored, history, contents } of town)
    verifier.takeState(stored, { history, contents });
  return verifier.end({ states: true });
};

/** Every place within plain data, as keys. */
const placesIn = (value: unknown): ReadonlyArray<ReadonlyArray<string>> =>
  typeof value !== "object" || value === null || Object.keys(value).length === 0
    ? [[]]
    : Object.entries(value).flatMap(([key, inner]) =>
        placesIn(inner).map((rest) => [key, ...rest]),
      );

const changed = (value: unknown, path: ReadonlyArray<string>): unknown => {
  const [key, ...rest] = path;
  if (key === undefined) return value === 7 ? 8 : 7;
  const copy: unknown = structuredClone(value);
  const record = copy as Record<string, unknown>;
  record[key] = changed(record[key], rest);
  return copy;
};

const RUNS = { seed: 5, numRuns: 120 };

describe("an issue's stored state", () => {
  it("is what folding its entries gives, merged and reopened ones too", () =>
    fc.assert(
      fc.property(towns, (town) => {
        expect(verdictOf(town)).toMatchObject({ _tag: "Sound", streams: town.length });
      }),
      RUNS,
    ));

  it("that was edited in any field is named, with the issue and the field", () =>
    fc.assert(
      fc.property(towns, fc.nat(), fc.nat(), (town, which, where) => {
        const at = which % town.length;
        const { stored, history, contents } = town[at] as Kept;
        const places = placesIn(stored.state).filter((path) => path[0] !== "version");
        const path = places[where % places.length] ?? [];
        const forged = { ...stored, state: changed(stored.state, path) };
        const pointer = path.map((part) => `/${part}`).join("");
        expect(verdictOf(town.with(at, { stored: forged, history, contents }))).toMatchObject({
          fault: { kind: "State", stream: stored.stream, position: null, path: pointer },
        });
      }),
      { ...RUNS, numRuns: 300 },
    ));

  it("that lost a field, got one, or is of another version or head is named", () =>
    fc.assert(
      fc.property(towns, fc.nat(), (town, which) => {
        const at = which % town.length;
        const { stored, history, contents } = town[at] as Kept;
        const { status, ...less } = stored.state as { readonly status: string };
        const faultOf = (forged: Kept["stored"]) => {
          const verdict = verdictOf(town.with(at, { stored: forged, history, contents }));
          return verdict._tag === "Broken" ? verdict.fault : null;
        };
        expect(faultOf({ ...stored, state: less })).toMatchObject({ path: "/status" });
        expect(faultOf({ ...stored, state: { ...less, status, extra: 1 } })).toMatchObject({
          path: "/extra",
        });
        expect(faultOf({ ...stored, state: null })).toMatchObject({ kind: "State", path: "" });
        const { stream, version } = stored;
        expect(faultOf({ ...stored, version: version + 1 })).toMatchObject({
          ...{ kind: "Truncated", stream, version: version + 1 },
        });
        expect(faultOf({ ...stored, version: version - 1 })).toMatchObject({
          kind: "State",
          stream,
        });
        expect(faultOf({ ...stored, head: "0".repeat(64) })).toMatchObject({
          kind: "State",
          stream,
        });
      }),
      RUNS,
    ));

  it("that is missing or cannot be read is named", () =>
    fc.assert(
      fc.property(towns, fc.nat(), (town, which) => {
        const { stored, history } = town[which % town.length] as Kept;
        const verifier = makeVerifier({ namespace: NAMESPACE, digests: [sha256] });
        for (const entry of history) verifier.take(entry);
        expect(verifier.end({ states: true })).toMatchObject({
          fault: {
            kind: "State",
            stream: stored.stream,
            why: "the issue's stored state is missing",
          },
        });
        expect(verifier.end()).toMatchObject({ _tag: "Sound" });
        verifier.takeState(
          { stream: stored.stream, unreadable: "it is not JSON" },
          { history, contents: [] },
        );
        expect(verifier.end()).toMatchObject({
          fault: { kind: "State", stream: stored.stream },
        });
      }),
      { ...RUNS, numRuns: 20 },
    ));

  it("whose contents were changed, dropped or forgotten without a word is named", () =>
    fc.assert(
      fc.property(towns, fc.nat(), (town, which) => {
        const told = town.filter(({ contents }) => contents.length > 0);
        const kept = told[which % Math.max(1, told.length)];
        if (kept === undefined) return;
        const at = town.indexOf(kept);
        const { contents } = kept;
        const [first, ...rest] = contents as [StoredContent, ...ReadonlyArray<StoredContent>];
        const verdictWith = (changed: ReadonlyArray<StoredContent>) =>
          verdictOf(town.with(at, { ...kept, contents: changed }));
        const fault = { kind: "Content", stream: kept.stored.stream, path: "/content/0" };
        expect(verdictWith([{ id: first.id, hashes: ["0"] }, ...rest])).toMatchObject({ fault });
        expect(verdictWith(rest)).toMatchObject({ fault });
        expect(verdictWith([{ id: first.id, forgotten: true }, ...rest])).toMatchObject({ fault });
      }),
      RUNS,
    ));

  it("of a stream that begins with no beginning is named, not a crash", () => {
    const head = {
      ...{ stream: "i", version: 1, actor: { type: "clock" as const }, cause: "c" },
      ...{ charter: { id: "smalltown", version: "1" }, recordedAt: 1 },
    };
    const entry = encodeEntry(sha256, head, { type: "Contacted", at: 1, reached: true }, "");
    const stored = { stream: "i", version: 1, head: entry.hash, state: {} };
    expect(verdictOf([{ stored, history: [entry], contents: [] }])).toMatchObject({
      fault: { kind: "State", why: "no issue has Contacted as 1" },
    });
  });
});
