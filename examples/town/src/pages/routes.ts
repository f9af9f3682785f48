/** Every page with its address. */
import * as Effect from "effect/Effect";
import { HttpRouter, HttpServerResponse } from "effect/http";
import type { RouteName } from "../server/routes.ts";
import type { Town } from "../server/town.ts";
import { ICON, SCRIPT, STYLE } from "./assets.ts";
import { boardPage } from "./board.ts";
import { page, type PageHandler } from "./context.ts";
import { deskPage, rolePage, takeRole } from "./desk.ts";
import { actOnIssue, followed, followPage, issuePage } from "./issue.ts";
import { recordPage, sendRecord } from "./record.ts";
import { reportPage, sendReport, staleReport } from "./report.ts";

const PAGES: ReadonlyArray<
  readonly [method: "GET" | "POST", path: `/${string}`, handler: PageHandler, stale?: PageHandler]
> = [
  ["GET", "/", reportPage],
  ["POST", "/report", sendReport, staleReport],
  ["GET", "/follow", followPage],
  ["POST", "/follow", followed],
  ["GET", "/role", rolePage],
  ["POST", "/role", takeRole],
  ["GET", "/desk", deskPage],
  ["GET", "/record", recordPage],
  ["POST", "/record", sendRecord],
  ["GET", "/issues/:issue", issuePage],
  ["POST", "/issues/:issue/act", actOnIssue],
  ["GET", "/board", boardPage],
];

const ASSETS = [
  ["/assets/style.css", "text/css; charset=utf-8", STYLE],
  ["/assets/enhance.js", "text/javascript; charset=utf-8", SCRIPT],
  ["/assets/icon.svg", "image/svg+xml", ICON],
  // Browsers ask for it of their own accord, on the API's page.
  ["/favicon.ico", "image/svg+xml", ICON],
] as const;

/** The names of all pages and their assets. */
export const PAGE_ROUTES: ReadonlyArray<RouteName> = [
  ...PAGES.map(([method, path]) => `${method} ${path}` as const),
  ...ASSETS.map(([path]) => `GET ${path}` as const),
];

/** The pages of a town, on the router. */
export const pageRoutes = (town: Town) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      for (const [method, path, handler, stale] of PAGES)
        yield* router.add(method, path, page(town, handler, stale));
      for (const [path, contentType, text] of ASSETS) {
        yield* router.add("GET", path, HttpServerResponse.text(text, { contentType }));
      }
    }),
  );
