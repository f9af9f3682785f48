/**
 * `@effect/sql-pg` as where connections come from: hand over the client that the host
 * has already, and it keeps its pool, its settings and its credentials.
 *
 * This entry alone knows of that package, and of its types only; who does not import
 * it needs it neither installed nor built.
 */
import type { PgClient } from "@effect/sql-pg/PgClient";
import type { StorageError } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Option from "effect/Option";
import * as Scope from "effect/Scope";
import type { Connection } from "effect/sql/SqlConnection";
import { storageError } from "./Errors.ts";
import { connectionMaker, type PgConnection, type PgSource } from "./Source.ts";

/**
 * A client of `@effect/sql-pg` as a source. Each connection is reserved, so nobody
 * else's statement comes in between, also when the client shares connections
 * (`multiplex`). One that broke or fell silent is closed by its pool.
 */
export const fromSqlPg = (client: Pick<PgClient, "reserve">): PgSource => ({
  connect: async () => {
    const scope = Scope.makeUnsafe();
    const close = (exit: Exit.Exit<unknown, unknown>) =>
      Effect.runPromise(Scope.close(scope, exit));
    const reserving = Effect.onError(Scope.provide(client.reserve, scope), (cause) =>
      Scope.close(scope, Exit.failCause(cause)),
    );
    const reserved = await Effect.runPromise(reserving);
    return {
      ...connectionOver(reserved),
      // A reservation that ends while a statement is under way takes the session with it.
      release: (error) => void close(error === undefined ? Exit.void : Exit.fail(error)),
    };
  },
});

/**
 * The connection of the transaction that is open here (`client.withTransaction`), to be
 * joined: `storage.joined(yield* transactionOf(client))`. Fails with reason `Invalid`
 * outside of one.
 */
export const transactionOf = (
  client: Pick<PgClient, "transactionService">,
): Effect.Effect<PgConnection, StorageError> =>
  Effect.flatMap(
    Effect.serviceOption(client.transactionService),
    Option.match({
      onNone: () =>
        Effect.fail(
          storageError("Invalid", "joined", "no transaction is open here; use `withTransaction`"),
        ),
      onSome: ([connection]) => Effect.succeed(connectionOver(connection)),
    }),
  );

// Private

const connectionOver = connectionMaker((connection: Connection) => async (text, values = []) => {
  const result = await Effect.runPromise(connection.executeRaw(text, values));
  return result as Awaited<ReturnType<PgConnection["query"]>>;
});
