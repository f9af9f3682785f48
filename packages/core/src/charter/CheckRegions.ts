/**
 * Checks of regions: every attribute exists, every condition fits its attribute,
 * every value is known, and no condition is one that nothing can meet.
 */
import { CHARTER_BOUNDS } from "./CheckParts.ts";
import type { Attribute, FactSpace } from "./FactSpace.ts";
import { dangling, type Fault, fault, type Faults, longerThan, type Path } from "./Fault.ts";
import type { Box, Condition, Region } from "./Region.ts";

/** Everything wrong with a region of the space. */
export function* checkRegion(space: FactSpace, region: Region, path: Path): Faults {
  if (region === "all") return;
  const boxes = region["anyOf"];
  if (!Array.isArray(boxes)) {
    yield* checkBox(space, region as Box, path);
    return;
  }
  yield* longerThan(boxes, CHARTER_BOUNDS.boxesPerRule, [...path, "anyOf"]);
  for (const [i, box] of (boxes as ReadonlyArray<Box>).entries()) {
    yield* checkBox(space, box, [...path, "anyOf", i]);
  }
}

// Private

function* checkBox(space: FactSpace, box: Box, path: Path): Faults {
  for (const [id, condition] of Object.entries(box)) {
    const attribute = space.attribute(id);
    if (attribute === undefined) yield dangling([...path, id], "fact");
    else yield* checkCondition(space, attribute, condition, [...path, id]);
  }
}

function* checkCondition(
  space: FactSpace,
  attribute: Attribute,
  condition: Condition,
  path: Path,
): Faults {
  if (typeof condition === "boolean") {
    if (attribute.kind !== "boolean") yield misfit(path, attribute);
  } else if ("in" in condition) {
    if (attribute.kind !== "enum" && attribute.kind !== "category") yield misfit(path, attribute);
    else yield* known(space, attribute, condition.in, [...path, "in"]);
  } else if ("ranges" in condition) {
    if (attribute.kind !== "integer") yield misfit(path, attribute);
    else yield* checkRanges(attribute, condition.ranges, [...path, "ranges"]);
  } else if (Object.keys(condition).length === 0) {
    yield fault(path, "names no value", "remove the condition or name values");
  } else if ("has" in condition || "lacks" in condition) {
    yield* checkTags(space, attribute, condition, path);
  } else {
    yield* checkStretch(space, attribute, condition as Stretch, path);
  }
}

function* checkRanges(
  attribute: Attribute & { readonly kind: "integer" },
  ranges: ReadonlyArray<readonly [number | null, number | null]>,
  path: Path,
): Faults {
  for (const [i, [low, high]] of ranges.entries()) {
    const from = low ?? attribute.min;
    const to = high ?? attribute.max;
    if (from > to || from > attribute.max || to < attribute.min) {
      yield fault(
        [...path, i],
        "is an interval without values",
        "write the lower end first, in range",
      );
    }
  }
}

function* checkTags(
  space: FactSpace,
  attribute: Attribute,
  condition: { readonly has?: ReadonlyArray<string>; readonly lacks?: ReadonlyArray<string> },
  path: Path,
): Faults {
  if (attribute.kind !== "tags") {
    yield misfit(path, attribute);
    return;
  }
  const { has = [], lacks = [] } = condition;
  yield* known(space, attribute, has, [...path, "has"]);
  yield* known(space, attribute, lacks, [...path, "lacks"]);
  const clash = lacks.findIndex((tag) => has.includes(tag));
  if (clash >= 0) {
    yield fault([...path, "lacks", clash], "is also required", "ask for one or the other");
  }
  if (has.length + lacks.length === 0) {
    yield fault(path, "names no tag", "remove the condition or name tags");
  }
}

type Stretch = { readonly from?: string; readonly to?: string };

function* checkStretch(
  space: FactSpace,
  attribute: Attribute,
  condition: Stretch,
  path: Path,
): Faults {
  if (attribute.kind !== "enum") {
    yield misfit(path, attribute);
    return;
  }
  if (!attribute.ordered) {
    yield fault(path, "asks for an order the fact does not have", 'use "in", or set ordered');
  }
  const { from, to } = condition;
  if (from !== undefined) yield* known(space, attribute, [from], [...path, "from"], false);
  if (to !== undefined) yield* known(space, attribute, [to], [...path, "to"], false);
  const low = from === undefined ? 0 : (space.rankOf(attribute.id, from) ?? 0);
  const high = to === undefined ? Infinity : (space.rankOf(attribute.id, to) ?? Infinity);
  if (low > high) yield fault([...path, "to"], "comes before from", "write the lower end first");
}

function* known(
  space: FactSpace,
  attribute: Attribute,
  values: ReadonlyArray<string>,
  path: Path,
  isList = true,
): Faults {
  for (const [i, value] of values.entries()) {
    if (space.rankOf(attribute.id, value) === undefined) {
      yield dangling(
        isList ? [...path, i] : path,
        attribute.kind === "category" ? "category" : "value",
      );
    }
  }
}

const misfit = (path: Path, attribute: Attribute): Fault =>
  fault(path, `does not fit a fact of kind ${attribute.kind}`, "use a condition of its kind");
