/** Loading what a command needs: an issue as it is stored, and the world it lives in. */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import type { Command, IssueState } from "../issue/index.ts";
import type { StorageError } from "../ports/index.ts";
import type { Documents, Published } from "./Documents.ts";
import type { NotPublished, Unreadable } from "./Errors.ts";
import { KIND } from "./rows.ts";
import type { StoredIssue } from "./rows.ts";
import type { Settings } from "./Settings.ts";

/** An issue as loaded for a commit. */
export interface Loaded extends StoredIssue {
  readonly row: number;
}

/** How issues of one namespace are read. */
export interface Reading {
  /** The stored issue with its row version; null when there is none. */
  readonly load: (issue: string) => Effect.Effect<Loaded | null, Unreadable | StorageError>;
  /** The world an issue lives in: current hierarchy and directory, its own charter version. */
  readonly worldOf: (
    state: IssueState,
  ) => Effect.Effect<Published, NotPublished | Unreadable | StorageError>;
}

/** The reading of one namespace. */
export const makeReading = (settings: Settings, documents: Documents): Reading => {
  const { storage, namespace, recent } = settings;
  return {
    load: (issue) =>
      Effect.flatMap(
        storage.read({ namespace, keys: [{ kind: KIND.issue, id: issue }] }),
        ([row]): Effect.Effect<Loaded | null, Unreadable> => {
          if (row == null) return Effect.succeed(null);
          const stored = recent.decode(issue, row.value);
          if (Result.isFailure(stored)) return Effect.fail(stored.failure);
          const { head, state } = stored.success;
          return Effect.succeed({ v: 1, head, state, row: row.version });
        },
      ),
    worldOf: (state) =>
      Effect.flatMap(documents.published, (published) => {
        const { id, version } = state.charter;
        const { charter } = published;
        return charter.id === id && charter.version === version
          ? Effect.succeed(published)
          : Effect.map(documents.charterAt(id, version), (own) => ({ ...published, charter: own }));
      }),
  };
};

/** The other issue a command names; null when it names none, or none that exists. */
export const otherIssue = (reading: Reading, command: Command) => {
  const id =
    command.type === "merge" ? command.into : command.type === "link" ? command.issue : null;
  return id === null ? Effect.succeed(null) : reading.load(id);
};
