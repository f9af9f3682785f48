import { decodeCharter } from "@linli/core/charter";
import { xinanCharter } from "@linli/charters/xinan";
import * as Result from "effect/Result";
import { expect, test } from "vitest";
import { problemOf } from "../src/api/problems.ts";

test("a charter's problem carries every fault with its place, the first one as its own", () => {
  const broken = { ...xinanCharter, triage: "nobody", unsorted: "nothing" };
  const refused = decodeCharter(broken);
  if (Result.isSuccess(refused)) throw new Error("it was taken");
  const problem = JSON.parse(JSON.stringify(problemOf(refused.failure)));
  expect(problem).toMatchObject({ code: "InputError", path: "/triage" });
  expect(problem.faults.map(({ path }: { path: string }) => path)).toEqual([
    "/triage",
    "/unsorted",
  ]);
  expect(problem.faults[0]).toEqual({
    path: "/triage",
    detail: problem.detail,
    advice: problem.advice,
  });
});
