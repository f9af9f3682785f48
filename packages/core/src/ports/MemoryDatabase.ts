/** A database in memory: opened again it is the same data, for as long as the process lives. */
import * as Effect from "effect/Effect";
import type { StorageDatabase } from "./Database.ts";
import { makeMemoryStorage } from "./MemoryStorage.ts";

/** An empty database of its own. It has no tables, so no step is ever missing. */
export const makeMemoryDatabase = (): StorageDatabase => {
  const storage = makeMemoryStorage();
  return {
    info: storage.info,
    migrate: () => Effect.succeed([]),
    open: () => Effect.succeed(storage),
  };
};
