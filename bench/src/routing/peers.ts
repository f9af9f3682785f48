/** The same rules in the form other rule engines want; each gives back the rule's id only. */
import { ZenEngine } from "@gorules/zen-engine";
import type { Box, CharterDocument, Condition, FactsRecord } from "@linli/core/charter";
import { LogicEngine } from "json-logic-engine";
import { Engine } from "json-rules-engine";

/** A rule engine that names the deciding rule; null for `otherwise`. */
export interface RulePeer {
  readonly name: string;
  readonly decide: (record: FactsRecord) => string | null | Promise<string | null>;
  /** Answers compared before the race; fewer for the slow ones. */
  readonly compared: number;
}

/** All peers, ready to be asked. */
export const rulePeers = (document: CharterDocument): ReadonlyArray<RulePeer> => [
  jsonLogic(document),
  zen(document),
  jsonRules(document),
];

// Private

type Tagged = { readonly has?: ReadonlyArray<string>; readonly lacks?: ReadonlyArray<string> };

const conditionsOf = (document: CharterDocument, at: number): ReadonlyArray<[string, Condition]> =>
  Object.entries(document.rules[at]?.when as Box);

const jsonLogic = (document: CharterDocument): RulePeer => {
  const branches = document.rules.flatMap(({ id }, at) => [
    { and: conditionsOf(document, at).flatMap(([name, one]) => logicOf({ var: name }, one)) },
    id,
  ]);
  const decide = new LogicEngine().build({ if: [...branches, null] }) as RulePeer["decide"];
  return { name: "json-logic-engine, compiled", decide, compared: 100_000 };
};

const logicOf = (value: unknown, condition: Condition): ReadonlyArray<unknown> => {
  if (typeof condition === "boolean") return [{ "===": [value, condition] }];
  if ("in" in condition) return [{ in: [value, condition.in] }];
  if ("ranges" in condition) {
    const [low, high] = condition.ranges[0] ?? [null, null];
    return [low === null ? { "<=": [value, high] } : { ">=": [value, low] }];
  }
  const { has = [], lacks = [] } = condition as Tagged;
  return [
    ...has.map((tag) => ({ in: [tag, value] })),
    ...lacks.map((tag) => ({ "!": { in: [tag, value] } })),
  ];
};

const zen = (document: CharterDocument): RulePeer => {
  const fields = ["category", "kind", ...Object.keys(document.facts ?? {})];
  const cells = document.rules.map(({ id }, at) => {
    const row: Record<string, string> = { _id: id, rule: JSON.stringify(id) };
    for (const field of fields) row[field] = "";
    for (const [name, one] of conditionsOf(document, at)) row[name] = cellOf(one);
    return row;
  });
  const content = {
    hitPolicy: "first",
    inputs: fields.map((field) => ({ id: field, name: field, field })),
    outputs: [{ id: "rule", name: "rule", field: "rule" }],
    rules: cells,
  };
  const decision = new ZenEngine().createDecision({
    nodes: [
      { id: "in", type: "inputNode", name: "in", position: { x: 0, y: 0 } },
      { id: "table", type: "decisionTableNode", name: "table", position: { x: 0, y: 0 }, content },
      { id: "out", type: "outputNode", name: "out", position: { x: 0, y: 0 } },
    ],
    edges: [
      { id: "a", sourceId: "in", targetId: "table", type: "edge" },
      { id: "b", sourceId: "table", targetId: "out", type: "edge" },
    ],
  });
  return {
    name: "zen-engine, decision table",
    decide: async (record) => {
      const { result } = await decision.evaluate(record);
      return (result as { readonly rule?: string } | null)?.rule ?? null;
    },
    compared: 5000,
  };
};

const cellOf = (condition: Condition): string => {
  if (typeof condition === "boolean") return String(condition);
  if ("in" in condition) return condition.in.map((one) => JSON.stringify(one)).join(", ");
  if ("ranges" in condition) {
    const [low, high] = condition.ranges[0] ?? [null, null];
    return low === null ? `<= ${high}` : `>= ${low}`;
  }
  const { has = [], lacks = [] } = condition as Tagged;
  return [
    ...has.map((tag) => `contains($, ${JSON.stringify(tag)})`),
    ...lacks.map((tag) => `not contains($, ${JSON.stringify(tag)})`),
  ].join(" and ");
};

const jsonRules = (document: CharterDocument): RulePeer => {
  const engine = new Engine();
  for (const [at, { id }] of document.rules.entries()) {
    engine.addRule({
      conditions: {
        all: conditionsOf(document, at).flatMap(([name, one]) => [...testsOf(name, one)]),
      },
      event: { type: id },
      priority: document.rules.length - at,
    });
  }
  let hit: string | null = null;
  engine.on("success", ({ type }) => {
    hit ??= type;
    engine.stop();
  });
  return {
    name: "json-rules-engine, priorities and stop()",
    decide: async (record) => {
      hit = null;
      await engine.run({ ...record });
      return hit;
    },
    compared: 1000,
  };
};

const testsOf = (
  fact: string,
  condition: Condition,
): ReadonlyArray<{ readonly fact: string; readonly operator: string; readonly value: unknown }> => {
  if (typeof condition === "boolean") return [{ fact, operator: "equal", value: condition }];
  if ("in" in condition) return [{ fact, operator: "in", value: [...condition.in] }];
  if ("ranges" in condition) {
    const [low, high] = condition.ranges[0] ?? [null, null];
    return low === null
      ? [{ fact, operator: "lessThanInclusive", value: high }]
      : [{ fact, operator: "greaterThanInclusive", value: low }];
  }
  const { has = [], lacks = [] } = condition as Tagged;
  return [
    ...has.map((value) => ({ fact, operator: "contains", value })),
    ...lacks.map((value) => ({ fact, operator: "doesNotContain", value })),
  ];
};
