/** Facts that several charters rule by. */
import { text } from "@linli/core/charter";
import type { FactDef } from "@linli/core/charter";

export const severity: FactDef = {
  kind: "enum",
  name: text("严重程度", "severity"),
  values: ["minor", "major", "critical"],
  ordered: true,
  aggravating: true,
  default: "minor",
};

export const households: FactDef = {
  kind: "integer",
  name: text("涉及户数", "households affected"),
  min: 0,
  max: 100_000,
  aggravating: true,
  default: 1,
};

export const cost: FactDef = {
  kind: "integer",
  name: text("所需费用（元）", "cost in yuan"),
  min: 0,
  max: 100_000_000,
  aggravating: true,
  default: 0,
};

export const hazard: FactDef = {
  kind: "boolean",
  name: text("是否危及公共安全", "hazard to the public"),
  aggravating: true,
  default: false,
};
