/** The table of addresses, to tell a wrong method from a wrong address, and to log patterns only. */
import { HttpApi } from "effect/http-api";
import { TownApi } from "../api/endpoints.ts";

/** Known addresses. */
export interface RouteTable {
  /** The pattern a request falls under, such as `/api/issues/:issue`. */
  readonly patternOf: (method: string, url: string) => string | null;
  /** The methods an address takes; empty when nothing is there. */
  readonly methodsOf: (url: string) => ReadonlyArray<string>;
}

/** A route as `METHOD /pattern`. */
export type RouteName = `${"GET" | "POST"} /${string}`;

/** The API's routes. */
export const apiRoutes = (): ReadonlyArray<RouteName> => {
  const names: Array<RouteName> = ["GET /openapi.json", "GET /api"];
  HttpApi.reflect(TownApi, {
    onGroup: () => undefined,
    onEndpoint: ({ endpoint }) => {
      names.push(`${endpoint.method} ${endpoint.path}` as RouteName);
    },
  });
  return names;
};

/** A table of these routes. */
export const routeTable = (names: ReadonlyArray<RouteName>): RouteTable => {
  const routes = names.map((name) => {
    const [method = "", pattern = ""] = name.split(" ");
    const parts = pattern
      .split("/")
      .map((part) => (part.startsWith(":") ? "[^/]+" : escaped(part)));
    return { method, pattern, matches: new RegExp(`^${parts.join("/")}/?$`) };
  });
  const found = (url: string) => {
    const path = url.split("?")[0] ?? "";
    return routes.filter((route) => route.matches.test(path));
  };
  return {
    patternOf: (method, url) => {
      const here = found(url);
      const exact = here.find((route) => route.method === (method === "HEAD" ? "GET" : method));
      return (exact ?? here[0])?.pattern ?? null;
    },
    methodsOf: (url) => [...new Set(found(url).map((route) => route.method))],
  };
};

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
