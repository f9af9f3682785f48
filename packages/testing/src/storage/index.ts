/** The storage contract: laws, a way to check them, and drivers that break them. */
export { checkStorageLaw, examineStorage, reasonToSkip, storageLaws } from "./Contract.ts";
export type { LawFinding, StorageUnderTest } from "./Contract.ts";
export { LawBroken } from "./Law.ts";
export type { LawNeed, StorageFixture, StorageLaw } from "./Law.ts";
export { storageSaboteurs } from "./saboteurs.ts";
export type { StorageSaboteur } from "./saboteurs.ts";
