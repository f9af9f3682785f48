/**
 * Reporting: place and words are enough, and danger is answered before anything is
 * saved. What somebody wrote is kept in the form until it is saved.
 */
import type { InputError, LocalText } from "@linli/core/data";
import { postsOf } from "@linli/core/directory";
import { REFUSAL_TEXTS } from "@linli/core/issue";
import type { Refusal } from "@linli/core/issue";
import type { Acted } from "@linli/core/services";
import { randomUUID } from "node:crypto";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { emergencyIn } from "../api/preview.ts";
import { type Emergency, orProblem, problemOf } from "../api/problems.ts";
import { receiptActor } from "../api/viewer.ts";
import type { PageAnswer, PageContext, PageHandler } from "./context.ts";
import { categoryField } from "./forms.ts";
import { type Html, html } from "./html.ts";
import * as show from "./show.ts";
import { TEXTS } from "./texts.ts";

/** The form. */
export const reportPage: PageHandler = (context) => Effect.succeed(formPage(context, null));

/** The form again with what was written in it, for one more press. */
export const staleReport: PageHandler = (context) =>
  Effect.succeed({ ...formPage(context, TEXTS.stale), status: 403 });

/** What became of a report; the same form sent twice reports once. */
export const sendReport: PageHandler = Effect.fnUntraced(function* (context: PageContext) {
  const { form, town, visitor, world } = context;
  const command = commandOf(context);
  const emergency = emergencyIn(world.charter, command);
  const sent = yield* Effect.result(
    town.linli.begin(command, {
      actor: { person: visitor.person },
      commandId: `page.${form.get("command") ?? randomUUID()}`,
    }),
  );
  if (Result.isFailure(sent)) {
    const { failure } = sent;
    if (failure._tag !== "InputError" && failure._tag !== "Refusal") {
      return yield* problemOf(failure, emergency ?? undefined);
    }
    const status = failure._tag === "Refusal" ? 409 : 400;
    return { ...formPage(context, faultOf(context, failure), emergency), status };
  }
  return yield* sentPage(context, sent.success, emergency);
});

// Private

// What was written is never lost by a fault: the form comes back with it, and says what is wrong.
const faultOf = ({ form }: PageContext, failure: InputError | Refusal): LocalText => {
  if (failure._tag === "Refusal") return REFUSAL_TEXTS[failure.code];
  if (failure.path !== "/words") return TEXTS.failed400;
  return (form.get("words") ?? "").trim() === "" ? TEXTS.wordsMissing : TEXTS.wordsTooLong;
};

const formPage = (
  context: PageContext,
  fault: LocalText | null,
  emergency: Emergency | null = null,
): PageAnswer => ({
  title: context.t(TEXTS.reportTitle),
  section: "report",
  body: reportForm(context, fault),
  here: "/",
  ...(emergency === null ? {} : { banner: emergency }),
});

const sentPage = Effect.fnUntraced(function* (
  context: PageContext,
  begun: Acted,
  emergency: Emergency | null,
) {
  const { t, town } = context;
  const code = begun.receiptCode ?? "";
  const actor = yield* receiptActor(town, code);
  const view = yield* orProblem(town.linli.view(begun.issue, { viewer: actor, purpose: "follow" }));
  const body = html`<h1>${t(TEXTS.sent)}</h1>
    ${emergency === null ? null : callFirst(context, emergency)}
    <section class="card receipt">
      <h2>${t(TEXTS.receipt)}</h2>
      <p class="code" data-testid="receipt">${code}</p>
      <p>${t(TEXTS.receiptHint)}</p>
      <form method="post" action="/follow">
        ${context.token}
        <input type="hidden" name="code" value="${code}" />
        <button>${t(TEXTS.followNow)}</button>
      </form>
    </section>
    <section class="card">
      <h2>${t(TEXTS.understood)}</h2>
      <dl class="facts-line big">
        ${show.term(context, TEXTS.kind, t(view.categoryName))}
        ${show.term(context, TEXTS.where, show.place(context, view))}
        ${show.term(context, TEXTS.nowWith, show.stand(context, begun.handler))}
        ${show.term(context, TEXTS.due, show.due(context, begun.dueAt))}
      </dl>
      ${view.unit === null ? html`<p>${t(TEXTS.placeUnknown)}</p>` : null}
    </section>`;
  return {
    title: t(TEXTS.sent),
    section: "report",
    body,
    here: "/",
    status: 201,
  } satisfies PageAnswer;
});

const callFirst = ({ t }: PageContext, { numbers, text }: Emergency): Html =>
  html`<p class="notice danger" role="alert">
    <strong
      >${t(TEXTS.emergencyAgain)}
      ${numbers.map((number) => html`<a href="tel:${number}">${number}</a> `)}</strong
    ><br />${t(text)}
  </p>`;

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

const reportForm = (context: PageContext, fault: LocalText | null): Html => {
  const { form, t, visitor } = context;
  const wrote = (name: string) => form.get(name) ?? "";
  return html`<h1>${t(TEXTS.reportTitle)}</h1>
    <p class="lead">${t(TEXTS.reportLead)}</p>
    ${
      fault === null
        ? null
        : html`<p class="notice danger" role="alert" id="fault">
            ${t(fault)} ${fault === TEXTS.stale ? null : t(TEXTS.notSent)}
          </p>`
    }
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
          ${fault === TEXTS.wordsMissing || fault === TEXTS.wordsTooLong ? html` aria-invalid="true" aria-errormessage="fault"` : null}
        >
${wrote("words")}</textarea>
        <span class="hint" id="words-hint">${t(TEXTS.wordsHint)}</span>
      </p>
      <p class="field">
        <label for="place">${t(TEXTS.place)}</label>
        <input
          type="text"
          id="place"
          name="place"
          maxlength="200"
          value="${wrote("place")}"
          aria-describedby="place-hint"
        />
        <span class="hint" id="place-hint">${t(TEXTS.placeHint)}</span>
      </p>
      ${categoryField(context)}
      ${visitor.person === null ? html`<p class="quiet">${t(TEXTS.noAccount)}</p>` : howFields(context)}
      <button class="main">${t(TEXTS.send)}</button>
    </form>
    <section class="card">
      <h2>${t(TEXTS.followTitle)}</h2>
      ${followForm(context)}
    </section>`;
};

// Whoever holds a post also writes down what somebody without a telephone tells them.
const howFields = ({ form, t, town, visitor, world }: PageContext): Html => {
  const held = postsOf(world.directory, visitor.person ?? "", town.now()).length > 0;
  const kinds = [
    "named",
    "confidential",
    "anonymous",
    ...(held ? (["proxy"] as const) : []),
  ] as const;
  const chosen = kinds.find((kind) => kind === form.get("how")) ?? "named";
  return html`<fieldset>
    <legend>${t(TEXTS.how)}</legend>
    ${kinds.map(
      (kind) =>
        html`<label class="choice"
          ><input
            type="radio"
            name="how"
            value="${kind}"
            ${kind === chosen ? html` checked` : null}
          />
          ${t(TEXTS[kind])}</label
        >`,
    )}
  </fieldset>`;
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
