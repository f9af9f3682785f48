/** Faults on purpose, and the caller that gets over them. */
export { FAULT_KINDS, faultyStorage, injectedFault, isInjected } from "./FaultyStorage.ts";
export type { FaultKind, FaultPlan, FaultyStorage, StorageMethod } from "./FaultyStorage.ts";
export { askAgain, patientStorage } from "./PatientStorage.ts";
