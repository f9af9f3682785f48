/** Reporting: place and words are enough, and danger is answered before anything is saved. */
import { randomUUID } from "node:crypto";
import * as Effect from "effect/Effect";
import { orProblem } from "../api/problems.ts";
import { emergencyIn } from "../api/preview.ts";
import type { PageAnswer, PageContext, PageHandler } from "./context.ts";
import { type Html, html } from "./html.ts";
import * as show from "./show.ts";
import { TEXTS } from "./texts.ts";

/** The form. */
export const reportPage: PageHandler = (context) =>
  Effect.succeed({
    title: context.t(TEXTS.reportTitle),
    section: "report",
    body: reportForm(context),
  });

/** What became of a report; the same form sent twice reports once. */
export const sendReport: PageHandler = Effect.fnUntraced(function* (context: PageContext) {
  const { form, t, town, visitor, world } = context;
  const command = commandOf(context);
  const emergency = emergencyIn(world.charter, command);
  const begun = yield* orProblem(
    town.linli.begin(command, {
      actor: { person: visitor.person },
      commandId: `page.${form.get("command") ?? randomUUID()}`,
    }),
    emergency ?? undefined,
  );
  const body = html`<h1>${t(TEXTS.sent)}</h1>
    ${
      emergency === null
        ? null
        : html`<p class="notice danger" role="alert">
            <strong
              >${t(TEXTS.emergencyAgain)}
              ${emergency.numbers.map((number) => html`<a href="tel:${number}">${number}</a> `)}</strong
            ><br />${t(emergency.text)}
          </p>`
    }
    <section class="card receipt">
      <h2>${t(TEXTS.receipt)}</h2>
      <p class="code" data-testid="receipt">${begun.receiptCode}</p>
      <p>${t(TEXTS.receiptHint)}</p>
      <form method="post" action="/follow">
        ${context.token}
        <input type="hidden" name="code" value="${begun.receiptCode}" />
        <button>${t(TEXTS.followNow)}</button>
      </form>
    </section>
    <dl class="facts-line big">
      <div>
        <dt>${t(TEXTS.nowWith)}</dt>
        <dd>${show.stand(context, begun.handler)}</dd>
      </div>
      <div>
        <dt>${t(TEXTS.due)}</dt>
        <dd>${show.due(context, begun.dueAt)}</dd>
      </div>
    </dl>`;
  return {
    title: t(TEXTS.sent),
    section: "report",
    body,
    here: "/",
    banner: emergency,
    status: 201,
  } satisfies PageAnswer;
});

const commandOf = ({ form, visitor }: PageContext): Readonly<Record<string, unknown>> => {
  const filled = (name: string) => {
    const value = (form.get(name) ?? "").trim();
    return value === "" ? undefined : value;
  };
  const [words, place, category, how] = ["words", "place", "category", "how"].map(filled);
  return {
    type: "report",
    // Blank words are the library's to refuse, with the place.
    words: words ?? "",
    ...(place === undefined ? {} : { place: { words: place } }),
    ...(category === undefined ? {} : { category }),
    ...(how === undefined || visitor.person === null ? {} : { reporter: { kind: how } }),
  };
};

const reportForm = (context: PageContext): Html => {
  const { t, visitor, world } = context;
  return html`<h1>${t(TEXTS.reportTitle)}</h1>
    <p class="lead">${t(TEXTS.reportLead)}</p>
    <form method="post" action="/report" class="card">
      ${context.token}
      <input type="hidden" name="command" value="${randomUUID()}" />
      <p class="field">
        <label for="words">${t(TEXTS.words)} <span class="must" aria-hidden="true">*</span></label>
        <textarea
          id="words"
          name="words"
          rows="4"
          maxlength="4000"
          required
          aria-describedby="words-hint"
        ></textarea>
        <span class="hint" id="words-hint">${t(TEXTS.wordsHint)}</span>
      </p>
      <p class="field">
        <label for="place">${t(TEXTS.place)}</label>
        <input type="text" id="place" name="place" maxlength="200" aria-describedby="place-hint" />
        <span class="hint" id="place-hint">${t(TEXTS.placeHint)}</span>
      </p>
      <p class="field">
        <label for="category">${t(TEXTS.category)}</label>
        <select id="category" name="category">
          <option value="">${t(TEXTS.byWords)}</option>
          ${world.charter.document.categories.map((one) => html`<option value="${one.id}">${t(one.name)}</option>`)}
        </select>
      </p>
      ${
        visitor.person === null
          ? null
          : html`<fieldset>
              <legend>${t(TEXTS.how)}</legend>
              ${(["named", "confidential", "anonymous"] as const).map(
                (kind, i) =>
                  html`<label class="choice"
                    ><input
                      type="radio"
                      name="how"
                      value="${kind}"
                      ${i === 0 ? html` checked` : null}
                    />
                    ${t(TEXTS[kind])}</label
                  >`,
              )}
            </fieldset>`
      }
      <button class="main">${t(TEXTS.send)}</button>
    </form>
    <section class="card">
      <h2>${t(TEXTS.followTitle)}</h2>
      ${followForm(context)}
    </section>`;
};

/** The small form that asks for a receipt code. */
export const followForm = (context: PageContext): Html =>
  html`<form method="post" action="/follow" class="inline">
    ${context.token}
    <p class="field">
      <label for="code">${context.t(TEXTS.receipt)}</label>
      <input
        type="text"
        id="code"
        name="code"
        maxlength="40"
        required
        autocomplete="off"
        spellcheck="false"
        placeholder="XXXX-XXXX-XXXX"
      />
    </p>
    <button>${context.t(TEXTS.navFollow)}</button>
  </form>`;
