/**
 * From written data to a directory, or to the first fault found and where it
 * stands.
 */
import * as Result from "effect/Result";
import { decodeInput, HIERARCHY_LIMITS, InputError, pointer } from "../data/index.ts";
import { type Hierarchy, isEverInChain, rootsOf, unitAt } from "../hierarchy/index.ts";
import { type Directory, layDirectory, pairOf } from "./Directory.ts";
import { DirectoryInput, type PostDef } from "./Model.ts";

/** What a directory is checked against. */
export interface DirectoryFrame {
  /** The posts of the charter. */
  readonly posts: ReadonlyArray<PostDef>;
  readonly hierarchy: Hierarchy;
  /** Ids of the charter's categories; without them, categories are not checked. */
  readonly categories?: ReadonlySet<string>;
}

/**
 * Decodes untrusted data against the posts of a charter and a hierarchy.
 *
 * Errors have the door `directory` and the JSON Pointer of the fault, such as
 * `/appointments/3/unit`: a repeated id, an unknown post, unit or category, a unit
 * of another level than the post or outside its chain, an empty time, a leave
 * delegated to oneself. Faults of the charter's posts stand at `/posts/...`:
 * unknown levels and chains, deputies of another level, two accountable posts of
 * one level, a root without a post of last resort.
 */
export const decodeDirectory = (
  input: unknown,
  against: DirectoryFrame,
): Result.Result<Directory, InputError> => {
  const decode = decodeInput(DirectoryInput, { door: "directory", limits: HIERARCHY_LIMITS });
  const decoded = decode(input);
  return Result.isFailure(decoded)
    ? Result.fail(decoded.failure)
    : makeDirectory(decoded.success, against);
};

/** The same for data that is already typed, without the Schema pass. */
export const makeDirectory = (
  input: DirectoryInput,
  against: DirectoryFrame,
): Result.Result<Directory, InputError> => {
  const fault =
    checkPosts(against) ??
    checkRoots(against) ??
    checkSeated("appointments", input.appointments, against) ??
    checkLeaves(input) ??
    checkSeated("shifts", input.shifts, against) ??
    checkOrganisations(input, against);
  return fault === undefined
    ? Result.succeed(layDirectory(input, [...against.posts], against.hierarchy))
    : Result.fail(fault);
};

type Path = ReadonlyArray<string | number>;

const faultAt = (path: Path, reason: string, advice: string): InputError =>
  new InputError({ door: "directory", path: pointer(path), reason, advice });

const checkPosts = ({ posts, hierarchy }: DirectoryFrame): InputError | undefined => {
  const levels = new Set(hierarchy.levels.map((level) => level.id));
  const chains = new Set(hierarchy.chains.map((chain) => chain.id));
  const handling = new Set<string>();
  const ids = new Set<string>();
  const known = new Map(posts.map((post) => [post.id, post]));
  for (const [place, post] of posts.entries()) {
    const path = ["posts", place];
    if (ids.has(post.id)) return repeated([...path, "id"]);
    ids.add(post.id);
    if (!levels.has(post.level)) {
      return faultAt([...path, "level"], "is not a known level", "use a level of the charter");
    }
    if (!chains.has(post.chain)) {
      return faultAt([...path, "chain"], "is not a known chain", "use a chain of the charter");
    }
    for (const [item, deputy] of (post.deputies ?? []).entries()) {
      if (deputy === post.id || known.get(deputy)?.level !== post.level) {
        const advice = "name another post of the same level";
        return faultAt([...path, "deputies", item], "is not a post of the same level", advice);
      }
    }
    const level = pairOf(post.chain, post.level);
    if (post.handles === true && handling.has(level)) {
      const advice = "let one post of a level and chain be accountable";
      return faultAt([...path, "handles"], "is a second accountable post of its level", advice);
    }
    if (post.handles === true) handling.add(level);
  }
  return undefined;
};

// Roots of all times, so that no later instant finds one without a last resort.
const checkRoots = ({ posts, hierarchy }: DirectoryFrame): InputError | undefined => {
  for (const { chain, unit, level } of rootsOf(hierarchy)) {
    const answered = posts.some(
      (post) => post.lastResort === true && post.chain === chain && post.level === level,
    );
    if (!answered) {
      const reason = `has no post of last resort for unit ${unit}, a root of chain ${chain}`;
      return faultAt(["posts"], reason, `mark a post of level ${level} as lastResort`);
    }
  }
  return undefined;
};

const checkSeated = (
  list: "appointments" | "shifts",
  items: DirectoryInput["appointments"],
  { posts, hierarchy }: DirectoryFrame,
): InputError | undefined => {
  const known = new Map(posts.map((post) => [post.id, post]));
  const ids = new Set<string>();
  for (const [place, item] of items.entries()) {
    const path = [list, place];
    if (ids.has(item.id)) return repeated([...path, "id"]);
    ids.add(item.id);
    const post = known.get(item.post);
    const unit = unitAt(hierarchy, item.unit);
    if (post === undefined) {
      return faultAt([...path, "post"], "is not a known post", "use a post of the charter");
    }
    if (unit === undefined) return unknownUnit([...path, "unit"]);
    if (unit.level !== post.level) {
      const advice = "fill a post at a unit of its own level";
      return faultAt([...path, "unit"], "is of another level than the post", advice);
    }
    if (!isEverInChain(hierarchy, post.chain, item.unit)) {
      const advice = "fill a post at a unit of its own chain";
      return faultAt([...path, "unit"], "is not in the chain of the post", advice);
    }
    if (!isPeriod(item)) return emptyTime([...path, "until"]);
  }
  return undefined;
};

const checkLeaves = ({ leaves }: DirectoryInput): InputError | undefined => {
  const ids = new Set<string>();
  for (const [place, leave] of leaves.entries()) {
    const path = ["leaves", place];
    if (ids.has(leave.id)) return repeated([...path, "id"]);
    ids.add(leave.id);
    if (!isPeriod(leave)) return emptyTime([...path, "until"]);
    if (leave.delegate === leave.person) {
      return faultAt(
        [...path, "delegate"],
        "is the person on leave",
        "name somebody else or nobody",
      );
    }
  }
  return undefined;
};

const checkOrganisations = (
  { organisations }: DirectoryInput,
  { hierarchy, categories }: DirectoryFrame,
): InputError | undefined => {
  const ids = new Set<string>();
  for (const [place, organisation] of organisations.entries()) {
    const path = ["organisations", place];
    if (ids.has(organisation.id)) return repeated([...path, "id"]);
    ids.add(organisation.id);
    if (!isPeriod(organisation)) return emptyTime([...path, "until"]);
    for (const [item, unit] of organisation.serviceAreas.entries()) {
      if (unitAt(hierarchy, unit) === undefined)
        return unknownUnit([...path, "serviceAreas", item]);
    }
    for (const [item, category] of (organisation.categories ?? []).entries()) {
      if (categories !== undefined && !categories.has(category)) {
        const advice = "use a category of the charter";
        return faultAt([...path, "categories", item], "is not a known category", advice);
      }
    }
  }
  return undefined;
};

const isPeriod = (dated: { readonly from?: number; readonly until?: number }): boolean =>
  (dated.from ?? -Infinity) < (dated.until ?? Infinity);

const repeated = (path: Path): InputError =>
  faultAt(path, "is repeated", "give each an id of its own");

const unknownUnit = (path: Path): InputError =>
  faultAt(path, "is not a known unit", "use a unit of the hierarchy");

const emptyTime = (path: Path): InputError =>
  faultAt(path, "is not after the beginning", "end it after it begins");
