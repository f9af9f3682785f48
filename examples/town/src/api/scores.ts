/** Scores as the public may see them: figures only, no person and no issue behind them. */
import type { Scorecard } from "@linli/core/score";
import { NotFound } from "@linli/core/services";
import { unitAt } from "@linli/core/hierarchy";
import * as Effect from "effect/Effect";
import type { Town } from "../server/town.ts";

/** The cards of a month, of one unit when it is given; a post's holders are added up. */
export const scoresFor = Effect.fnUntraced(function* (
  town: Town,
  month: string,
  unit: string | undefined,
) {
  if (unit !== undefined) {
    const { hierarchy } = yield* town.linli.published;
    if (unitAt(hierarchy, unit) === undefined)
      return yield* new NotFound({ what: "unit", id: unit });
  }
  const cards = yield* town.linli.score(month);
  const sums = new Map<string, ScoreFigures>();
  for (const card of cards) {
    if (unit !== undefined && card.unit !== unit) continue;
    const key = `${card.unit}/${card.post ?? ""}`;
    const sum = sums.get(key);
    sums.set(key, sum === undefined ? figures(card) : added(sum, figures(card)));
  }
  return [...sums.values()];
});

/** A card without persons and references. */
export type ScoreFigures = ReturnType<typeof figures>;

const figures = ({ unit, post, points, excluded, localResolutionRate }: Scorecard) => ({
  unit,
  post,
  reported: points.reported.length,
  settledHere: points.settledHere.length,
  onTime: points.onTime.length,
  late: points.late.length,
  handedUp: points.handedUp.length,
  escalatedFrom: points.escalatedFrom.length,
  reopened: points.reopened.length,
  excluded: excluded.length,
  localResolutionRate,
});

const added = (a: ScoreFigures, b: ScoreFigures): ScoreFigures => ({
  unit: a.unit,
  post: a.post,
  reported: a.reported + b.reported,
  settledHere: a.settledHere + b.settledHere,
  onTime: a.onTime + b.onTime,
  late: a.late + b.late,
  handedUp: a.handedUp + b.handedUp,
  escalatedFrom: a.escalatedFrom + b.escalatedFrom,
  reopened: a.reopened + b.reopened,
  excluded: a.excluded + b.excluded,
  localResolutionRate: {
    numerator: a.localResolutionRate.numerator + b.localResolutionRate.numerator,
    denominator: a.localResolutionRate.denominator + b.localResolutionRate.denominator,
  },
});
