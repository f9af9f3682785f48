/** The storage contract: laws, a way to check them, and drivers that break them. */
export {
  checkStorageLaw,
  examineStorage,
  reasonNotToExamine,
  reasonToSkip,
  storageLaws,
} from "./Contract.ts";
export type { LawFinding, StorageUnderTest } from "./Contract.ts";
export { LAW_GROUPS, LawBroken } from "./Law.ts";
export { CONTRACT_EDITION, lawNumber } from "./lawNumbers.ts";
export type { RawCounts, Replay, StorageFixture } from "./Fixture.ts";
export type { LawGroup, LawNeed, StorageLaw } from "./Law.ts";
export { storageReport, storageReportPage } from "./report.ts";
export type { StorageReport } from "./report.ts";
export type { ReportLanguage, SkippedFor } from "./reportWords.ts";
export { storageSaboteurs, unbreakableLaws } from "./saboteurs.ts";
export { underSabotage } from "./Saboteur.ts";
export type { StorageSaboteur } from "./Saboteur.ts";
export { openMigrated, storageUnderTest } from "./underTest.ts";
export type { OpenedStorage, StorageOpener } from "./underTest.ts";
