/** Units, levels and chains, and who stands below whom at an instant. */
export { decodeHierarchy, makeHierarchy } from "./Build.ts";
export { hierarchyBytes } from "./Bytes.ts";
export { coverOf, heirOf, nextAbove } from "./Cover.ts";
export {
  changesWithin,
  type HierarchyAt,
  type MovedUnit,
  movedUnits,
  nextChange,
} from "./Differ.ts";
export { findUnits, type FoundUnit } from "./Find.ts";
export {
  Chain,
  type HierarchyFrame,
  HierarchyInput,
  Level,
  Move,
  StatRegionCode,
  type Unit,
  UnitInput,
} from "./Model.ts";
export { foldText } from "./NameIndex.ts";
export {
  ancestorsOf,
  type ChainRoot,
  chainsOf,
  childrenOf,
  firstAbove,
  isEverInChain,
  isWithin,
  levelOf,
  lifeOf,
  parentOf,
  rootOf,
  rootsOf,
  subtreeOf,
  successorsOf,
  unitAt,
} from "./Query.ts";
export type { Hierarchy } from "./Tables.ts";
