/** One server for all test files of this package. */
import type { TestProject } from "vitest/node";
import { findServer } from "./server.ts";

export default async (project: TestProject) => {
  const found = await findServer();
  project.provide("postgresUrl", found.url);
  project.provide("postgresMissing", found.url === null ? found.reason : null);
  return async () => {
    if (found.url !== null) await found.server?.stop();
  };
};

declare module "vitest" {
  interface ProvidedContext {
    readonly postgresUrl: string | null;
    readonly postgresMissing: string | null;
  }
}
