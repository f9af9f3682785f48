/** The API's own page at `/api`: bundled, so that it works without any other host. */
import * as Effect from "effect/Effect";
import { HttpRouter, HttpServerResponse } from "effect/http";
import { HttpApiScalar } from "effect/http-api";
import * as Layer from "effect/Layer";
import { policyOfScripts } from "../server/headers.ts";
import { TownApi } from "./endpoints.ts";

const policed = HttpRouter.middleware((page) =>
  Effect.map(page, (response) => {
    policy ??= policyOfScripts(textOf(response));
    return HttpServerResponse.setHeader(response, "content-security-policy", policy);
  }),
);

// The page never changes while the process runs, and hashing three megabytes takes a moment.
let policy: string | undefined;

const textOf = (response: HttpServerResponse.HttpServerResponse): string => {
  const { body } = response;
  return body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : "";
};

/** The page, with the policy its own scripts need. */
export const apiPage = HttpApiScalar.layer(TownApi, {
  path: "/api",
  scalar: { withDefaultFonts: false, theme: "default", hideModels: false },
}).pipe(Layer.provide(policed.layer));
