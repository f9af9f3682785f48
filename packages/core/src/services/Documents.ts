/**
 * Charter, hierarchy and directory as published: versioned documents in the store,
 * with one row each that says which version is current. Commits guard those rows.
 */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { decodeCharter, encodeCharter } from "../charter/index.ts";
import type { Charter, CharterDocument } from "../charter/index.ts";
import { encodeCanonical, InputError } from "../data/index.ts";
import { decodeDirectory } from "../directory/index.ts";
import type { Directory, DirectoryInput } from "../directory/index.ts";
import { makeHierarchy, decodeHierarchy } from "../hierarchy/index.ts";
import type { Hierarchy, HierarchyInput } from "../hierarchy/index.ts";
import type { World } from "../issue/index.ts";
import type { Conflict, Guard, RowWrite, StorageError } from "../ports/index.ts";
import { NotPublished, Unreadable } from "./Errors.ts";
import { decodeVersioned, KIND } from "./rows.ts";
import type { Settings } from "./Settings.ts";

/** The three documents that make a place. */
export type DocumentName = "charter" | "hierarchy" | "directory";

/** What is published, with the guards that commits carry. */
export interface Published extends World {
  readonly guards: ReadonlyArray<Guard>;
}

/** What to publish; what is left out stays as it is. */
export interface Publication {
  /** A document, JSON text or untrusted value. */
  readonly charter?: unknown;
  readonly hierarchy?: unknown;
  readonly directory?: unknown;
  /** Charters that the published one may extend. */
  readonly bases?: ReadonlyArray<CharterDocument>;
}

interface Current {
  readonly v: 1;
  readonly version: string;
  readonly parts: number;
  readonly hash: string;
}

const PART_CHARS = 250_000;
const NAMES: ReadonlyArray<DocumentName> = ["charter", "hierarchy", "directory"];

/** Loads, caches and publishes the documents of one namespace. */
export interface Documents {
  /** What is current; cached until `forget`. */
  readonly published: Effect.Effect<Published, NotPublished | Unreadable | StorageError>;
  /** The charter version an issue was routed under. */
  readonly charterAt: (
    id: string,
    version: string,
  ) => Effect.Effect<Charter, NotPublished | Unreadable | StorageError>;
  /** To be called when a guard did not hold. */
  readonly forget: Effect.Effect<void>;
  readonly publish: (
    publication: Publication,
  ) => Effect.Effect<Published, InputError | NotPublished | Unreadable | Conflict | StorageError>;
}

/** Builds the documents of one namespace. */
export const makeDocuments = (settings: Settings): Documents => {
  const charters = new Map<string, Charter>();
  let cached: Published | undefined;

  const load = Effect.fnUntraced(function* () {
    const currents = yield* readCurrents(settings);
    for (const name of NAMES) {
      if (currents[name] === null) return yield* new NotPublished({ missing: name });
    }
    const texts = yield* readAll(settings, currents);
    const charter = yield* decoded(
      "charter",
      decodeCharter(texts.charter, { calendars: settings.calendars }),
    );
    charters.set(`${charter.id}@${charter.version}`, charter);
    const world = yield* buildWorld(charter, texts);
    cached = { ...world, guards: guardsOf(currents) };
    return cached;
  });

  const charterAt = Effect.fnUntraced(function* (id: string, version: string) {
    const known = charters.get(`${id}@${version}`);
    if (known !== undefined) return known;
    const text = yield* readDocument(settings, "charter", `${id}@${version}`);
    const charter = yield* decoded(
      "charter",
      decodeCharter(text, { calendars: settings.calendars }),
    );
    charters.set(`${id}@${version}`, charter);
    return charter;
  });

  return {
    published: Effect.suspend(() => (cached === undefined ? load() : Effect.succeed(cached))),
    charterAt,
    forget: Effect.sync(() => {
      cached = undefined;
    }),
    publish: Effect.fn("Linli.publish")(function* (publication: Publication) {
      const world = yield* preparePublication(settings, publication);
      yield* writePublication(settings, publication, world);
      cached = undefined;
      return yield* load();
    }),
  };
};

interface Prepared extends World {
  readonly texts: Readonly<Record<DocumentName, string>>;
}

// Everything is decoded together with what stays, so that a new charter never stands over a hierarchy it does not fit.
const preparePublication = Effect.fnUntraced(function* (
  settings: Settings,
  publication: Publication,
) {
  const currents = yield* readCurrents(settings);
  const textOf = Effect.fnUntraced(function* (name: DocumentName) {
    const current = currents[name];
    return current === null
      ? yield* new NotPublished({ missing: name })
      : yield* readDocument(settings, name, current.current.version, current.current.parts);
  });
  const charter = yield* Effect.fromResult(
    decodeCharter(publication.charter ?? (yield* textOf("charter")), {
      calendars: settings.calendars,
      bases: publication.bases ?? [],
      hash: settings.digest.hash,
    }),
  );
  const frame = frameOf(charter);
  const hierarchyInput = publication.hierarchy ?? JSON.parse(yield* textOf("hierarchy"));
  const hierarchy = yield* Effect.fromResult(decodeHierarchy(hierarchyInput, frame));
  const directoryInput = publication.directory ?? JSON.parse(yield* textOf("directory"));
  const directory = yield* Effect.fromResult(
    decodeDirectory(directoryInput, {
      posts: charter.document.posts,
      hierarchy,
      categories: categoriesOf(charter),
    }),
  );
  const texts = {
    charter: encodeCharter(charter),
    hierarchy: encodeCanonical(hierarchyInput),
    directory: encodeCanonical(directoryInput),
  };
  return { charter, hierarchy, directory, texts } satisfies Prepared;
});

