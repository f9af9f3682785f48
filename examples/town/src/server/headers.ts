/** Security headers: pages load nothing but their own style and script. */
import { createHash } from "node:crypto";
import { HttpServerResponse } from "effect/http";

const PAGE_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Adds what every answer carries, unless a route has set a policy of its own. */
export const securityHeaders = (
  url: string,
  response: HttpServerResponse.HttpServerResponse,
): HttpServerResponse.HttpServerResponse => {
  const policy = response.headers["content-security-policy"] ?? PAGE_POLICY;
  const kept = url.startsWith("/assets/") ? "public, max-age=300" : "no-store";
  return HttpServerResponse.setHeaders(response, {
    "content-security-policy": policy,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": response.headers["cache-control"] ?? kept,
  });
};

/**
 * The policy of the API page, whose script stands in the page itself: exactly the
 * scripts it holds may run, by their hashes, and it may talk to this host only.
 */
export const policyOfScripts = (page: string): string => {
  const hashes = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(
    ([, script = ""]) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`,
  );
  return [
    "default-src 'none'",
    `script-src ${hashes.join(" ")}`,
    "style-src 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
};
