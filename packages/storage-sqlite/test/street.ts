/** A street that changes: two communities, what is published next, and a desk over its data file. */
import type { Storage } from "@linli/core/ports";
import { createDesk } from "@linli/core/promise";
import { trustStreet } from "@linli/testing";
import * as Effect from "effect/Effect";
import { openSqlite } from "../src/index.ts";

const unit = (id: string, level: string, parent: string | null, more: object = {}) => ({
  ...{ id, level, name: id, aliases: [], parents: parent === null ? {} : { residential: parent } },
  ...(parent === null ? { roots: ["residential"] } : {}),
  ...more,
});

const name = (text: string) => ({ zh: text, en: text });
const { charter, directory } = trustStreet;

/** The charter of the street with a town above its communities. */
export const first = {
  charter: {
    ...charter,
    levels: [...charter.levels, { id: "town", rank: 3, name: name("town") }],
    posts: [
      ...charter.posts.map((post) =>
        post.id === "secretary" ? { ...post, lastResort: false } : post,
      ),
      {
        ...{ id: "mayor", name: name("mayor"), kind: "official", level: "town" },
        ...{ chain: "residential", handles: true, lastResort: true },
      },
    ],
    competences: { building: "all", community: "all", town: "all" },
    triage: "mayor",
  },
  hierarchy: {
    version: "h1",
    units: [
      unit("T", "town", null),
      unit("C", "community", "T"),
      unit("D", "community", "T"),
      unit("B", "building", "C"),
    ],
  },
  directory: {
    ...directory,
    appointments: [
      ...directory.appointments,
      { id: "a3", person: "mayor", post: "mayor", unit: "T", from: 0 },
    ],
  },
};

/** When the street begins, and when the building has moved. */
export const BEGIN = Date.UTC(2026, 10, 23, 1);

/** What is published next: the building moves, or its chief may settle nothing any more. */
export const changes = {
  moved: {
    hierarchy: {
      version: "h2",
      units: first.hierarchy.units.map((one) =>
        one.id === "B"
          ? { ...one, moves: [{ chain: "residential", parent: "D", from: BEGIN }] }
          : one,
      ),
    },
  },
  rerouted: {
    charter: { ...first.charter, version: "2", competences: { community: "all", town: "all" } },
    reroute: {},
  },
} as const;

/** A desk over the data file at an instant; `documents` are published when it opens. */
export const openStreet = async (
  path: string,
  now: number,
  documents: object = {},
  committed: () => void = () => {},
) => {
  const { storage: file, close } = await openSqlite({ path });
  const commit: Storage["commit"] = (batch) =>
    Effect.tap(file.commit(batch), () => Effect.sync(committed));
  const storage: Storage = { ...file, commit };
  let ids = 0;
  const settings = { storage, calendars: trustStreet.calendars, now: () => now };
  const newId = () => `id${String((ids += 1)).padStart(3, "0")}`;
  return { storage, close, desk: await createDesk({ ...settings, newId, ...documents }) };
};
