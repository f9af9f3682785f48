/** Posts and who holds them, leave and duty, organisations, and who is accountable. */
export {
  type Accountable,
  accountable,
  type AccountableRequest,
  type AccountableVia,
  type PassedSeat,
} from "./Accountable.ts";
export { decodeDirectory, type DirectoryFrame, makeDirectory } from "./Decode.ts";
export type { Directory } from "./Directory.ts";
export {
  Appointment,
  DirectoryInput,
  DutyShift,
  Leave,
  Organisation,
  OrganisationKind,
  PostDef,
  PostKind,
} from "./Model.ts";
export {
  type HeldPost,
  holdersOf,
  holdsPost,
  isAway,
  type ListedPerson,
  listedOf,
  organisationOf,
  organisationsFor,
  postsOf,
  reachable,
} from "./Query.ts";
