/** SQLite keeps every law of the port. */
import { openMigrated } from "@linli/testing";
import { storageContract } from "@linli/testing/vitest";
import { join } from "node:path";
import { afterAll } from "vitest";
import { sqliteDatabase } from "../src/index.ts";
import { makeFolder, removeFolder } from "./temp.ts";

const folder = makeFolder();
afterAll(() => removeFolder(folder));

let files = 0;
const database = async () => sqliteDatabase({ path: join(folder, `${(files += 1)}.db`) });

storageContract("sqlite", {
  database,
  open: async () => openMigrated(await database()),
  capabilities: { name: "sqlite", durable: true, shared: false },
});
