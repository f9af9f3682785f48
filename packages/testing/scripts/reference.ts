/** The reference page of the storage port's laws, printed from the laws themselves. */
import {
  LAW_GROUPS,
  type LawGroup,
  lawNumber,
  type StorageLaw,
  storageLaws,
  storageSaboteurs,
  unbreakableLaws,
} from "../src/index.ts";
import { NOT_UNDER_FAULTS, SPARED } from "../src/storage/faultPlans.ts";

/** The page as Markdown. */
export const storageLawsPage = (): string => {
  const plain = storageLaws.filter((law) => !law.id.endsWith(FAULTS));
  const under = new Set(
    storageLaws
      .filter((law) => law.id.endsWith(FAULTS))
      .map((law) => law.id.slice(0, -FAULTS.length)),
  );
  return [
    HEAD(plain.length, under.size),
    ...LAW_GROUPS.map((group) => chapter(group, plain, under)),
    SPARED_HEAD,
    table(
      ["what", "why not"],
      [
        ...NOT_UNDER_FAULTS.map(({ what, because }) => [
          what.includes(".") ? `\`${what}\`` : `laws of ${what}`,
          because,
        ]),
        ...SPARED.map(({ method, kinds, because, instead }) => [
          `\`${method}\` failing ${kinds.join(", ")}`,
          `${because}; see ${instead.map((id) => `\`${id}\``).join(", ")}`,
        ]),
      ],
    ),
    SABOTEURS,
    table(
      ["wrong driver", "what it does", "caught by"],
      storageSaboteurs.map(({ id, wrong, caughtBy }) => [id, wrong, `\`${caughtBy}\``]),
    ),
    UNBREAKABLE,
    table(
      ["law", "why"],
      Object.entries(unbreakableLaws).map(([id, why]) => [`\`${id}\``, why]),
    ),
    "",
  ].join("\n\n");
};

// Private

const FAULTS = "+faults";

const HEAD = (plain: number, faults: number) => `# Laws of the storage port

What every storage driver promises, each promise with an id and a number to quote in an issue, a
review or a tender. Neither ever changes: a new law gets the next number, and that of a law that
is given up stays unused. \`npm run -s contract -- --driver NAME\` and \`storageContract\` of
\`@linli/testing/vitest\` ask a driver all of them; [Write a storage adapter](../adapters/storage.md)
shows how. This page is printed from the laws by \`packages/testing/scripts/writeReference.ts\`.

There are ${plain + faults} cases: ${plain} laws, and ${faults} of them once more **under faults** (\`ID${FAULTS}\`): calls
of the law's scenario fail before their effect, after it with the answer lost, hang, land late,
are cut short or begin an outage, and a caller who asks again must find the law kept. What is
[spared](#spared) from faults says why. A law that **needs** a capability (\`durable\`, \`shared\`), a look at the raw data
(\`inspect\`) or a database that is not opened yet (\`database\`; durable drivers must have it)
is skipped, visibly, for a driver that does not offer it. No other law can be switched off.`;

const SPARED_HEAD = `## Spared

What is not asked again under faults, and ways of failing that a method is not put to.`;

const SABOTEURS = `## Drivers that are wrong on purpose

They show that the laws bite: each is the memory driver with one promise broken, and each
is caught by the law it breaks.`;

const UNBREAKABLE = `## Laws no driver can break

Every other law, under faults too, is broken by at least one of the wrong drivers: the tests look
for one, law by law.`;

const ABOUT: Readonly<Record<LawGroup, string>> = {
  read: "Rows by their keys.",
  commit: "All or nothing; a conflict names what is there instead.",
  deletion: "A deleted row is gone, with its index entries, and counts as version 0.",
  guards: "Versions that must still hold at commit, of rows that are not written.",
  receipts: "A command acts once: same content, first result; other content, an error.",
  streams: "Versions of a stream begin at 1 and have no gap.",
  feed: "The journal in commit order; a cursor never passes an entry that could still appear.",
  schedule: "Work due at an instant, by id: scheduling again replaces, cancelling forgets.",
  lease: "Due jobs, exclusively, oldest first, one of a key at a time, fair between namespaces.",
  settle: "What became of a leased job: fenced by its token, idempotent, also inside a commit.",
  dead: "Jobs that were given up on: listed with their reason, revived by a commit.",
  scan: "Rows in the bytewise order of an index, page by page without holes.",
  count: "Index entries in a range, up to a bound.",
  text: "Any text without NUL and lone surrogates, and numbers, unchanged.",
  limits: "Bounds every driver keeps, to the item and the byte.",
  isolation: "Nothing is shared between two namespaces.",
  concurrency:
    "Several callers at once; whole histories of them are checked for an order that explains every answer.",
  failure: "Lost answers, calls cut short, one bad command among many.",
  durability: "What was acknowledged is there after closing and opening again.",
  sharing: "Two handles on the same data, as two processes have them.",
  info: "What a storage says of itself, open or not.",
  migration:
    "Missing steps: named, run on request and once, never by opening; opening again and at once.",
  model: "After anything at all: the same as the memory driver, which is the specification.",
};

const chapter = (
  group: LawGroup,
  laws: ReadonlyArray<StorageLaw>,
  under: ReadonlySet<string>,
): string =>
  [
    `## ${group[0]?.toUpperCase()}${group.slice(1)}`,
    ABOUT[group],
    table(
      ["no.", "id", "statement", "needs", "under faults"],
      laws
        .filter((law) => law.group === group)
        .map((law) => [
          `${lawNumber(law.id) ?? ""}`,
          `\`${law.id}\``,
          law.statement,
          law.needs ?? "",
          under.has(law.id) ? "too" : "",
        ]),
    ),
  ].join("\n\n");

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
