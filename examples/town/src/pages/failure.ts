/** Pages for what went wrong: they say what to do, and keep the emergency numbers in sight. */
import type { Locale, LocalText } from "@linli/core/data";
import * as Effect from "effect/Effect";
import { type HttpServerRequest, HttpServerResponse } from "effect/http";
import type { FailurePages } from "../server/guard.ts";
import type { Town } from "../server/town.ts";
import { html } from "./html.ts";
import { type EmergencyBanner, type Frame, layout } from "./layout.ts";
import { hereOf, localeOf } from "./locale.ts";
import { TEXTS } from "./texts.ts";

/** Without the charter at hand these are still right anywhere in China. */
const NUMBERS: EmergencyBanner = {
  numbers: ["110", "119", "120", "122"],
  text: {
    zh: "报警110，火警119，急救120，交通事故122。",
    en: "Police 110, fire 119, ambulance 120, traffic accidents 122.",
  },
};

/** The content type of every page. */
export const HTML = "text/html; charset=utf-8";

/** The numbers of the charter's widest category of danger. */
export const emergencyBanner = (town: Town): Effect.Effect<EmergencyBanner> =>
  town.linli.published.pipe(
    Effect.map(({ charter }) => {
      const dangers = charter.document.categories.filter((one) => one.lifeDanger === true);
      const widest = dangers.reduce<EmergencyBanner | undefined>(
        (best, { emergency }) =>
          emergency !== undefined && emergency.numbers.length > (best?.numbers.length ?? 0)
            ? emergency
            : best,
        undefined,
      );
      return widest ?? NUMBERS;
    }),
    Effect.orElseSucceed(() => NUMBERS),
  );

/** A page for a failure that has a status. */
export const failurePage = (
  frame: Omit<Frame, "section">,
  status: number,
  code: string | null,
  banner: EmergencyBanner | null = null,
): HttpServerResponse.HttpServerResponse => {
  const t = (text: LocalText) => text[frame.locale];
  const body = html`<h1>${t(TEXTS.failedTitle)}</h1>
    <p>${t(sentenceFor(status))}</p>
    ${code === null ? null : html`<p class="quiet">${status} ${code}</p>`}
    <p><a href="/">${t(TEXTS.home)}</a></p>`;
  const text = layout(
    { ...frame, here: "/", section: "other" },
    { title: t(TEXTS.failedTitle), body, banner: banner ?? NUMBERS },
  );
  return HttpServerResponse.text(text, { contentType: HTML, status });
};

/** What the guard shows people. */
export const failurePages: FailurePages = {
  failure: (request, status, code) => failurePage(frameOf(request), status, code),
};

const frameOf = (request: HttpServerRequest.HttpServerRequest): Omit<Frame, "section"> => {
  const url = URL.parse(request.url, "http://town.invalid") ?? new URL("http://town.invalid/");
  const locale: Locale = localeOf(url, request);
  return { locale, person: null, here: hereOf(url) };
};

const sentenceFor = (status: number): LocalText => {
  switch (status) {
    case 400:
    case 415:
    case 422:
      return TEXTS.failed400;
    case 401:
    case 403:
      return TEXTS.failed403;
    case 404:
      return TEXTS.failed404;
    case 405:
      return TEXTS.failed405;
    case 413:
    case 414:
      return TEXTS.failed413;
    default:
      return TEXTS.failed500;
  }
};
