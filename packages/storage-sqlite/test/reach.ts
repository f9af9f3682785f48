/** Opening with a hand on the connection itself, to set limits a host cannot set and to count. */
import * as Effect from "effect/Effect";
import { DatabaseSync } from "node:sqlite";
import { builtinSqlite, type SqliteOptions } from "../src/Connection.ts";
import { openSqliteWith } from "../src/SqliteStorage.ts";

/** The storage, and the very connection it writes by. */
export const openReaching = (options: SqliteOptions) =>
  Effect.suspend(() => {
    const made: Array<DatabaseSync> = [];
    class Reached extends DatabaseSync {
      constructor(...args: ConstructorParameters<typeof DatabaseSync>) {
        super(...args);
        made.push(this);
      }
    }
    return Effect.map(
      openSqliteWith(options, () => {
        const sqlite = builtinSqlite();
        return sqlite === undefined ? undefined : { ...sqlite, DatabaseSync: Reached };
      }),
      // The first connection is the lock beside the file.
      (storage) => ({ storage, database: made[1]! }),
    );
  });
