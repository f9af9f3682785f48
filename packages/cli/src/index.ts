/** The `linli` command as a library: the same verification for hosts of their own. */
export { checkpointsOf } from "./checkpoint.ts";
export { EXIT, linli } from "./main.ts";
export type { Terminal } from "./main.ts";
export { Unusable } from "./Source.ts";
export type { DataFault, JournalSource, SourceDriver, StoredRow } from "./Source.ts";
export { postgresDriver } from "./sources/postgres.ts";
export type { PostgresClient } from "./sources/postgres.ts";
export { sqliteDriver } from "./sources/sqlite.ts";
export { storageSource } from "./sources/storage.ts";
export { verifySource } from "./verify.ts";
export type { NamespaceReport, VerifyReport, VerifyRequest } from "./verify.ts";
