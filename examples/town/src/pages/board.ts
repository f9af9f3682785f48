/** The public board of a unit: figures, and matters that everybody may know. */
import { ancestorsOf, childrenOf, isWithin, unitAt } from "@linli/core/hierarchy";
import { localDate, monthOf } from "@linli/core/time";
import { NotFound } from "@linli/core/services";
import type { BoardDay } from "@linli/core/services";
import * as Effect from "effect/Effect";
import { orProblem } from "../api/problems.ts";
import { type ScoreFigures, scoresFor } from "../api/scores.ts";
import type { PageAnswer, PageContext, PageHandler } from "./context.ts";
import { type Html, html } from "./html.ts";
import * as show from "./show.ts";
import { TEXTS } from "./texts.ts";

const ROOT = "xinan";
const CHAIN = "residential";
const DAYS = 14;
const DAY = 86_400_000;
const COUNT_MAX = 1000;
const PUBLIC = { viewer: { person: null }, purpose: "board" } as const;
const CHILDREN_SHOWN = 60;

/** `/board?unit=`. */
export const boardPage: PageHandler = Effect.fnUntraced(function* (context: PageContext) {
  const { query, t, town, world } = context;
  const unit = query.get("unit") ?? ROOT;
  const now = town.now();
  const found = unitAt(world.hierarchy, unit, now);
  if (found === undefined)
    return yield* orProblem(Effect.fail(new NotFound({ what: "unit", id: unit })));
  const { calendar } = world.charter;
  const days = yield* orProblem(
    town.linli.board(unit, {
      from: localDate(calendar, now - (DAYS - 1) * DAY),
      until: localDate(calendar, now),
    }),
  );
  const counts = yield* Effect.all(
    (["open", "settled", "final"] as const).map((state) =>
      Effect.map(
        orProblem(town.linli.count(unit, state, { ...PUBLIC, max: COUNT_MAX })),
        (count) => ({
          state,
          count,
        }),
      ),
    ),
  );
  const cards = (yield* orProblem(scoresFor(town, monthOf(calendar, now), undefined))).filter(
    (card) => card.post === null && isWithin(world.hierarchy, CHAIN, card.unit, unit, now),
  );
  const open = yield* orProblem(
    town.linli.issuesOf(unit, {
      ...PUBLIC,
      state: "open",
      limit: 20,
    }),
  );
  const title = t(found.name);
  const body = html`<h1>${t(TEXTS.boardTitle)}: ${title}</h1>
    <p class="lead">${t(TEXTS.boardLead)}</p>
    ${above(context, unit)}
    <dl class="figures">
      ${counts.map(
        ({ state, count }) =>
          html`<div>
            <dt>${t(TEXTS[state])}</dt>
            <dd>${count < COUNT_MAX ? count : `${COUNT_MAX}+`}</dd>
          </div>`,
      )}
    </dl>
    ${monthTable(context, cards)} ${dayTable(context, days)}
    <section>
      <h2>${t(TEXTS.publicIssues)}</h2>
      ${show.issueList(context, open.issues)}
    </section>
    ${below(context, unit)}`;
  return { title: `${t(TEXTS.boardTitle)} ${title}`, section: "board", body } satisfies PageAnswer;
});

const link = (context: PageContext, unit: string): Html =>
  html`<a href="/board?unit=${encodeURIComponent(unit)}">${show.unitName(context, unit)}</a>`;

const above = (context: PageContext, unit: string): Html | null => {
  const units = ancestorsOf(context.world.hierarchy, CHAIN, unit, context.town.now()).slice(1);
  if (units.length === 0) return null;
  return html`<p class="crumb">
    ${context.t(TEXTS.above)}:
    ${units.toReversed().map((one, i) => html`${i === 0 ? "" : " / "}${link(context, one)}`)}
  </p>`;
};

const below = (context: PageContext, unit: string): Html | null => {
  const units = childrenOf(context.world.hierarchy, CHAIN, unit, context.town.now());
  if (units.length === 0) return null;
  return html`<section>
    <h2>${context.t(TEXTS.below)} (${units.length})</h2>
    <ul class="units">
      ${units.slice(0, CHILDREN_SHOWN).map((one) => html`<li>${link(context, one)}</li>`)}
    </ul>
  </section>`;
};

const COLUMNS = [
  ["reported", TEXTS.cReported],
  ["settled", TEXTS.cSettled],
  ["closed", TEXTS.cClosed],
  ["handedUp", TEXTS.cHandedUp],
  ["escalated", TEXTS.cEscalated],
  ["reopened", TEXTS.cReopened],
] as const;

const dayTable = ({ t }: PageContext, days: ReadonlyArray<BoardDay>): Html =>
  html`<section>
    <h2>${t(TEXTS.days)}</h2>
    ${
      days.length === 0
        ? html`<p class="quiet">${t(TEXTS.nothing)}</p>`
        : html`<div class="scroll" tabindex="0" role="region" aria-label="${t(TEXTS.days)}">
            <table>
              <thead>
                <tr>
                  <th scope="col">${t(TEXTS.day)}</th>
                  ${COLUMNS.map(([, name]) => html`<th scope="col">${t(name)}</th>`)}
                </tr>
              </thead>
              <tbody>
                ${days.toReversed().map(
                  (day) =>
                    html`<tr>
                      <th scope="row"><time datetime="${day.day}">${day.day.slice(5)}</time></th>
                      ${COLUMNS.map(([key]) => html`<td>${day[key]}</td>`)}
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>`
    }
  </section>`;

// A rate never stands alone: what was handed up and reopened is beside it.
const monthTable = ({ t }: PageContext, cards: ReadonlyArray<ScoreFigures>): Html | null => {
  if (cards.length === 0) return null;
  const sum = (figure: (card: ScoreFigures) => number) =>
    cards.reduce((total, card) => total + figure(card), 0);
  const numerator = sum((card) => card.localResolutionRate.numerator);
  const denominator = sum((card) => card.localResolutionRate.denominator);
  return html`<section>
    <h2>${t(TEXTS.month)}</h2>
    <dl class="figures small">
      <div>
        <dt>${t(TEXTS.rate)}</dt>
        <dd>${numerator} / ${denominator}</dd>
      </div>
      <div>
        <dt>${t(TEXTS.cHandedUp)}</dt>
        <dd>${sum((card) => card.handedUp)}</dd>
      </div>
      <div>
        <dt>${t(TEXTS.again)}</dt>
        <dd>${sum((card) => card.reopened)}</dd>
      </div>
    </dl>
    <p class="quiet">${t(TEXTS.rateHint)}</p>
  </section>`;
};
