/**
 * Issues as this process last read or wrote them, so that the steps of one conversation
 * neither parse the same row again and again nor ask for it each time.
 *
 * What a text decodes to is remembered with the text, which is compared. And once a row's
 * version is known, a command may decide on what is believed without reading: its commit
 * names the row's version and the hash of the journal entry it follows, so that a belief
 * that no longer holds - somebody else wrote, the database was set back - is refused by the
 * storage, whoever wrote what in between. Nobody is ever told anything by a mere belief.
 */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import type { Unreadable } from "./Errors.ts";
import { isFinal } from "../issue/index.ts";
import type { IssueState } from "../issue/index.ts";
import { CONFLICT_KINDS } from "../ports/index.ts";
import type {
  CommitBatch,
  Conflict,
  Row,
  RowWrite,
  Storage,
  StorageError,
} from "../ports/index.ts";
import { decodeIssue, encodeIssue, KIND } from "./rows.ts";
import type { StoredIssue } from "./rows.ts";

/** An issue as loaded for a commit. */
export interface Loaded extends StoredIssue {
  /** Version of its row. */
  readonly row: number;
}

/** Encodes and decodes issue rows; what was so lately is decoded without parsing. */
export interface RecentIssues {
  readonly encode: (state: IssueState, head: string) => string;
  readonly decode: (
    row: Pick<Row, "id" | "value" | "version">,
  ) => Result.Result<Loaded, Unreadable>;
  /** An issue as it stood when it was last read or written here; null: it must be read. */
  readonly believed: (id: string) => Loaded | null;
  /** The storage, telling what its commits wrote, and of which issues they were refused. */
  readonly watch: (storage: Storage) => Storage;
}

/** Issues remembered at most; so few that most of them never grow old in memory. */
export const RECENT_MAX = 64;

/** Commands that read first after a belief failed: twice as many each time, half as many after one that held. */
export const PAUSE_MAX = 256;

/** Begins by remembering nothing. */
export const makeRecentIssues = (): RecentIssues => {
  const kept = new Map<string, Kept>();
  let pause = 1;
  let reading = 0;

  const committed = (batch: CommitBatch): void => {
    for (const row of batch.rows) {
      if (row.kind === KIND.issue && written(kept, row)) pause = Math.max(1, pause / 2);
    }
  };

  // Where beliefs fail often, others act on the same issues, and reading first is cheaper.
  const refused = (error: Conflict | StorageError): void => {
    if (error._tag === "StorageError") return;
    const { conflicts } = error;
    if (!conflicts.some(({ kind }) => kind === KIND.issue || STREAMS.has(kind))) return;
    for (const { id } of conflicts) kept.delete(id);
    pause = Math.min(PAUSE_MAX, pause * 2);
    reading = pause;
  };

  return {
    encode: (state, head) => {
      const value = encodeIssue(state, head);
      // Only what was read lately is likely to be read again soon, and a final issue is not.
      const before = kept.get(state.id);
      if (before === undefined) return value;
      if (isFinal(state)) kept.delete(state.id);
      else keep(kept, state.id, { value, v: 1, head, state, row: null, tried: before.tried });
      return value;
    },
    decode: ({ id, value, version }) => {
      const known = kept.get(id);
      if (known !== undefined && known.value === value) {
        known.row = version;
        known.tried = false;
        return Result.succeed(loadedOf(known, version));
      }
      const decoded = decodeIssue(id, value);
      if (Result.isFailure(decoded)) return Result.fail(decoded.failure);
      const fresh = { value, ...decoded.success, row: version, tried: false };
      keep(kept, id, fresh);
      return Result.succeed(loadedOf(fresh, version));
    },
    believed: (id) => {
      const known = kept.get(id);
      if (known === undefined || known.row === null) return null;
      if (reading > 0) {
        reading -= 1;
        return null;
      }
      known.tried = true;
      return loadedOf(known, known.row);
    },
    watch: (storage) => ({
      ...storage,
      commit: (batch) =>
        storage.commit(batch).pipe(
          Effect.tapError((error) => Effect.sync(() => refused(error))),
          Effect.map((result) => {
            if (result._tag === "Committed") committed(batch);
            return result;
          }),
        ),
    }),
  };
};

// Private

const STREAMS: ReadonlySet<string> = new Set([CONFLICT_KINDS.stream, CONFLICT_KINDS.head]);

interface Kept extends StoredIssue {
  readonly value: string;
  /** Null while nobody knows whether it is what the storage holds. */
  row: number | null;
  /** Whether it was decided on without reading. */
  tried: boolean;
}

const loadedOf = ({ v, head, state }: Kept, row: number): Loaded => ({ v, head, state, row });

/** True when a belief held. */
const written = (kept: Map<string, Kept>, { id, expected, value }: RowWrite): boolean => {
  const known = kept.get(id);
  if (known === undefined) return false;
  if (known.value !== value) {
    kept.delete(id);
    return false;
  }
  known.row = expected + 1;
  return known.tried;
};

// The one longest not written makes room: a map keeps the order in which it was filled.
const keep = (kept: Map<string, Kept>, id: string, one: Kept): void => {
  kept.delete(id);
  if (kept.size >= RECENT_MAX) {
    for (const oldest of kept.keys()) {
      kept.delete(oldest);
      break;
    }
  }
  kept.set(id, one);
};
