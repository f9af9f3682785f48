/** Small pieces that several pages show: instants, due times, names. */
import { fillText, type LocalText } from "@linli/core/data";
import { unitAt } from "@linli/core/hierarchy";
import { STATUS_TEXTS } from "@linli/core/issue";
import { standName } from "@linli/core/sight";
import type { IssueView } from "@linli/core/sight";
import { formatInstant } from "@linli/core/time";
import { type Html, html } from "./html.ts";
import type { PageContext } from "./context.ts";
import { TEXTS } from "./texts.ts";

type ShowContext = Pick<PageContext, "world" | "t" | "town">;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const EXCERPT = 60;

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
  const { t } = context;
  if (dueAt === null) return html`<span class="quiet">${t(TEXTS.paused)}</span>`;
  const now = context.town.now();
  const state = dueState(dueAt, now);
  const span = left(context, dueAt - now);
  if (state === "later") return html`${instant(context, dueAt)} <span class="quiet">${span}</span>`;
  const mark = state === "soon" ? `${t(TEXTS.soon)} · ${span}` : t(TEXTS.overdue);
  return html`${instant(context, dueAt)} <span class="mark ${state}">${mark}</span>`;
};

// Rounded down: nobody is told they have longer than they do.
const left = ({ t }: ShowContext, millis: number): string => {
  const [pattern, unit] =
    millis >= 2 * DAY
      ? [TEXTS.daysLeft, DAY]
      : millis >= HOUR
        ? [TEXTS.hoursLeft, HOUR]
        : [TEXTS.minutesLeft, MINUTE];
  return t(fillText(pattern, { n: String(Math.floor(millis / unit)) }));
};

/** A name with its value, in a list of them. */
export const term = (
  { t }: Pick<PageContext, "t">,
  name: LocalText,
  value: Html | string | number,
) =>
  html`<div>
    <dt>${t(name)}</dt>
    <dd>${value}</dd>
  </div>`;

/** Where an issue is. */
export const place = (context: ShowContext, { unit }: Pick<IssueView, "unit">): string =>
  unit === null ? context.t(TEXTS.unknownPlace) : unitName(context, unit);

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

/** A list of issues with what to do first; what was reported stands in it for those who may read it. */
export const issueList = (context: ShowContext, issues: ReadonlyArray<IssueView>): Html => {
  const { t, town } = context;
  if (issues.length === 0) return html`<p class="quiet">${t(TEXTS.nothing)}</p>`;
  return html`<ul class="issues">
    ${issues.map((view) => {
      const words = view.contents?.[0]?.words ?? null;
      const isOver = view.dueAt !== null && dueState(view.dueAt, town.now()) === "overdue";
      return html`<li class="card${isOver ? " is-overdue" : ""}">
        <a class="title" href="/issues/${view.id}">${t(view.categoryName)}</a>
        ${status(context, view)}
        ${words === null ? null : html`<p class="excerpt">${excerpt(words)}</p>`}
        <dl class="facts-line">
          ${term(context, TEXTS.where, place(context, view))}
          ${term(context, TEXTS.handler, stand(context, view.handler))}
          ${view.closedAt === null ? term(context, TEXTS.due, due(context, view.dueAt)) : term(context, TEXTS.closedAt, instant(context, view.closedAt))}
          ${
            view.escalations === 0
              ? null
              : term(
                  context,
                  TEXTS.climbed,
                  html`<span class="mark soon">${view.escalations} ${t(TEXTS.times)}</span>`,
                )
          }
        </dl>
      </li>`;
    })}
  </ul>`;
};

// Whole letters, so that nothing is cut in the middle of one.
const excerpt = (words: string): string => {
  const letters = [...words.replaceAll(/\s+/g, " ")];
  return letters.length <= EXCERPT ? letters.join("") : `${letters.slice(0, EXCERPT).join("")}…`;
};
