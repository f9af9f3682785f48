/** Writes `migrations/*.sql` from the steps in the source; a test holds them against each other. */
import { mkdirSync, writeFileSync } from "node:fs";
import { migrationFile, sqliteMigrations } from "../src/Migrations.ts";

const folder = new URL("../migrations/", import.meta.url);
mkdirSync(folder, { recursive: true });
for (const migration of sqliteMigrations) {
  const { name, text } = migrationFile(migration);
  writeFileSync(new URL(name, folder), text);
}
