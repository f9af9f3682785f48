/** The service on a data file of the SQLite benches. */
import { openSqlite } from "@linli/storage-sqlite";
import { makeService, type Service } from "../service.ts";

/** Opens it. */
export const openService = async (path: string): Promise<Service> =>
  makeService(await openSqlite({ path }));
