// A CommonJS project can require every entry point. The vitest entry needs a test runner.
const { entriesOf } = require("../entries.cjs");

for (const entry of entriesOf().filter((name) => !name.endsWith("/vitest"))) require(entry);