const writePublication = Effect.fnUntraced(function* (
  settings: Settings,
  publication: Publication,
  prepared: Prepared,
) {
  const currents = yield* readCurrents(settings);
  const versions: Record<DocumentName, string> = {
    charter: `${prepared.charter.id}@${prepared.charter.version}`,
    hierarchy: prepared.hierarchy.version,
    directory: (JSON.parse(prepared.texts.directory) as { readonly version: string }).version,
  };
  const rows: Array<RowWrite> = [];
  for (const name of NAMES) {
    if (publication[name] === undefined) continue;
    const hash = settings.digest.hash(prepared.texts[name]);
    const current = currents[name];
    const same = current !== null && current.current.version === versions[name];
    if (same && current.current.hash === hash) continue;
    if (same) return yield* versionReused(name, versions[name]);
    rows.push(...(yield* documentRows(settings, name, versions[name], prepared.texts[name])));
    const parts = Math.max(1, Math.ceil(prepared.texts[name].length / PART_CHARS));
    rows.push({
      kind: KIND.current,
      id: name,
      expected: current?.row ?? 0,
      value: JSON.stringify({ v: 1, version: versions[name], parts, hash } satisfies Current),
      indexes: [],
    });
  }
  if (rows.length === 0) return;
  yield* settings.storage.commit({
    namespace: settings.namespace,
    at: yield* settings.now,
    rows,
    guards: [],
    entries: [],
    schedule: [],
    cancel: [],
    settle: [],
    receipt: null,
  });
});

const versionReused = (name: DocumentName, version: string) =>
  Effect.fail(
    new InputError({
      door: name,
      path: "/version",
      reason: `version \`${version}\` is published already with other content`,
      advice: "give the changed document a new version",
    }),
  );

const documentRows = Effect.fnUntraced(function* (
  settings: Settings,
  name: DocumentName,
  version: string,
  text: string,
) {
  const parts = Math.max(1, Math.ceil(text.length / PART_CHARS));
  const keys = Array.from({ length: parts }, (_, part) => partKey(name, version, part));
  const stored = yield* settings.storage.read({ namespace: settings.namespace, keys });
  if (stored.some((row) => row !== null)) return yield* versionReused(name, version);
  return keys.map((key, part) => ({
    ...key,
    expected: 0,
    value: text.slice(part * PART_CHARS, (part + 1) * PART_CHARS),
    indexes: [],
  }));
});

const partKey = (name: DocumentName, version: string, part: number) => ({
  kind: KIND.document,
  id: `${name}/${version}/${part}`,
});

type Currents = Readonly<
  Record<DocumentName, { readonly row: number; readonly current: Current } | null>
>;

const readCurrents = Effect.fnUntraced(function* (settings: Settings) {
  const rows = yield* settings.storage.read({
    namespace: settings.namespace,
    keys: NAMES.map((id) => ({ kind: KIND.current, id })),
  });
  const found: Record<DocumentName, { readonly row: number; readonly current: Current } | null> = {
    charter: null,
    hierarchy: null,
    directory: null,
  };
  for (const [index, name] of NAMES.entries()) {
    const row = rows[index] ?? null;
    if (row === null) continue;
    const current = yield* Effect.fromResult(decodeVersioned<Current>("document", name, row.value));
    found[name] = { row: row.version, current };
  }
  return found as Currents;
});

const guardsOf = (currents: Currents): ReadonlyArray<Guard> =>
  NAMES.map((name) => ({ kind: KIND.current, id: name, version: currents[name]?.row ?? 0 }));

const readAll = Effect.fnUntraced(function* (settings: Settings, currents: Currents) {
  const texts = { charter: "", hierarchy: "", directory: "" };
  for (const name of NAMES) {
    const current = currents[name]?.current;
    if (current !== undefined) {
      texts[name] = yield* readDocument(settings, name, current.version, current.parts);
    }
  }
  return texts;
});

const readDocument = Effect.fnUntraced(function* (
  settings: Settings,
  name: DocumentName,
  version: string,
  parts = 1,
) {
  const { storage, namespace } = settings;
  let text = "";
  for (let part = 0; part < parts || parts === 1; part += 1) {
    const [row] = yield* storage.read({ namespace, keys: [partKey(name, version, part)] });
    if (row == null) {
      if (part > 0 && parts === 1) break;
      return yield* new Unreadable({ what: name, id: version, reason: "a part of it is missing" });
    }
    text += row.value;
    if (row.value.length < PART_CHARS) break;
  }
  return text;
});

const buildWorld = Effect.fnUntraced(function* (
  charter: Charter,
  texts: Readonly<Record<DocumentName, string>>,
) {
  const hierarchy: Hierarchy = yield* decoded(
    "hierarchy",
    makeHierarchy(JSON.parse(texts.hierarchy) as HierarchyInput, frameOf(charter)),
  );
  const directory: Directory = yield* decoded(
    "directory",
    decodeDirectory(JSON.parse(texts.directory) as DirectoryInput, {
      posts: charter.document.posts,
      hierarchy,
      categories: categoriesOf(charter),
    }),
  );
  return { charter, hierarchy, directory };
});

const decoded = <A>(what: string, result: Result.Result<A, InputError>) =>
  Effect.fromResult(
    Result.mapError(result, (error) => new Unreadable({ what, id: "", reason: error.message })),
  );

const frameOf = (charter: Charter) => ({
  levels: charter.document.levels,
  chains: charter.document.chains,
  lastResortLevels: charter.document.posts
    .filter((post) => post.lastResort === true)
    .map((post) => post.level),
});

const categoriesOf = (charter: Charter): ReadonlySet<string> =>
  new Set(
    charter.document.categories.map(
      (category: CharterDocument["categories"][number]) => category.id,
    ),
  );
