/**
 * Checks of the parts a charter is made of - levels, chains, posts, categories and
 * facts - before anything refers to them.
 */
import type { Category, CharterDocument, FactDef } from "./Document.ts";
import { isReservedFact } from "./FactSpace.ts";
import {
  dangling,
  duplicateIds,
  duplicateValues,
  type Fault,
  fault,
  type Faults,
  longerThan,
  type Path,
} from "./Fault.ts";

/** Upper bounds of a charter, far above any real place. */
export const CHARTER_BOUNDS = {
  rules: 5000,
  categories: 5000,
  facts: 64,
  boxesPerRule: 64,
  tags: 64,
  enumValues: 1000,
  levels: 30,
  categoryDepth: 32,
} as const;

/** Everything wrong with the parts themselves. */
export function* checkParts(document: CharterDocument): Faults {
  yield* longerThan(document.levels, CHARTER_BOUNDS.levels, ["levels"]);
  yield* duplicateIds(document.levels, ["levels"]);
  yield* duplicateIds(document.chains, ["chains"]);
  yield* checkPosts(document);
  yield* checkCategories(document.categories);
  yield* checkFacts(document.facts ?? {});
}

/** Levels where a post of the chain handles, by ascending rank. */
export const handledLevels = (document: CharterDocument, chain: string) => {
  const handled = new Set(
    document.posts.filter((post) => post.chain === chain && post.handles).map((post) => post.level),
  );
  return document.levels.filter((level) => handled.has(level.id)).sort((a, b) => a.rank - b.rank);
};

// Private

function* checkPosts(document: CharterDocument): Faults {
  const { posts } = document;
  yield* duplicateIds(posts, ["posts"]);
  const levels = new Set(document.levels.map((level) => level.id));
  const chains = new Set(document.chains.map((chain) => chain.id));
  const byId = new Map(posts.map((post) => [post.id, post]));
  for (const [i, post] of posts.entries()) {
    if (!levels.has(post.level)) yield dangling(["posts", i, "level"], "level");
    if (!chains.has(post.chain)) yield dangling(["posts", i, "chain"], "chain");
    for (const [j, id] of (post.deputies ?? []).entries()) {
      const deputy = byId.get(id);
      const path = ["posts", i, "deputies", j];
      if (deputy === undefined) yield dangling(path, "post");
      else if (id === post.id) yield fault(path, "is its own deputy", "name another post");
      else if (deputy.level !== post.level || deputy.chain !== post.chain) {
        yield fault(
          path,
          "is a post of another level or chain",
          "deputies stand at the same level",
        );
      }
    }
  }
  yield* checkHandlers(document);
  yield* checkChains(document);
}

// One accountable post at each level of a chain: none would drop issues, two would share the blame.
function* checkHandlers({ posts }: CharterDocument): Faults {
  const places = new Map<string, { first: number; handlers: Array<number> }>();
  for (const [i, post] of posts.entries()) {
    const key = `${post.chain}/${post.level}`;
    const place = places.get(key) ?? { first: i, handlers: [] };
    if (post.handles) place.handlers.push(i);
    if (post.handles || post.kind !== "outside") places.set(key, place);
  }
  for (const { first, handlers } of places.values()) {
    const second = handlers[1];
    if (handlers.length === 0) {
      yield fault(
        ["posts", first],
        "is at a level where no post handles",
        'mark one with "handles"',
      );
    }
    if (second !== undefined) {
      yield fault(
        ["posts", second, "handles"],
        "is the second handler here",
        "let one post handle",
      );
    }
  }
}

