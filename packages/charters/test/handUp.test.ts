import { perform } from "@linli/core/climbing";
import { contextOf, type IssueState } from "@linli/core/issue";
import { xinanCharter, xinanDirectory, xinanHierarchy } from "@linli/charters/xinan";
import * as Result from "effect/Result";
import { describe, expect, it } from "vitest";
import { placeOf } from "./support.ts";

const world = placeOf(xinanCharter, xinanHierarchy(), xinanDirectory());
const AT = Date.parse("2023-07-20T08:10:00+08:00");

const reported: IssueState = Result.getOrThrow(
  perform(contextOf(world, AT, { person: "resident.1" }, { issueId: "i1" }), null, {
    type: "report",
    category: "manhole",
    place: { unit: "yekou-3" },
  }),
).state;

const handUp = (toLevel?: string) =>
  perform(contextOf(world, AT + 1, { person: "chief.yekou-3" }), reported, {
    type: "handUp",
    words: "井盖要整体更换",
    ...(toLevel === undefined ? {} : { toLevel }),
  });

describe("handing up", () => {
  it("goes to the next level, or straight to the one named above it", () => {
    expect(Result.getOrThrow(handUp()).state.handler).toMatchObject({ unit: "micro-01" });
    const { state } = Result.getOrThrow(handUp("community"));
    expect(state.handler).toMatchObject({ post: "committee", unit: "zhendong" });
    expect(state.handUps).toBe(1);
  });

  it.each(["building", "village", "compound"])(
    "is refused to `%s`, which is not above",
    (level) => {
      const refused = handUp(level);
      expect(Result.isFailure(refused) && refused.failure.code).toBe("NothingAbove");
    },
  );
});
