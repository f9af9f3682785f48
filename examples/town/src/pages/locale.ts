/** The language of a request, and the address to switch it at. */
import type { Locale } from "@linli/core/data";
import type { HttpServerRequest } from "effect/http";

/** Keeps the chosen language. */
export const LANG_COOKIE = "linli_lang";

/** The language of a request: asked for in the address, kept in a cookie, else Chinese. */
export const localeOf = (url: URL, request: HttpServerRequest.HttpServerRequest): Locale => {
  const asked = url.searchParams.get("lang") ?? request.cookies[LANG_COOKIE];
  return asked === "en" ? "en" : "zh";
};

/** The address without the language and without what was just done. */
export const hereOf = (url: URL): string => {
  const query = new URLSearchParams(url.searchParams);
  query.delete("lang");
  query.delete("done");
  const text = query.toString();
  return text === "" ? url.pathname : `${url.pathname}?${text}`;
};
