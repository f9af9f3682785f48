/**
 * What every page's handler is given: the visitor, the language, the form. Cookies and
 * form tokens are dealt with here once, so that no page can forget them.
 */
import type { Locale, LocalText } from "@linli/core/data";
import { isSoundText } from "@linli/core/data";
import type { Published } from "@linli/core/services";
import * as Effect from "effect/Effect";
import { HttpRouter, type HttpServerRequest, HttpServerResponse } from "effect/http";
import { orProblem } from "../api/problems.ts";
import type { Problem } from "../api/problems.ts";
import { newVisitor, SESSION_MILLIS, type Visitor } from "../server/sessions.ts";
import type { Town } from "../server/town.ts";
import { emergencyBanner, failurePage, HTML } from "./failure.ts";
import { type Html, html } from "./html.ts";
import { type EmergencyBanner, type Frame, layout } from "./layout.ts";
import { hereOf, LANG_COOKIE, localeOf } from "./locale.ts";

/** Keeps who the visitor plays, signed. */
export const SESSION_COOKIE = "linli_demo";

/** A request as a page sees it. */
export interface PageContext {
  readonly town: Town;
  readonly world: Published;
  readonly visitor: Visitor;
  readonly locale: Locale;
  readonly t: (text: LocalText) => string;
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly query: URLSearchParams;
  /** Empty unless the request is a form. */
  readonly form: URLSearchParams;
  /** The hidden field every form must hold. */
  readonly token: Html;
}

/** A page, or where to go. */
export type PageAnswer =
  | {
      readonly title: string;
      readonly section: Frame["section"];
      readonly body: Html;
      readonly status?: number;
      /** Address of the same page by GET; default: this one. */
      readonly here?: string;
      /** Default: the numbers for any danger. */
      readonly banner?: EmergencyBanner;
    }
  | { readonly goTo: string; readonly visitor?: Visitor };

/** A page's handler. */
export type PageHandler = (context: PageContext) => Effect.Effect<PageAnswer, Problem>;

const MAX_FORM_FIELDS = 100;

/** Turns a handler into a route; `stale` answers a form whose page had grown too old to act. */
export const page =
  (town: Town, handler: PageHandler, stale?: PageHandler) =>
  (
    request: HttpServerRequest.HttpServerRequest,
  ): Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpRouter.RouteContext> =>
    Effect.gen(function* () {
      const url = new URL(request.url, "http://town.invalid");
      const known = visitorOf(town, request);
      const visitor = known ?? newVisitor();
      const locale = localeOf(url, request);
      const frame = { locale, person: visitor.person, here: hereOf(url) };
      const params = yield* HttpRouter.params;
      const answered = yield* Effect.gen(function* () {
        const form = request.method === "POST" ? yield* formOf(request) : new URLSearchParams();
        if (form === null) return { failed: 400 } as const;
        const token = form.get("token") ?? "";
        const ours =
          request.method !== "POST" ||
          (known !== null && town.sessions.isFormToken(visitor, token));
        const answering = ours ? handler : stale;
        if (answering === undefined) return { failed: 403 } as const;
        const world = yield* orProblem(town.linli.published);
        return yield* answering({
          town,
          world,
          visitor,
          locale,
          t: (text) => text[locale],
          params,
          query: url.searchParams,
          form,
          token: html`<input
            type="hidden"
            name="token"
            value="${town.sessions.formToken(visitor)}"
          />`,
        });
      }).pipe(Effect.catch((problem) => Effect.succeed({ problem })));
      const response = yield* responseOf(town, frame, answered);
      const given = "goTo" in answered ? answered.visitor : undefined;
      return withCookies(response, {
        session: given ?? (known === null ? visitor : undefined),
        lang: url.searchParams.has("lang") ? locale : undefined,
        town,
      });
    });

type Answered = PageAnswer | { readonly failed: 400 | 403 } | { readonly problem: Problem };

const responseOf = Effect.fnUntraced(function* (
  town: Town,
  frame: Omit<Frame, "section">,
  answered: Answered,
) {
  if ("goTo" in answered) {
    return HttpServerResponse.empty({ status: 303, headers: { location: answered.goTo } });
  }
  if ("failed" in answered) return failurePage(frame, answered.failed, null);
  if ("problem" in answered) {
    const { problem } = answered;
    const banner = problem.emergency ?? null;
    return failurePage(frame, problem.status, problem.code, banner);
  }
  const banner = answered.banner === undefined ? yield* emergencyBanner(town) : answered.banner;
  const here = answered.here ?? frame.here;
  const text = layout(
    { ...frame, here, section: answered.section },
    { title: answered.title, body: answered.body, banner },
  );
  return HttpServerResponse.text(text, { contentType: HTML, status: answered.status ?? 200 });
});

const visitorOf = (town: Town, request: HttpServerRequest.HttpServerRequest): Visitor | null => {
  const cookie = request.cookies[SESSION_COOKIE];
  return cookie === undefined ? null : town.sessions.read(cookie, town.now());
};

const formOf = (request: HttpServerRequest.HttpServerRequest) =>
  Effect.gen(function* () {
    const type = request.headers["content-type"] ?? "";
    if (!/^application\/x-www-form-urlencoded\b/i.test(type)) return null;
    const form = new URLSearchParams(yield* request.text);
    const fields = [...form];
    const sound = fields.every(([name, value]) => isSoundText(name) && isSoundText(value));
    return sound && fields.length <= MAX_FORM_FIELDS ? form : null;
  }).pipe(Effect.catch(() => Effect.succeed(null)));

const withCookies = (
  response: HttpServerResponse.HttpServerResponse,
  set: {
    readonly session: Visitor | undefined;
    readonly lang: Locale | undefined;
    readonly town: Town;
  },
): HttpServerResponse.HttpServerResponse => {
  let answer = response;
  const common = { path: "/", sameSite: "lax", httpOnly: true } as const;
  if (set.session !== undefined) {
    const token = set.town.sessions.issue(set.session, set.town.now());
    const maxAge = SESSION_MILLIS;
    answer = HttpServerResponse.setCookieUnsafe(answer, SESSION_COOKIE, token, {
      ...common,
      maxAge,
    });
  }
  if (set.lang !== undefined) {
    const maxAge = 365 * 86_400_000;
    answer = HttpServerResponse.setCookieUnsafe(answer, LANG_COOKIE, set.lang, {
      ...common,
      maxAge,
    });
  }
  return answer;
};
