/** One issue: what it is, why it is here, what has happened, and what the reader may do now. */
import type { LocalText } from "@linli/core/data";
import { COMMAND_TEXTS, REFUSAL_TEXTS } from "@linli/core/issue";
import type { Action, Actor, Refusal } from "@linli/core/issue";
import type { Explanation } from "@linli/core/routing";
import type { Content, IssueView, TimelineLine } from "@linli/core/sight";
import { randomUUID } from "node:crypto";
import * as Effect from "effect/Effect";
import { inputSchema } from "../api/actionInput.ts";
import { orProblem, problemOf } from "../api/problems.ts";
import { receiptActor } from "../api/viewer.ts";
import type { PageAnswer, PageContext, PageHandler } from "./context.ts";
import { commandFrom, fieldsOf, labelOf, type InputSchema } from "./forms.ts";
import { type Html, html } from "./html.ts";
import { followForm } from "./report.ts";
import * as show from "./show.ts";
import { TEXTS } from "./texts.ts";

/** `/issues/:issue`, as the visitor's person. */
export const issuePage: PageHandler = (context) =>
  shownIssue(context, {
    issue: context.params["issue"] ?? "",
    actor: { person: context.visitor.person },
    receipt: null,
    notice: doneNotice(context, context.query.get("done")),
  });

/** `/follow`: asks for the code; by POST, so that no address holds it. */
export const followPage: PageHandler = (context) => Effect.succeed(askForCode(context, null));

/** `/follow` with a code. */
export const followed: PageHandler = Effect.fnUntraced(function* (context: PageContext) {
  const code = (context.form.get("code") ?? "").trim();
  const found = yield* Effect.option(orProblem(context.town.linli.byReceipt(code)));
  if (found._tag === "None") return askForCode(context, context.t(TEXTS.noSuchCode));
  const { actor, issue } = found.value;
  return yield* shownIssue(context, { issue, actor, receipt: code, notice: null });
});

/** A step, as the visitor's person or by receipt code. */
export const actOnIssue: PageHandler = Effect.fnUntraced(function* (context: PageContext) {
  const { form, town } = context;
  const issue = context.params["issue"] ?? "";
  const receipt = form.get("receipt");
  const actor: Actor =
    receipt === null ? { person: context.visitor.person } : yield* receiptActor(town, receipt);
  const type = form.get("type") ?? "";
  const action = (yield* orProblem(town.linli.actions(issue, actor))).find(
    (one) => one.command === type,
  );
  const command =
    action === undefined
      ? { type }
      : commandFrom(context, type, inputSchema(action) as InputSchema);
  const outcome = yield* Effect.result(
    town.linli.act(issue, command, {
      actor,
      commandId: `page.${form.get("command") ?? randomUUID()}`,
    }),
  );
  if (outcome._tag === "Success") {
    if (receipt === null) return { goTo: `/issues/${issue}?done=${type}` };
    return yield* shownIssue(context, { issue, actor, receipt, notice: doneNotice(context, type) });
  }
  const failure = outcome.failure;
  if (failure._tag !== "Refusal" && failure._tag !== "InputError") {
    return yield* problemOf(failure);
  }
  const notice =
    failure._tag === "Refusal"
      ? refusedNotice(context, failure)
      : html`<p class="notice danger" role="alert">
          ${context.t(TEXTS.refused)}${context.t(TEXTS.badField)}${labelOf(context, failure.path)}
        </p>`;
  const status = failure._tag === "Refusal" ? 409 : 400;
  const shown = yield* shownIssue(context, { issue, actor, receipt, notice });
  return { ...shown, status };
});

// Private

interface Showing {
  readonly issue: string;
  readonly actor: Actor;
  /** The code, when it is followed by one. */
  readonly receipt: string | null;
  readonly notice: Html | null;
}

const shownIssue = Effect.fnUntraced(function* (context: PageContext, showing: Showing) {
  const { actor, issue, receipt } = showing;
  const { linli } = context.town;
  const view = yield* orProblem(
    linli.view(issue, { viewer: actor, purpose: receipt === null ? "handle" : "follow" }),
  );
  const reader = readerOf(context);
  const timeline = yield* orProblem(linli.timeline(issue, actor));
  const why = yield* orProblem(linli.explain(issue, { viewer: actor, reader }));
  const actions = yield* orProblem(linli.actions(issue, actor));
  const title = context.t(view.categoryName);
  const body = html`<p class="crumb">${context.t(TEXTS.issue)} <code>${view.id}</code></p>
    <h1>${title} ${show.status(context, view)}</h1>
    ${showing.notice} ${summary(context, view)}
    ${columns(actions, {
      said: contents(context, view),
      steps: actionForms(context, actions, showing),
      line: timelineOf(context, timeline),
      why: whyHere(context, why, showing),
    })}`;
  return {
    title,
    section: receipt === null ? "desk" : "follow",
    body,
    here: receipt === null ? `/issues/${issue}?reader=${reader}` : "/follow",
  } satisfies PageAnswer;
});

