/** The driver of this example keeps every law of the port. */
import { storageContract } from "@linli/testing/vitest";
import { capabilities, database, open } from "../src/contract.ts";

storageContract("json-lines", { database, open, capabilities });
