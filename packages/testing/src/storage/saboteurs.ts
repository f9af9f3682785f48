/**
 * Drivers that are wrong on purpose: each is the memory driver with one promise
 * broken, the way real drivers break it. They prove that the laws bite.
 */
import { apartSaboteurs } from "./apartSaboteurs.ts";
import { batchSaboteurs } from "./batchSaboteurs.ts";
import { boundSaboteurs } from "./boundSaboteurs.ts";
import { crowdSaboteurs } from "./crowdSaboteurs.ts";
import { databaseSaboteurs } from "./databaseSaboteurs.ts";
import { deadSaboteurs } from "./deadSaboteurs.ts";
import { durableSaboteurs } from "./durableSaboteurs.ts";
import { handleSaboteurs } from "./handleSaboteurs.ts";
import { partSaboteurs } from "./partSaboteurs.ts";
import { plainSaboteurs } from "./plainSaboteurs.ts";
import { restartSaboteurs } from "./restartSaboteurs.ts";
import { rewriteSaboteurs } from "./rewriteSaboteurs.ts";
import type { StorageSaboteur } from "./Saboteur.ts";
import { smallSaboteurs } from "./smallSaboteurs.ts";
import { turnSaboteurs } from "./turnSaboteurs.ts";
import { workSaboteurs } from "./workSaboteurs.ts";

/** All of them. */
export const storageSaboteurs: ReadonlyArray<StorageSaboteur> = [
  ...plainSaboteurs,
  ...crowdSaboteurs,
  ...databaseSaboteurs,
  ...deadSaboteurs,
  ...durableSaboteurs,
  ...smallSaboteurs,
  ...batchSaboteurs,
  ...workSaboteurs,
  ...apartSaboteurs,
  ...boundSaboteurs,
  ...restartSaboteurs,
  ...partSaboteurs,
  ...rewriteSaboteurs,
  ...turnSaboteurs,
  ...handleSaboteurs,
];

const BY_THE_GUARD =
  "the guard that stands before every driver refuses such a call; no driver is ever handed one";

/** Laws that no driver can break, with the reason: for all others a saboteur breaks them. */
export const unbreakableLaws: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...["text.nul-refused", "text.lone-surrogate-refused", "number.others-refused"],
    ...["batch.twice-refused", "limits.value-beyond", "limits.key-beyond", "limits.batch-beyond"],
  ].map((id) => [id, BY_THE_GUARD]),
);
