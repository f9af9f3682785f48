/** Services: load, decide, commit, return. */
export type { BoardDay, Boards } from "./Boards.ts";
export type { ActError, Acted } from "./acted.ts";
export type { ActOptions } from "./prepare.ts";
export type { DeadJobs, DeadWork, DeadWorkPage, Revived } from "./DeadJobs.ts";
export type { Published } from "./Documents.ts";
export type { Publication } from "./publish.ts";
export type { DocumentName } from "./storedDocuments.ts";
export * from "./Errors.ts";
export type { JobsRun, RunDueOptions } from "./Jobs.ts";
export * from "./Linli.ts";
export type { HeldAbout, PersonExport } from "./exportPerson.ts";
export type { Erased, People } from "./People.ts";
export type { AdoptedKeys, Custody, KeysFound } from "./Custody.ts";
export type { KeyCounts } from "./keyEvidence.ts";
export type { Lookup, Lookups } from "./Lookups.ts";
export type { Rekeying, Rekeys } from "./Rekey.ts";
export type { RerouteMove, ReroutePreview, Reroutes, ReroutingRun } from "./Reroute.ts";
export type { RerouteSelection } from "./rerouteRow.ts";
export { retentionPlan } from "./Retention.ts";
export type {
  Forgotten,
  Retained,
  Retention,
  RetentionPlan,
  RetentionPolicy,
} from "./Retention.ts";
export type { CountOptions, PageOptions, ViewPage } from "./lists.ts";
export type { Queries } from "./Queries.ts";
export type { ListedState } from "./rows.ts";
export { FINDINGS_MAX, unreadableDocument } from "./derivedFinding.ts";
export type { DerivedFinding, DerivedKind, DerivedVerdict } from "./derivedFinding.ts";
export type { StoredJob } from "./derivedJobs.ts";
export type { ValueOf } from "./derivedRows.ts";
export { readDerivedWorld } from "./derivedWorld.ts";
export type { DerivedWorld, KeyShape } from "./derivedWorld.ts";
export type { Position } from "./projections.ts";
export type { DocumentStore } from "./storedDocuments.ts";
export {
  CLOCK_QUEUE,
  DERIVED_INDEXES,
  issueOfJob,
  makeDerivedVerifier,
  REFERENCE_KINDS,
  STORED_BOARDS,
} from "./verifyDerived.ts";
export type {
  DerivedOptions,
  DerivedVerifier,
  StoredIndexEntry,
  StoredValue,
} from "./verifyDerived.ts";
export {
  contentIdsOf,
  sealedToIn,
  signaturesBy,
  STORED_KINDS,
  STORED_SEALING,
  STORED_SEALS,
  storedContentOf,
  storedStateOf,
} from "./verifyStored.ts";
export type { ContentSealing, PlainContent, PlainPage, SealedContents } from "./SealContents.ts";
export { signedCheckpoint } from "./Seals.ts";
export type { Sealed, Seals, SealsOptions } from "./Seals.ts";
export { LinliConfig, platformDigest } from "./Settings.ts";
export type { Address, LinliSettings, PeopleSettings } from "./Settings.ts";
export { STEPS_MAX } from "./steps.ts";
export type { ActAll, Step, StepOptions } from "./steps.ts";
export type { Upkeep } from "./Upkeep.ts";
