/** PostgreSQL keeps every law of the port. */
import { storageContract } from "@linli/testing/vitest";
import { freshSchema, sharedPool, withServer } from "./support/database.ts";
import { postgresOpener } from "./support/opener.ts";

withServer("storage contract: postgres", (url) =>
  storageContract("postgres", postgresOpener(sharedPool(url), { names: freshSchema })),
);
