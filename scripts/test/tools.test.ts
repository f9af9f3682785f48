import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { root } from "../lib/root.mjs";

describe("repository", () => {
  it("is found from the scripts", () => {
    expect(existsSync(`${root}/pnpm-workspace.yaml`)).toBe(true);
  });
});
