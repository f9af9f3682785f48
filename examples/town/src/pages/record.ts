/** 补录: what a chief has settled already, in one form; most of what chiefs do. */
import { postsOf } from "@linli/core/directory";
import { REFUSAL_TEXTS } from "@linli/core/issue";
import { formatInstant } from "@linli/core/time";
import { randomUUID } from "node:crypto";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { problemOf } from "../api/problems.ts";
import type { PageAnswer, PageContext, PageHandler } from "./context.ts";
import { categoryField, instantFrom, labelOf, unitFrom } from "./forms.ts";
import { type Html, html } from "./html.ts";
import * as show from "./show.ts";
import { TEXTS } from "./texts.ts";

/** The form, with the place and the time as they mostly are. */
export const recordPage: PageHandler = (context) => Effect.succeed(recordForm(context, null));

/** Records it; the same form sent twice records once. */
export const sendRecord: PageHandler = Effect.fnUntraced(function* (context: PageContext) {
  const { form, t, town, visitor } = context;
  const given = (name: string) => (form.get(name) ?? "").trim();
  const category = given("category");
  const command = {
    type: "recordSettled",
    words: given("words"),
    place: { unit: unitFrom(context, given("unit")) },
    settledAt: instantFrom(context.world, given("settledAt")) ?? given("settledAt"),
    ...(category === "" ? {} : { category }),
  };
  const recorded = yield* Effect.result(
    town.linli.begin(command, {
      actor: { person: visitor.person },
      commandId: `page.${form.get("command") ?? randomUUID()}`,
    }),
  );
  if (Result.isSuccess(recorded)) {
    return { goTo: `/issues/${recorded.success.issue}?done=recordSettled` };
  }
  const { failure } = recorded;
  if (failure._tag !== "InputError" && failure._tag !== "Refusal") return yield* problemOf(failure);
  const fault =
    failure._tag === "Refusal"
      ? t(REFUSAL_TEXTS[failure.code])
      : `${t(TEXTS.badField)}${labelOf(context, failure.path)}`;
  return { ...recordForm(context, fault), status: failure._tag === "Refusal" ? 409 : 400 };
});

// Private

const recordForm = (context: PageContext, fault: string | null): PageAnswer => {
  const { t } = context;
  return {
    title: t(TEXTS.recordTitle),
    section: "desk",
    here: "/record",
    body: html`<h1>${t(TEXTS.recordTitle)}</h1>
      <p class="lead">${t(TEXTS.recordLead)}</p>
      ${fault === null ? null : html`<p class="notice danger" role="alert">${fault}</p>`}
      <form method="post" action="/record" class="card">
        ${context.token}
        <input type="hidden" name="command" value="${randomUUID()}" />
        ${fields(context)}
        <button class="main">${t(TEXTS.send)}</button>
      </form>`,
  };
};

const fields = (context: PageContext): Html => {
  const { form, t, town, visitor, world } = context;
  const [post] = postsOf(world.directory, visitor.person ?? "", town.now());
  const here = post === undefined ? "" : show.unitName(context, post.unit);
  const now = formatInstant(world.charter.calendar, town.now()).replace(" ", "T");
  return html`<p class="field">
      <label for="words">${t(TEXTS.whatWasDone)}</label>
      <textarea id="words" name="words" rows="3" maxlength="4000" required>
${form.get("words") ?? ""}</textarea>
    </p>
    <p class="field">
      <label for="unit">${t(TEXTS.where)}</label>
      <input
        type="text"
        id="unit"
        name="unit"
        maxlength="200"
        required
        value="${form.get("unit") ?? here}"
      />
    </p>
    <p class="field">
      <label for="settledAt">${t(TEXTS.settledAt)}</label>
      <input
        type="datetime-local"
        id="settledAt"
        name="settledAt"
        required
        max="${now}"
        value="${form.get("settledAt") ?? now}"
      />
    </p>
    ${categoryField(context)}`;
};
