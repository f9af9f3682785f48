/**
 * What this connection has just read or written, so that a commit need not ask again.
 *
 * Charter, hierarchy and directory are guarded by every command and written by hardly
 * any; an issue is read right before it is written. What is kept holds as long as no
 * other connection has written, which SQLite tells in one step for a whole group, and
 * nothing was rolled back. It only saves questions: a write still names the version
 * it expects, and a row or stream that is not known is looked up.
 */
import type { StreamEnd } from "@linli/core/ports";
import { asList, type Connection } from "./Connection.ts";

/** A row as last seen. */
export interface KnownRow {
  readonly version: number;
  /** Its index entries as stored; null when only the version was asked for. */
  readonly keys: string | null;
  /** The same as a list, of a row that was written here. */
  readonly flat?: ReadonlyArray<string>;
}

/** What one connection knows. */
export interface Known {
  /** At the beginning of a transaction: forgets everything if somebody else has written. */
  readonly refresh: () => void;
  /** After a rollback: what was read in between may never have been. */
  readonly clear: () => void;
  readonly row: (namespace: string, kind: string, id: string) => KnownRow | undefined;
  readonly setRow: (namespace: string, kind: string, id: string, row: KnownRow) => void;
  readonly dropRow: (namespace: string, kind: string, id: string) => void;
  /** The last entry of a stream. */
  readonly end: (namespace: string, stream: string) => StreamEnd | undefined;
  readonly setEnd: (namespace: string, stream: string, end: StreamEnd) => void;
}

/** Rows, and streams, kept at most: a megabyte or less. */
export const KNOWN_MAX = 500;

/** Begins by knowing nothing. */
export const makeKnown = ({ prepare }: Pick<Connection, "prepare">): Known => {
  const dataVersion = prepare("PRAGMA data_version");
  dataVersion.setReturnArrays(true);
  const rows = makeNested<KnownRow>();
  const ends = makeNested<StreamEnd>();
  let seen: unknown = null;
  const clear = (): void => {
    rows.clear();
    ends.clear();
  };
  return {
    refresh: () => {
      const now = asList(dataVersion.get())[0];
      if (now === seen) return;
      seen = now;
      clear();
    },
    clear,
    row: (namespace, kind, id) => rows.of(namespace, kind).get(id),
    setRow: (namespace, kind, id, row) => rows.set(namespace, kind, id, row),
    dropRow: (namespace, kind, id) => void rows.of(namespace, kind).delete(id),
    end: (namespace, stream) => ends.of(namespace, "").get(stream),
    setEnd: (namespace, stream, end) => ends.set(namespace, "", stream, end),
  };
};

// Private

// Maps in maps: a name put together from three parts would have to be hashed each time.
const makeNested = <A>() => {
  const all = new Map<string, Map<string, Map<string, A>>>();
  let size = 0;
  const clear = (): void => {
    all.clear();
    size = 0;
  };
  const of = (namespace: string, kind: string): Map<string, A> => {
    let kinds = all.get(namespace);
    if (kinds === undefined) all.set(namespace, (kinds = new Map()));
    let kept = kinds.get(kind);
    if (kept === undefined) kinds.set(kind, (kept = new Map()));
    return kept;
  };
  return {
    of,
    clear,
    set: (namespace: string, kind: string, id: string, value: A): void => {
      // When full it begins anew: what is in use comes back at once, and nothing has to be kept in order.
      if (size >= KNOWN_MAX) clear();
      const kept = of(namespace, kind);
      const before = kept.size;
      kept.set(id, value);
      size += kept.size - before;
    },
  };
};
