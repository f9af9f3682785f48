import { defineConfig } from "vitest/config";
import projects from "./vitest.workspace.ts";

export default defineConfig({
  test: {
    projects,
    // Two forks keep a small machine usable; test files share a fork's module graph.
    pool: "forks",
    maxWorkers: 2,
  },
});
