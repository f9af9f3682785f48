// Every entry point can be imported. The vitest entry needs a test runner around it.
import entries from "../entries.cjs";

for (const entry of entries.entriesOf().filter((name) => !name.endsWith("/vitest")))
  await import(entry);