function* checkChains(document: CharterDocument): Faults {
  for (const [i, chain] of document.chains.entries()) {
    const levels = handledLevels(document, chain.id);
    const top = levels.at(-1);
    if (top === undefined) {
      yield fault(["chains", i], "has no post that handles", "add a handling post at each level");
      continue;
    }
    const twin = levels.find((level, at) => at > 0 && level.rank === levels[at - 1]?.rank);
    if (twin !== undefined) {
      const at = document.levels.findIndex((level) => level.id === twin.id);
      yield fault(
        ["levels", at, "rank"],
        "is used twice in one chain",
        "give each level its own rank",
      );
    }
    if (document.competences[top.id] !== "all") {
      yield fault(
        ["competences", top.id],
        "does not cover everything, but the level is the top of a chain",
        'write "all"',
      );
    }
    const isLast = document.posts.some(
      (post) => post.chain === chain.id && post.level === top.id && post.lastResort,
    );
    if (!isLast) {
      yield fault(["chains", i], "has no post of last resort at its top level", "mark one");
    }
  }
}

function* checkCategories(categories: ReadonlyArray<Category>): Faults {
  yield* longerThan(categories, CHARTER_BOUNDS.categories, ["categories"]);
  yield* duplicateIds(categories, ["categories"]);
  const byId = new Map(categories.map((category) => [category.id, category]));
  for (const [i, category] of categories.entries()) {
    const path: Path = ["categories", i];
    if (category.parent !== undefined && !byId.has(category.parent)) {
      yield dangling([...path, "parent"], "category");
    }
    const line = lineOf(byId, category);
    if (line.length > CHARTER_BOUNDS.categoryDepth) {
      const isCycle = new Set(line).size < line.length;
      yield fault(
        [...path, "parent"],
        isCycle ? "leads back to the category itself" : "makes the category tree too deep",
        isCycle ? "break the circle" : `keep it within ${CHARTER_BOUNDS.categoryDepth} levels`,
      );
    }
    const isDanger = line.find((one) => one.lifeDanger !== undefined)?.lifeDanger === true;
    if (isDanger && !line.some((one) => one.emergency !== undefined)) {
      yield fault(path, "is a danger to life without emergency numbers", 'add "emergency"');
    }
  }
}

// The category and those above it, cut one step past the depth allowed so that a circle ends.
const lineOf = (byId: ReadonlyMap<string, Category>, category: Category): Array<Category> => {
  const line: Array<Category> = [];
  for (
    let at: Category | undefined = category;
    at !== undefined && line.length <= CHARTER_BOUNDS.categoryDepth;
    at = at.parent === undefined ? undefined : byId.get(at.parent)
  ) {
    line.push(at);
  }
  return line;
};

function* checkFacts(facts: Readonly<Record<string, FactDef>>): Faults {
  const entries = Object.entries(facts);
  yield* longerThan(entries, CHARTER_BOUNDS.facts, ["facts"]);
  for (const [id, def] of entries) {
    if (isReservedFact(id)) yield fault(["facts", id], "is a reserved name", "choose another name");
    yield* checkFact(def, ["facts", id]);
  }
}

function* checkFact(def: FactDef, path: Path): Faults {
  switch (def.kind) {
    case "boolean":
      return;
    case "integer":
      if (def.min > def.max) {
        yield fault([...path, "max"], "is below the minimum", "write the smaller number as min");
      } else if (def.default < def.min || def.default > def.max) {
        yield fault([...path, "default"], "is outside min and max", "choose one between them");
      }
      return;
    case "enum":
      yield* longerThan(def.values, CHARTER_BOUNDS.enumValues, [...path, "values"]);
      yield* duplicateValues(def.values, [...path, "values"]);
      if (!def.values.includes(def.default)) yield notAValue([...path, "default"]);
      if (def.aggravating && !def.ordered) {
        yield fault(
          [...path, "aggravating"],
          "needs an ordered fact",
          "list the values from least to most and set ordered",
        );
      }
      return;
    case "tags":
      yield* longerThan(def.values, CHARTER_BOUNDS.tags, [...path, "values"]);
      yield* duplicateValues(def.values, [...path, "values"]);
      yield* duplicateValues(def.default, [...path, "default"]);
      for (const [i, tag] of def.default.entries()) {
        if (!def.values.includes(tag)) yield notAValue([...path, "default", i]);
      }
  }
}

const notAValue = (path: Path): Fault =>
  fault(path, "is not one of the fact's values", "choose one of them");
