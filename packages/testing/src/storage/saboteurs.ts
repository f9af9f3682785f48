/**
 * Drivers that are wrong on purpose: each is the memory driver with one promise
 * broken, the way real drivers break it. They prove that the laws bite.
 */
import { crowdSaboteurs } from "./crowdSaboteurs.ts";
import { databaseSaboteurs } from "./databaseSaboteurs.ts";
import { deadSaboteurs } from "./deadSaboteurs.ts";
import { plainSaboteurs } from "./plainSaboteurs.ts";
import type { StorageSaboteur } from "./Saboteur.ts";

/** All of them. */
export const storageSaboteurs: ReadonlyArray<StorageSaboteur> = [
  ...plainSaboteurs,
  ...crowdSaboteurs,
  ...databaseSaboteurs,
  ...deadSaboteurs,
];
