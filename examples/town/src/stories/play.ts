/**
 * Playing the stories: real commands on a virtual past, in the order of their
 * instants, with every due clock fired in between, so that the town a newcomer
 * meets has a history that its rules have made.
 */
import { accountable } from "@linli/core/directory";
import type { Actor } from "@linli/core/issue";
import type { LinliService } from "@linli/core/services";
import * as Effect from "effect/Effect";
import type { TownClock } from "../server/clock.ts";
import { settleDue } from "../server/work.ts";
import { stories } from "./stories.ts";
import type { Who } from "./story.ts";

/** The story whose receipt code visitors are given to try. */
export const SHOWN_STORY = "manhole";

const TOWN = "xinan";

/** Plays all stories; answers the receipt code of {@link SHOWN_STORY}. */
export const playStories = Effect.fn("town.playStories")(function* (
  linli: LinliService,
  clock: TownClock,
  startedAt: number,
) {
  const told = stories
    .flatMap((story) => story.steps.map((step, number) => ({ story: story.id, step, number })))
    .sort((a, b) => b.step.before - a.step.before);
  const issues = new Map<string, string>();
  let shown: string | null = null;
  for (const { story, step, number } of told) {
    yield* passTime(linli, clock, startedAt - step.before * MINUTE);
    const commandId = `story.${story}.${number}`;
    const issue = issues.get(story);
    if (issue === undefined) {
      const { settledBefore } = step;
      const settled =
        settledBefore === undefined ? {} : { settledAt: startedAt - settledBefore * MINUTE };
      const begun = yield* linli.begin(
        { ...step.command, ...settled },
        {
          actor: yield* openingActor(step.who),
          commandId,
        },
      );
      issues.set(story, begun.issue);
      if (story === SHOWN_STORY) shown = begun.receiptCode;
    } else {
      const actor = yield* actorOf(linli, issue, step.who, clock.now());
      yield* linli.act(issue, step.command, { actor, commandId });
    }
  }
  yield* passTime(linli, clock, startedAt);
  return shown;
});

const MINUTE = 60_000;

// Each clock is fired at its own instant, as a town that was never asleep would have done it.
const passTime = Effect.fnUntraced(function* (linli: LinliService, clock: TownClock, to: number) {
  for (let due = yield* nextDue(linli); due !== null && due < to; due = yield* nextDue(linli)) {
    clock.hold(due);
    yield* settleDue(linli);
  }
  clock.hold(to);
  yield* settleDue(linli);
});

const nextDue = Effect.fnUntraced(function* (linli: LinliService) {
  const viewer: Actor = { person: null, host: true };
  const dues: Array<number> = [];
  for (const state of ["open", "settled"] as const) {
    const { issues } = yield* linli.issuesOf(TOWN, { viewer, state, limit: 1 });
    dues.push(...issues.flatMap(({ dueAt }) => dueAt ?? []));
  }
  return dues.length === 0 ? null : Math.min(...dues);
});

const openingActor = (who: Who): Effect.Effect<Actor> =>
  typeof who === "object"
    ? Effect.succeed(who)
    : who === "unknown"
      ? Effect.succeed({ person: null })
      : Effect.die(new Error("a story begins with somebody who is named or unknown"));

// The handler is asked of the library, so that a story stays true when the rules or the calendar move its issue.
const actorOf = Effect.fnUntraced(function* (
  linli: LinliService,
  issue: string,
  who: Who,
  at: number,
) {
  if (typeof who === "object" || who === "unknown") return yield* openingActor(who);
  const world = yield* linli.published;
  const { handler } = yield* linli.view(issue, { viewer: { person: null, host: true } });
  const { post, unit } = handler;
  return { person: accountable(world.directory, { post, unit, at }).person };
});
