/** The service on a database of the PostgreSQL benches, over a pool of node-postgres. */
import { openPostgres, prepared } from "@linli/storage-postgres";
import { makeService, type Opened, type Service } from "../service.ts";
import { makePool } from "./cluster.ts";

/** Opens it; statements stay prepared, as those by hand are; the driver's own settings otherwise. */
export const openService = async (url: string): Promise<Service> =>
  makeService(await openStorage(url));

/** The storage alone. */
export const openStorage = async (url: string): Promise<Opened> => {
  const source = makePool(url);
  const { storage, close } = await openPostgres({ source: prepared(source) });
  return { storage, close: () => close().then(() => source.end()) };
};
