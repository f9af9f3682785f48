/** Linli storage on the SQLite built into Node 24. */
export type { SqliteOptions } from "./Connection.ts";
export { sqliteMigrations } from "./Migrations.ts";
export type { Migration } from "./Migrations.ts";
export { openSqlite, openSqliteStorage } from "./SqliteStorage.ts";
export type { SqliteStorage } from "./SqliteStorage.ts";