/** Steps of those who work on it: for them what to do comes first, for others what has happened. */
const WORK: ReadonlySet<string> = new Set([
  "accept",
  "contact",
  "settle",
  "resolve",
  "verify",
  "answer",
  "handUp",
  "checkIn",
  "respond",
  "grantExtension",
  "resume",
  "close",
]);
/** Steps shown at once; the rest are behind one more press. */
const FIRST: ReadonlySet<string> = new Set([
  ...WORK,
  "comment",
  "urge",
  "followUp",
  "reopen",
  "withdraw",
]);

const columns = (
  actions: ReadonlyArray<Action>,
  parts: { readonly said: Html; readonly steps: Html; readonly line: Html; readonly why: Html },
): Html => {
  const works = actions.some(({ allowed, command }) => allowed && WORK.has(command));
  const { line, said, steps, why } = parts;
  return works
    ? html`<div class="columns">
        <div>${said}${steps}</div>
        <div>${line}${why}</div>
      </div>`
    : html`<div class="columns">
        <div>${line}${said}</div>
        <div>${why}${steps}</div>
      </div>`;
};

const askForCode = (context: PageContext, problem: string | null): PageAnswer => ({
  title: context.t(TEXTS.followTitle),
  section: "follow",
  status: problem === null ? 200 : 404,
  body: html`<h1>${context.t(TEXTS.followTitle)}</h1>
    ${problem === null ? null : html`<p class="notice danger" role="alert">${problem}</p>`}
    <section class="card">${followForm(context)}</section>`,
});

const READERS = ["resident", "clerk", "developer"] as const;

const readerOf = ({ form, query }: PageContext): Explanation["reader"] =>
  READERS.find((reader) => reader === (form.get("reader") ?? query.get("reader"))) ?? "resident";

const doneNotice = ({ t }: PageContext, type: string | null): Html | null => {
  const label = stepName(type);
  return label === undefined
    ? null
    : html`<p class="notice good" role="status">${t(TEXTS.done)}${t(label)}</p>`;
};

const stepName = (type: string | null): LocalText | undefined =>
  type !== null && Object.hasOwn(COMMAND_TEXTS, type)
    ? COMMAND_TEXTS[type as keyof typeof COMMAND_TEXTS]
    : undefined;

const refusedNotice = ({ t }: PageContext, refusal: Refusal): Html => {
  const allowed = refusal.allowed.flatMap((name) => stepName(name) ?? []).map(t);
  return html`<p class="notice danger" role="alert">
    ${t(TEXTS.refused)}${t(REFUSAL_TEXTS[refusal.code])}
    ${allowed.length === 0 ? null : html`<br />${t(TEXTS.allowedNow)}${allowed.join(" · ")}`}
  </p>`;
};

const summary = (context: PageContext, view: IssueView): Html => {
  const { t } = context;
  const row = (name: LocalText, value: Html | string | number) => show.term(context, name, value);
  return html`<dl class="facts-line big">
    ${row(TEXTS.where, show.place(context, view))}
    ${row(TEXTS.handler, show.stand(context, view.handler))}
    ${view.sponsor === null ? null : row(TEXTS.sponsor, show.stand(context, view.sponsor))}
    ${view.closedAt === null ? row(TEXTS.due, show.due(context, view.dueAt)) : null}
    ${row(TEXTS.when, show.instant(context, view.reportedAt))}
    ${view.escalations === 0 ? null : row(TEXTS.climbed, html`<span class="mark soon">${view.escalations} ${t(TEXTS.times)}</span>`)}
    ${view.supporters === 0 ? null : row(TEXTS.supporters, view.supporters)}
    ${view.rating === null ? null : row(TEXTS.rating, `${view.rating} / 5`)}
  </dl>`;
};

