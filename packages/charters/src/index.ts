/**
 * The charters of real places as Linli data. Each place has an entry of its own
 * (`@linli/charters/xinan`), so that a host loads only what it uses.
 */
export {
  type Duty,
  xinanCharter,
  xinanDirectory,
  xinanDuties,
  xinanHierarchy,
} from "./xinan/index.ts";
export { minhouCharter, minhouDirectory, minhouDuties, minhouHierarchy } from "./minhou/index.ts";
export {
  bazhongCharter,
  bazhongDirectory,
  bazhongDuties,
  bazhongHierarchy,
} from "./bazhong/index.ts";
