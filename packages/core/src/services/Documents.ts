/**
 * Charter, hierarchy and directory as published: versioned documents in the store,
 * with one row each that says which version is current. Commits guard those rows.
 */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { decodeCharter } from "../charter/index.ts";
import type { Charter } from "../charter/index.ts";
import type { InputError } from "../data/index.ts";
import { decodeDirectory } from "../directory/index.ts";
import type { Directory, DirectoryInput } from "../directory/index.ts";
import { makeHierarchy } from "../hierarchy/index.ts";
import type { Hierarchy, HierarchyInput } from "../hierarchy/index.ts";
import type { Conflict, Guard, RowWrite, StorageError } from "../ports/index.ts";
import { NotPublished, Unreadable } from "./Errors.ts";
import { preparePublication, writePublication } from "./publish.ts";
import type { Publication } from "./publish.ts";
import { charterRef } from "./rows.ts";
import type { CurrentWorld } from "./rows.ts";
import type { Settings } from "./Settings.ts";
import {
  categoriesOf,
  currentRow,
  DOCUMENT_NAMES,
  frameOf,
  guardsOf,
  readCurrents,
  readDocument,
} from "./storedDocuments.ts";
import type { Currents, DocumentName } from "./storedDocuments.ts";

/** What is published, with the guards that commits carry. */
export interface Published extends CurrentWorld {
  readonly guards: ReadonlyArray<Guard>;
}

/** Loads, caches and publishes the documents of one namespace. */
export interface Documents {
  /** What is current; cached until `forget`. */
  readonly published: Effect.Effect<Published, NotPublished | Unreadable | StorageError>;
  /** The charter version an issue was routed under. */
  readonly charterAt: (
    id: string,
    version: string,
  ) => Effect.Effect<Charter, NotPublished | Unreadable | StorageError>;
  /** A version of the hierarchy published before, under the levels and chains of a charter. */
  readonly hierarchyAt: (
    charter: Charter,
    version: string,
  ) => Effect.Effect<Hierarchy, Unreadable | StorageError>;
  /** Writing this changes nothing but the version that commits guard. */
  readonly touched: (
    name: DocumentName,
  ) => Effect.Effect<RowWrite, NotPublished | Unreadable | StorageError>;
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
    for (const name of DOCUMENT_NAMES) {
      if (currents[name] === null) return yield* new NotPublished({ missing: name });
    }
    const texts = yield* readAll(settings, currents);
    const charter = yield* decoded(
      "charter",
      decodeCharter(texts.charter, { calendars: settings.calendars }),
    );
    charters.set(`${charter.id}@${charter.version}`, charter);
    const world = yield* buildWorld(charter, texts);
    cached = { ...world, current: charterRef(charter), guards: guardsOf(currents) };
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
    hierarchyAt: Effect.fnUntraced(function* (charter: Charter, version: string) {
      const text = yield* readDocument(settings, "hierarchy", version);
      return yield* decoded(
        "hierarchy",
        makeHierarchy(JSON.parse(text) as HierarchyInput, frameOf(charter)),
      );
    }),
    touched: Effect.fnUntraced(function* (name: DocumentName) {
      const found = (yield* readCurrents(settings))[name];
      return found === null ? yield* new NotPublished({ missing: name }) : currentRow(name, found);
    }),
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

const readAll = Effect.fnUntraced(function* (settings: Settings, currents: Currents) {
  const texts = { charter: "", hierarchy: "", directory: "" };
  for (const name of DOCUMENT_NAMES) {
    const current = currents[name]?.current;
    if (current !== undefined) {
      texts[name] = yield* readDocument(settings, name, current.version, current.parts);
    }
  }
  return texts;
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
