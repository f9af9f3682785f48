/** SQLite keeps every law of the port. */
import { StorageError, type Storage } from "@linli/core/ports";
import { storageContract } from "@linli/testing/vitest";
import * as Effect from "effect/Effect";
import { openSqlite } from "../src/index.ts";
import { freshPath } from "./temp.ts";

const opened = new WeakMap<
  Storage,
  { readonly path: string; readonly close: () => Promise<void> }
>();

const openAt = (path: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.tryPromise({
        try: () => openSqlite({ path }),
        catch: (cause) =>
          cause instanceof StorageError
            ? cause
            : new StorageError({ reason: "Unknown", operation: "open", detail: String(cause) }),
      }),
      ({ close }) => Effect.promise(close),
    ),
    ({ storage, close }) => {
      opened.set(storage, { path, close });
      return storage;
    },
  );

storageContract("sqlite", {
  open: Effect.flatMap(freshPath, openAt),
  reopen: (storage) =>
    Effect.suspend(() => {
      const { path, close } = opened.get(storage)!;
      return Effect.andThen(Effect.promise(close), openAt(path));
    }),
  capabilities: { name: "sqlite", durable: true, shared: false },
});
