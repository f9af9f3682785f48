/** Documents as they lie in the store: in parts, each version once, and which version is current. */
import * as Effect from "effect/Effect";
import type { Charter, CharterDocument } from "../charter/index.ts";
import type { Guard, RowWrite, Storage } from "../ports/index.ts";
import { Unreadable } from "./Errors.ts";
import { decodeVersioned, KIND } from "./rows.ts";

/** What reading documents takes. */
export interface DocumentStore {
  readonly namespace: string;
  readonly storage: Pick<Storage, "read">;
}

/** The three documents that make a place. */
export type DocumentName = "charter" | "hierarchy" | "directory";

/** Which version of a document is current. */
export interface Current {
  readonly v: 1;
  readonly version: string;
  readonly parts: number;
  readonly hash: string;
  /** Versions that were current before, earliest first. */
  readonly earlier?: ReadonlyArray<string>;
}

/** Characters of one stored part. */
export const PART_CHARS = 250_000;

/** All documents, in the order in which they are read and guarded. */
export const DOCUMENT_NAMES: ReadonlyArray<DocumentName> = ["charter", "hierarchy", "directory"];

/** A document that is current, and the version of its row. */
export interface FoundCurrent {
  readonly row: number;
  readonly current: Current;
}

/** What is current; null where nothing was published. */
export type Currents = Readonly<Record<DocumentName, FoundCurrent | null>>;

/** Reads which versions are current. */
export const readCurrents = Effect.fnUntraced(function* (settings: DocumentStore) {
  const rows = yield* settings.storage.read({
    namespace: settings.namespace,
    keys: DOCUMENT_NAMES.map((id) => ({ kind: KIND.current, id })),
  });
  const found: Record<DocumentName, FoundCurrent | null> = {
    charter: null,
    hierarchy: null,
    directory: null,
  };
  for (const [index, name] of DOCUMENT_NAMES.entries()) {
    const row = rows[index] ?? null;
    if (row === null) continue;
    const current = yield* Effect.fromResult(decodeVersioned<Current>("document", name, row.value));
    found[name] = { row: row.version, current };
  }
  return found satisfies Currents;
});

/** Guards that hold while nobody publishes. */
export const guardsOf = (currents: Currents): ReadonlyArray<Guard> =>
  DOCUMENT_NAMES.map((name) => ({
    kind: KIND.current,
    id: name,
    version: currents[name]?.row ?? 0,
  }));

/** Writes which version is current. */
export const currentRow = (name: DocumentName, { row, current }: FoundCurrent): RowWrite => ({
  kind: KIND.current,
  id: name,
  expected: row,
  value: JSON.stringify(current),
  indexes: [],
});

/** Names a part of a version. */
export const partKey = (name: DocumentName, version: string, part: number) => ({
  kind: KIND.document,
  id: `${name}/${version}/${part}`,
});

/** Reads a version, whole. */
export const readDocument = Effect.fnUntraced(function* (
  settings: DocumentStore,
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

/** What a charter has decided about levels and chains. */
export const frameOf = (charter: Charter) => ({
  levels: charter.document.levels,
  chains: charter.document.chains,
  lastResortLevels: charter.document.posts
    .filter((post) => post.lastResort === true)
    .map((post) => post.level),
});

/** Ids of a charter's categories. */
export const categoriesOf = (charter: Charter): ReadonlySet<string> =>
  new Set(
    charter.document.categories.map(
      (category: CharterDocument["categories"][number]) => category.id,
    ),
  );
