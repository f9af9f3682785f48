/**
 * Why an issue is where it is: read from the same regions that decided it, for a
 * resident, a clerk or a developer, in both languages.
 */
import { fillText, type LocalText } from "../data/index.ts";
import {
  boxesOf,
  type Charter,
  type ClockKind,
  competenceOf,
  type Decision,
  failingOf,
  isBarredByDutyList,
  isCompetent,
  type FactsRecord,
  type Region,
} from "../charter/index.ts";
import { formatInstant, type Instant } from "../time/index.ts";
import type { Facts } from "./Facts.ts";
import { route } from "./Route.ts";
import { CLOCK_WORDS, WORDS } from "./Words.ts";

/** Who reads it: plain words, grounds, or every rule tried. */
export type Reader = "resident" | "clerk" | "developer";

/** An explanation; `text` is its lines, one below the other. */
export interface Explanation {
  readonly reader: Reader;
  readonly text: LocalText;
  readonly lines: ReadonlyArray<LocalText>;
}

/** What is known beside the facts once the issue has a place. */
export interface ExplainOptions {
  readonly reader: Reader;
  /** Where it lies; without it, the level is named that would have it. */
  readonly placed?: {
    readonly unitName: LocalText;
    readonly postName: LocalText;
    readonly levelName?: LocalText;
  };
  /** Deadlines to show, in the order given. */
  readonly deadlines?: ReadonlyArray<{
    readonly clock: ClockKind;
    readonly dueAt: Instant;
    readonly provisional?: boolean;
  }>;
}

/** A rule that was tried: on which attributes it failed, for the matched one none. */
export interface Considered {
  readonly rule: string;
  readonly matched: boolean;
  readonly failedOn: ReadonlyArray<string>;
}

/** Explains the decision for facts. */
export const explain = (charter: Charter, facts: Facts, options: ExplainOptions): Explanation => {
  const decision = route(charter, facts);
  const lines = [...LINES[options.reader]({ charter, facts, decision, options })];
  const join = (locale: "zh" | "en") => lines.map((line) => line[locale]).join("\n");
  return { reader: options.reader, lines, text: { zh: join("zh"), en: join("en") } };
};

/** The rules tried for facts, in order, up to the one that decided. */
export const considered = (charter: Charter, facts: Facts): ReadonlyArray<Considered> => {
  const tried: Array<Considered> = [];
  for (const rule of charter.document.rules) {
    const failedOn = failedAttributes(charter, rule.when, facts.record);
    const matched = failedOn === undefined;
    tried.push({ rule: rule.id, matched, failedOn: failedOn ?? [] });
    if (matched) break;
  }
  return tried;
};

// Private

interface Case {
  readonly charter: Charter;
  readonly facts: Facts;
  readonly decision: Decision;
  readonly options: ExplainOptions;
}

type Lines = Generator<LocalText, void>;

function* residentLines(it: Case): Lines {
  const { decision } = it;
  if (decision.emergency !== null) {
    const { numbers, text } = decision.emergency;
    yield say(it, "explain.call", { numbers: numbers.join(" "), words: text });
  }
  yield say(it, `explain.${decision.course}`, {
    category: it.charter.category(String(it.facts.record["category"]))?.name ?? "",
    who: whoHandles(it),
    body: decision.text ?? "",
  });
  yield* deadlineLines(it);
  yield say(it, "explain.why", { because: decision.because });
}

function* clerkLines(it: Case): Lines {
  const { charter, decision } = it;
  yield* residentLines(it);
  if (decision.because.basis !== undefined) {
    yield say(it, "explain.basis", { basis: decision.because.basis });
  }
  yield say(it, decision.rule === null ? "explain.otherwise" : "explain.rule", {
    rule: decision.rule ?? "",
    charter: charter.id,
    version: charter.version,
  });
  yield* levelLines(it);
}

function* developerLines(it: Case): Lines {
  yield* clerkLines(it);
  for (const { rule, matched, failedOn } of considered(it.charter, it.facts)) {
    yield say(it, matched ? "explain.matched" : "explain.failed", {
      rule,
      facts: failedOn.join(", "),
    });
  }
}

const LINES = { resident: residentLines, clerk: clerkLines, developer: developerLines };

function* deadlineLines(it: Case): Lines {
  for (const { clock, dueAt, provisional } of it.options.deadlines ?? []) {
    yield say(it, provisional === true ? "explain.provisional" : "explain.due", {
      clock: CLOCK_WORDS[clock],
      due: formatInstant(it.charter.calendar, dueAt),
    });
  }
}

// Each level of the chain from below: why it was passed over, or that it may handle the issue.
function* levelLines(it: Case): Lines {
  const { charter, decision, facts } = it;
  const chain = charter.chainLevels.get(decision.chain ?? "") ?? [];
  const floor = floorOf(it);
  const holder = chain.findLast(
    ({ id }, i) => i < chain.length - 1 && isBarredByDutyList(charter, id, facts.record),
  );
  for (const level of chain) {
    const named = { level: level.name };
    if (decision.levels.includes(level.id)) {
      yield say(it, level.id === decision.levels[0] ? "explain.first" : "explain.able", named);
    } else if (floor !== undefined && level.rank < floor.rank) {
      yield say(it, "explain.below", { ...named, floor: floor.name });
    } else if (!isCompetent(charter, level.id, facts.record)) {
      yield say(it, "explain.beyond", { ...named, facts: factsBeyond(it, level.id) });
    } else if (holder !== undefined) {
      yield say(it, "explain.barred", { ...named, holder: holder.name });
    }
  }
}

const floorOf = ({ charter, decision }: Case) => {
  const rule = charter.document.rules.find(({ id }) => id === decision.rule);
  const { outcome } = rule ?? charter.document.otherwise;
  return outcome.course === "signpost" || outcome.atLeast === undefined
    ? undefined
    : charter.levels.get(outcome.atLeast);
};

const factsBeyond = ({ charter, facts }: Case, level: string): LocalText => {
  const region = competenceOf(charter, level);
  const failed = region === undefined ? [] : failedAttributes(charter, region, facts.record);
  const names = (failed ?? []).map((id) => charter.facts.attribute(id)?.name);
  const list = names.filter((name) => name !== undefined);
  return list.length === 0
    ? { zh: "未授权", en: "none given" }
    : { zh: list.map(({ zh }) => zh).join("、"), en: list.map(({ en }) => en).join(", ") };
};

// The attributes that keep a record out of every box, or undefined when it is inside one.
const failedAttributes = (
  charter: Charter,
  region: Region,
  record: FactsRecord,
): ReadonlyArray<string> | undefined => {
  const failed = boxesOf(region).map((box) => failingOf(charter, box, record));
  return failed.some((attributes) => attributes.length === 0)
    ? undefined
    : [...new Set(failed.flat())];
};

const whoHandles = ({ charter, decision, options }: Case): LocalText => {
  const { placed } = options;
  const level = decision.levels[0] ?? "";
  const post = placed?.postName ?? charter.handlerPost(decision.chain ?? "", level)?.name;
  if (post === undefined) return charter.levels.get(level)?.name ?? { zh: "", en: "" };
  if (placed === undefined) return { zh: post.zh, en: `the ${post.en}` };
  return {
    zh: `${placed.unitName.zh}${post.zh}`,
    en: `the ${post.en} of ${placed.unitName.en}`,
  };
};

const say = (
  { charter }: Case,
  key: keyof typeof WORDS,
  values: Readonly<Record<string, string | LocalText>>,
): LocalText => fillText(charter.text(key) ?? WORDS[key], values);