const whyHere = (context: PageContext, why: Explanation, showing: Showing): Html => {
  const { t } = context;
  const choices = READERS.map((reader) => {
    const current = reader === why.reader ? html` aria-current="true"` : null;
    return showing.receipt === null
      ? html`<a href="/issues/${showing.issue}?reader=${reader}" ${current}>${t(TEXTS[reader])}</a>`
      : html`<button name="reader" value="${reader}" class="link" ${current}>
          ${t(TEXTS[reader])}
        </button>`;
  });
  const tabs =
    showing.receipt === null
      ? html`<p class="tabs">${choices}</p>`
      : html`<form method="post" action="/follow" class="tabs">
          ${context.token}<input type="hidden" name="code" value="${showing.receipt}" />${choices}
        </form>`;
  return html`<section class="card">
    <h2>${t(TEXTS.why)}</h2>
    ${tabs}
    <ul class="why" data-testid="why">
      ${show.lines(context, why.lines)}
    </ul>
  </section>`;
};

const contents = (context: PageContext, view: IssueView): Html => {
  const { t } = context;
  const texts = (view.contents ?? []).filter(
    ({ words, place }) => words !== null || place !== undefined,
  );
  return html`<section class="card">
    <h2>${t(TEXTS.said)}</h2>
    ${view.withheld.length === 0 ? null : html`<p class="quiet">${t(TEXTS.withheld)}</p>`}
    <ul class="said">
      ${texts.map((one) => contentLine(context, one))}
    </ul>
  </section>`;
};

const contentLine = (context: PageContext, one: Content): Html => {
  const label = stepName(one.command);
  return html`<li>
    ${one.words === null ? null : html`<p class="words">${one.words}</p>`}
    ${one.place === undefined ? null : html`<p class="words">${context.t(TEXTS.saidPlace)}${one.place}</p>`}
    <p class="quiet">
      ${label === undefined ? one.command : context.t(label)} · ${show.instant(context, one.at)}
    </p>
  </li>`;
};

const timelineOf = (context: PageContext, timeline: ReadonlyArray<TimelineLine>): Html => {
  const { t } = context;
  return html`<section class="card">
    <h2>${t(TEXTS.timeline)}</h2>
    <ol class="timeline" data-testid="timeline">
      ${timeline.map(
        (line) =>
          html`<li class="e-${line.type}">
            <p>${t(line.text)}</p>
            <p class="quiet">
              ${show.instant(context, line.at)}${
                line.recordedAt === null || line.recordedAt - line.at < 60_000
                  ? null
                  : html` (${t(TEXTS.recordedAt)} ${show.instant(context, line.recordedAt)})`
              }
            </p>
          </li>`,
      )}
    </ol>
  </section>`;
};

const actionForms = (
  context: PageContext,
  actions: ReadonlyArray<Action>,
  showing: Showing,
): Html => {
  const { t } = context;
  const open = actions.filter((action) => action.allowed);
  const usual = open.filter(({ command }) => FIRST.has(command));
  const first = usual.length === 0 ? open : usual;
  const rest = open.filter((action) => !first.includes(action));
  const forms = (some: ReadonlyArray<Action>) =>
    html`<div class="grid">${some.map((action) => actionForm(context, action, showing))}</div>`;
  const closed = actions.filter((action) => !action.allowed);
  return html`<section class="card actions" id="actions">
    <h2>${t(TEXTS.actions)}</h2>
    ${open.length === 0 ? html`<p class="quiet">${t(TEXTS.noActions)}</p>` : null} ${forms(first)}
    ${
      rest.length === 0
        ? null
        : html`<details class="more">
            <summary>${t(TEXTS.otherActions)} (${rest.length})</summary>
            ${forms(rest)}
          </details>`
    }
    <details class="more">
      <summary>${t(TEXTS.notAllowed)} (${closed.length})</summary>
      <ul class="reasons">
        ${closed.map(
          (action) =>
            html`<li>
              <b>${t(action.label)}</b>: ${action.refused === null ? "" : t(action.refused.because)}
            </li>`,
        )}
      </ul>
    </details>
  </section>`;
};

const actionForm = (context: PageContext, action: Action, showing: Showing): Html => {
  const fields = fieldsOf(context, inputSchema(action) as InputSchema, `a-${action.command}`);
  const inner = html`<form method="post" action="/issues/${showing.issue}/act">
    ${context.token}
    <input type="hidden" name="type" value="${action.command}" />
    <input type="hidden" name="command" value="${randomUUID()}" />
    ${showing.receipt === null ? null : html`<input type="hidden" name="receipt" value="${showing.receipt}" />`}
    ${fields}
    <button data-command="${action.command}">${context.t(action.label)}</button>
  </form>`;
  const name = context.t(action.label);
  return fields.text.trim() === ""
    ? html`<div class="action">${inner}</div>`
    : html`<details class="action">
        <summary>${name}</summary>
        ${inner}
      </details>`;
};
