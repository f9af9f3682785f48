/** The journal: entry format v1, its hashes, seals over the feed, and verifying all of it. */
export {
  CHECKPOINT_RANGE,
  checkpointText,
  decodeCheckpoint,
  decodeKept,
  encodeCheckpoint,
  makeCheckpoint,
} from "./Checkpoint.ts";
export type { Checkpoint, Kept, UnsignedCheckpoint } from "./Checkpoint.ts";
export * from "./Entry.ts";
export { isHouseStream, isIssueEntry } from "./House.ts";
export type { HouseEvent, HouseEventMap, PersonLookup, SealedReading } from "./House.ts";
export * from "./Seal.ts";
export { mergeSeals } from "./SealLine.ts";
export type * from "./Verdict.ts";
export * from "./Verify.ts";
