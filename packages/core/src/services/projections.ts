/**
 * Projections of the feed: how far each has come, and beginning anew.
 *
 * Every commit takes the position along under its version, so an entry is taken in once
 * whatever fails and whoever else takes entries in. A rebuild is a position that says so:
 * the rows are forgotten page by page, by whoever comes next, and then all begins anew.
 */
import * as Effect from "effect/Effect";
import type { RowWrite } from "../ports/index.ts";
import { decodeVersioned, KIND } from "./rows.ts";
import type { Settings } from "./Settings.ts";

/** A projection, and the index in which all its rows stand. */
export interface Projection {
  readonly name: string;
  readonly kind: string;
  readonly index: string;
}

/** A position as stored. */
export interface Position {
  readonly v: 1;
  readonly cursor: string | null;
  /** True while rows of before a rebuild are being forgotten. */
  readonly forgetting?: boolean;
}

/** Decodes a position. */
export const decodePosition = (name: string, value: string) =>
  decodeVersioned<Position>("position", name, value);

/** How far a projection has come; `version` is that of its row, for the next commit. */
export const positionOf = Effect.fnUntraced(function* (settings: Settings, { name }: Projection) {
  const [stored] = yield* settings.storage.read({
    namespace: settings.namespace,
    keys: [{ kind: KIND.projection, id: name }],
  });
  if (stored == null) return { cursor: null, forgetting: false, version: 0 };
  const { cursor, forgetting = false } = yield* Effect.fromResult(
    decodePosition(name, stored.value),
  );
  return { cursor, forgetting, version: stored.version };
});

/** Writes rows and how far they came. */
export const takeIn = Effect.fnUntraced(function* (
  settings: Settings,
  { name }: Projection,
  rows: ReadonlyArray<RowWrite>,
  position: { readonly expected: number } & Omit<Position, "v">,
) {
  const { expected, ...value } = position;
  const written = JSON.stringify({ v: 1, ...value } satisfies Position);
  const own = { kind: KIND.projection, id: name, expected, value: written, indexes: [] };
  yield* settings.storage.commit({
    ...{ namespace: settings.namespace, at: yield* settings.now, rows: [...rows, own] },
    ...{ guards: [], entries: [], schedule: [], cancel: [], settle: [], receipt: null },
  });
});

/** Says that all it holds is to be forgotten; {@link forgetPage} does it. */
export const beginAnew = Effect.fnUntraced(function* (settings: Settings, projection: Projection) {
  const { version } = yield* positionOf(settings, projection);
  yield* takeIn(settings, projection, [], { cursor: null, forgetting: true, expected: version });
});

/** Forgets some rows; answers whether more may be left. */
export const forgetPage = Effect.fnUntraced(function* (
  settings: Settings,
  projection: Projection,
  limit: number,
  expected: number,
) {
  const { kind, index } = projection;
  const { rows } = yield* settings.storage.scan({
    ...{ namespace: settings.namespace, kind, index, range: { from: null, to: null } },
    ...{ order: "ascending", limit, cursor: null },
  });
  // A row may stand in the index several times.
  const distinct = new Map(rows.map((row) => [row.id, row.version]));
  const deletions = [...distinct].map(([id, version]) => ({
    ...{ kind, id, expected: version, value: null, indexes: [] },
  }));
  const forgetting = rows.length > 0;
  yield* takeIn(settings, projection, deletions, { cursor: null, forgetting, expected });
  return forgetting;
});
