/** What the environment says: where to listen, where the data lies, how often it is sealed. */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { LocalText } from "@linli/core/data";

/** How to start the town. */
export interface TownSettings {
  readonly port: number;
  readonly host: string;
  /** Folder of the data file and the session key; made when missing. */
  readonly dataFolder: string;
  /** How often what was written since is sealed. */
  readonly sealEveryMillis: number;
}

/** Something the person who starts the town must change; the sentences say what. */
export class StartFault extends Error {
  readonly text: LocalText;
  constructor(text: LocalText) {
    super(text.en);
    this.text = text;
  }
}

/** Minutes between two seals, unless the environment says otherwise. */
export const SEAL_MINUTES = 10;
const DAY_MINUTES = 1440;

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

/**
 * Reads `PORT` (4870), `HOST` (127.0.0.1) and `LINLI_DATA` (`.linli-data` in the
 * repository; a relative folder is taken from the folder the command runs in), and
 * `LINLI_SEAL_MINUTES` (10).
 *
 * @throws StartFault
 */
export const settingsFrom = (env: Readonly<Record<string, string | undefined>>): TownSettings => {
  const port = env["PORT"] === undefined || env["PORT"] === "" ? 4870 : Number(env["PORT"]);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new StartFault({
      zh: "PORT 应是 0 到 65535 之间的整数。",
      en: "PORT must be a whole number from 0 to 65535.",
    });
  }
  const minutes = Number(env["LINLI_SEAL_MINUTES"] || SEAL_MINUTES);
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > DAY_MINUTES) {
    throw new StartFault({
      zh: `LINLI_SEAL_MINUTES 应是 1 到 ${DAY_MINUTES} 之间的整数（分钟）。`,
      en: `LINLI_SEAL_MINUTES must be a whole number of minutes from 1 to ${DAY_MINUTES}.`,
    });
  }
  const folder = env["LINLI_DATA"];
  return {
    port,
    host: env["HOST"] || "127.0.0.1",
    dataFolder:
      folder === undefined || folder === "" ? path.join(ROOT, ".linli-data") : path.resolve(folder),
    sealEveryMillis: minutes * 60_000,
  };
};

/**
 * Makes the data folder.
 *
 * @throws StartFault
 */
export const prepareFolder = (folder: string): void => {
  try {
    mkdirSync(folder, { recursive: true });
  } catch {
    throw new StartFault({
      zh: `无法创建数据目录 ${folder}；请检查 LINLI_DATA 和权限。`,
      en: `The data folder ${folder} cannot be made; check LINLI_DATA and permissions.`,
    });
  }
};
