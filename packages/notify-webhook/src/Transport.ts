/**
 * One POST, by either of two ways, up to the head of the answer.
 *
 * Redirects are never followed: their status is the answer. What an answer's body
 * says is of no interest and never kept; it is a stream so that the caller bounds
 * how much of it is taken off the wire.
 */
import { lookup as resolve } from "node:dns";
import * as http from "node:http";
import * as https from "node:https";
import type { LookupFunction } from "node:net";
import { hostOf } from "./Target.ts";
import type { TargetGuard } from "./Target.ts";

export interface Post {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Aborting it closes the connection at any time, also while the body is read. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: AsyncIterable<Uint8Array>;
}

export type Transport = (post: Post) => Promise<Answer>;

/** The name's addresses are not allowed; says nothing about which. */
export class TargetRefused extends Error {
  override readonly name = "TargetRefused";
}

/**
 * A transport on `node:https` that judges the very addresses it connects to.
 *
 * Every request has a connection of its own: a pooled one might have been opened
 * by somebody who did not ask the guard.
 */
export const makePinnedTransport =
  (guard: TargetGuard, lookup: LookupFunction = resolve): Transport =>
  (post) =>
    new Promise((answer, refuse) => {
      const bytes = Buffer.from(post.body, "utf8");
      const request = (post.url.protocol === "https:" ? https : http).request(
        post.url,
        {
          method: "POST",
          agent: false,
          headers: { ...post.headers, "content-length": String(bytes.length) },
          lookup: guardedLookup(guard, hostOf(post.url), lookup),
          signal: post.signal,
        },
        (response) => {
          // A connection cut while the body is read must not become an uncaught error.
          response.on("error", () => {});
          const status = response.statusCode ?? 0;
          answer({ status, retryAfter: response.headers["retry-after"] ?? null, body: response });
        },
      );
      request.on("error", refuse);
      request.end(bytes);
    });

/**
 * A transport on a given `fetch`, for runtimes without `node:https` sockets and for
 * hosts that send through a filtering proxy. It cannot see which address a name
 * leads to; only the URL itself has been judged.
 */
export const makeFetchTransport =
  (send: typeof globalThis.fetch): Transport =>
  async (post) => {
    const response = await send(post.url, {
      method: "POST",
      headers: { ...post.headers },
      body: post.body,
      redirect: "manual",
      signal: post.signal,
    });
    // Browsers hide a refused redirect behind the status 0.
    const status = response.type === "opaqueredirect" ? 302 : response.status;
    return { status, retryAfter: response.headers.get("retry-after"), body: chunksOf(response) };
  };

// Private

/**
 * Asks for all addresses and refuses the name when one of them is not allowed:
 * a name that is both public and private is a trick, not a convenience.
 */
const guardedLookup =
  (guard: TargetGuard, host: string, lookup: LookupFunction): LookupFunction =>
  (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, found, family) => {
      if (error !== null) return callback(error, []);
      const addresses = Array.isArray(found)
        ? found
        : [{ address: found, family: family ?? (found.includes(":") ? 6 : 4) }];
      const [first] = addresses;
      if (first === undefined || !addresses.every((one) => guard.mayConnect(host, one.address))) {
        return callback(new TargetRefused(), []);
      }
      return options.all === true
        ? callback(null, addresses)
        : callback(null, first.address, first.family);
    });
  };

async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}
