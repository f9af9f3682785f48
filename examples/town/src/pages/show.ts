/** Small pieces that several pages show: instants, due times, names. */
import type { LocalText } from "@linli/core/data";
import { unitAt } from "@linli/core/hierarchy";
import { STATUS_TEXTS } from "@linli/core/issue";
import { standName } from "@linli/core/sight";
import type { IssueView } from "@linli/core/sight";
import { formatInstant } from "@linli/core/time";
import { type Html, html } from "./html.ts";
import type { PageContext } from "./context.ts";
import { TEXTS } from "./texts.ts";

type ShowContext = Pick<PageContext, "world" | "t" | "town">;

const DAY = 86_400_000;

/** `2026-11-22 21:00` in the charter's time zone, machine-readable too. */
export const instant = ({ world }: ShowContext, at: number): Html =>
  html`<time datetime="${new Date(at).toISOString()}"
    >${formatInstant(world.charter.calendar, at)}</time
  >`;

/** How a due instant stands to now. */
export const dueState = (dueAt: number, now: number): "overdue" | "soon" | "later" =>
  dueAt <= now ? "overdue" : dueAt - now < DAY ? "soon" : "later";

/** A due instant with a mark in words when it is past or near. */
export const due = (context: ShowContext, dueAt: number | null): Html => {
  if (dueAt === null) return html`<span class="quiet">${context.t(TEXTS.paused)}</span>`;
  const state = dueState(dueAt, context.town.now());
  const mark =
    state === "later" ? null : html` <span class="mark ${state}">${context.t(TEXTS[state])}</span>`;
  return html`${instant(context, dueAt)}${mark}`;
};

/** The name of a unit; its id when it is not known. */
export const unitName = ({ t, world }: ShowContext, id: string): string => {
  const unit = unitAt(world.hierarchy, id);
  return unit === undefined ? id : t(unit.name);
};

/** A post at a unit. */
export const stand = (
  { t, town, world }: ShowContext,
  one: { readonly post: string; readonly unit: string },
): string => t(standName(world, one, town.now()));

/** A status in words. */
export const status = ({ t }: ShowContext, view: Pick<IssueView, "status">): Html =>
  html`<span class="status s-${view.status}">${t(STATUS_TEXTS[view.status])}</span>`;

/** Several lines of text. */
export const lines = ({ t }: ShowContext, texts: ReadonlyArray<LocalText>): ReadonlyArray<Html> =>
  texts.map((text) => html`<li>${t(text)}</li>`);

/** A list of issues with what to do first. */
export const issueList = (context: ShowContext, issues: ReadonlyArray<IssueView>): Html => {
  const { t } = context;
  if (issues.length === 0) return html`<p class="quiet">${t(TEXTS.nothing)}</p>`;
  return html`<ul class="issues">
    ${issues.map(
      (view) =>
        html`<li
          class="card${view.dueAt !== null && dueState(view.dueAt, context.town.now()) === "overdue" ? " is-overdue" : ""}"
        >
          <a class="title" href="/issues/${view.id}">${t(view.categoryName)}</a>
          ${status(context, view)}
          <dl class="facts-line">
            <div>
              <dt>${t(TEXTS.where)}</dt>
              <dd>${view.unit === null ? t(TEXTS.unknownPlace) : unitName(context, view.unit)}</dd>
            </div>
            <div>
              <dt>${t(TEXTS.handler)}</dt>
              <dd>${stand(context, view.handler)}</dd>
            </div>
            <div>
              <dt>${t(TEXTS.due)}</dt>
              <dd>${due(context, view.dueAt)}</dd>
            </div>
            ${
              view.escalations === 0
                ? null
                : html`<div>
                    <dt>${t(TEXTS.climbed)}</dt>
                    <dd><span class="mark soon">${view.escalations} ${t(TEXTS.times)}</span></dd>
                  </div>`
            }
          </dl>
        </li>`,
    )}
  </ul>`;
};
