/** Linli storage on PostgreSQL, over any connection you bring. */
export { migrationIn, postgresMigrations } from "./Migrations.ts";
export type { Migration } from "./Migrations.ts";
export type { FeedOrder, PostgresOptions } from "./Options.ts";
export { openPostgres, openPostgresStorage, postgresDatabase } from "./PostgresStorage.ts";
export type { PostgresStorage } from "./PostgresStorage.ts";
export { fromPglite, fromPgliteTransaction } from "./Source.ts";
export type { PgConnection, PgLease, PgliteLike, PgSource } from "./Source.ts";
export { type NamedStatement, type PgNaming, type PgNamingSource, prepared } from "./Prepared.ts";
