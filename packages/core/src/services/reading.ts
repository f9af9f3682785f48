/** Loading what a command needs: an issue as it is stored, and the world it lives in. */
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import type { Command, IssueState } from "../issue/index.ts";
import type { Row, StorageError } from "../ports/index.ts";
import type { Documents, Published } from "./Documents.ts";
import type { NotPublished, Unreadable } from "./Errors.ts";
import type { Loaded } from "./recent.ts";
import { KIND } from "./rows.ts";
import type { Settings } from "./Settings.ts";

export type { Loaded } from "./recent.ts";

/** How issues of one namespace are read. */
export interface Reading {
  /** The stored issue with its row version; null when there is none. */
  readonly load: (issue: string) => Effect.Effect<Loaded | null, Unreadable | StorageError>;
  /** The same for several, asked for at once; one that cannot be read spoils no other. */
  readonly loadAll: (
    issues: ReadonlyArray<string>,
  ) => Effect.Effect<ReadonlyArray<Result.Result<Loaded | null, Unreadable>>, StorageError>;
  /**
   * What is decided on an issue as it is believed to stand, or else as it is read; on a
   * belief nothing is refused, and nothing left as it is: that is decided on what is read.
   */
  readonly decideOn: <A extends Decided, E extends { readonly _tag: string }>(
    issue: string,
    decide: (loaded: Loaded | null) => Effect.Effect<A, E>,
  ) => Effect.Effect<A, E | Unreadable | StorageError>;
  /** The world an issue lives in: current hierarchy and directory, its own charter version. */
  readonly worldOf: (
    state: IssueState,
  ) => Effect.Effect<Published, NotPublished | Unreadable | StorageError>;
}

/** What a decision must tell to be one on a belief. */
export interface Decided {
  /** True when it changes the issue, so that the storage will see whether the belief holds. */
  readonly changes: boolean;
}

/** The reading of one namespace. */
export const makeReading = (settings: Settings, documents: Documents): Reading => {
  const { storage, namespace, recent } = settings;
  const loadedOf = (row: Row | null | undefined): Result.Result<Loaded | null, Unreadable> =>
    row == null ? NOTHING : recent.decode(row);
  const loadAll: Reading["loadAll"] = (issues) =>
    issues.length === 0
      ? Effect.succeed([])
      : Effect.map(
          storage.read({ namespace, keys: issues.map((id) => ({ kind: KIND.issue, id })) }),
          (rows) => rows.map(loadedOf),
        );
  const load: Reading["load"] = (issue) =>
    Effect.flatMap(storage.read({ namespace, keys: [{ kind: KIND.issue, id: issue }] }), ([row]) =>
      Effect.fromResult(loadedOf(row)),
    );
  return {
    loadAll,
    load,
    decideOn: (issue, decide) =>
      Effect.suspend(() => {
        const read = () => Effect.flatMap(load(issue), decide);
        const believed = recent.believed(issue);
        if (believed === null) return read();
        return Effect.matchEffect(decide(believed), {
          onSuccess: (decided) => (decided.changes ? Effect.succeed(decided) : read()),
          onFailure: (error) => (error._tag === "StorageError" ? Effect.fail(error) : read()),
        });
      }),
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

const NOTHING = Result.succeed(null);

/** The other issue a command names; null when it names none, or none that exists. */
export const otherIssue = (reading: Reading, command: Command) => {
  const id =
    command.type === "merge" ? command.into : command.type === "link" ? command.issue : null;
  return id === null ? Effect.succeed(null) : reading.load(id);
};
