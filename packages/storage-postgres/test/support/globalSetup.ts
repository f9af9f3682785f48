/** One server for all test files of this package. */
import type { TestProject } from "vitest/node";
import { findServer, runOn } from "./server.ts";

export default async (project: TestProject) => {
  const found = await findServer();
  project.provide("postgresUrl", found.url);
  project.provide("postgresRun", found.url === null ? "0" : await runOn(found.url));
  project.provide("postgresMissing", found.url === null ? found.reason : null);
  return async () => {
    if (found.url !== null) await found.server?.stop();
  };
};

declare module "vitest" {
  interface ProvidedContext {
    readonly postgresUrl: string | null;
    readonly postgresMissing: string | null;
    /** A number this run alone has on its server. */
    readonly postgresRun: string;
  }
}
