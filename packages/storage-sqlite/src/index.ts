/** Linli storage on the SQLite built into Node 24. */
export { restoreSqlite } from "./Backup.ts";
export type { SqliteBackup } from "./Backup.ts";
export type { SqliteOptions } from "./Connection.ts";
export type { SqliteCheck, SqliteFinding } from "./Integrity.ts";
export { sqliteMigrations } from "./Migrations.ts";
export type { Migration } from "./Migrations.ts";
export { openSqlite, openSqliteStorage, sqliteDatabase } from "./SqliteStorage.ts";
export type { SqliteStorage } from "./SqliteStorage.ts";
export { openSqliteKeys, openSqliteKeyStore } from "./KeyStore.ts";
export type { SqliteKeysOptions } from "./KeyStore.ts";
