/** Histories of concurrent callers, recorded and checked. */
export type {
  AppendAnomaly,
  AppendAnomalyKind,
  AppendHistory,
  HistoryCommit,
  HistoryRead,
} from "./AppendHistory.ts";
export { checkAppends } from "./checkAppends.ts";
export { checkLeases } from "./LeaseHistory.ts";
export type {
  LeaseAnomaly,
  LeaseAnomalyKind,
  LeaseCall,
  LeaseGrant,
  LeaseHistory,
  SettleCall,
} from "./LeaseHistory.ts";
export { recordAppends } from "./recordAppends.ts";
export type { AppendWorkload } from "./recordAppends.ts";
export { recordLeases } from "./recordLeases.ts";
export type { LeaseWorkload } from "./recordLeases.ts";
