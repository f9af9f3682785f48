/** The memory driver keeps every law: it is what the others are compared with. */
import { makeMemoryStorage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import { storageContract } from "../src/vitest.ts";

storageContract("memory", {
  open: Effect.sync(makeMemoryStorage),
  capabilities: { name: "memory", durable: false, shared: false },
});
