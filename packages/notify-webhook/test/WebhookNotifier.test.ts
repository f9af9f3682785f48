import { retryAdvice } from "@linli/core/ports";
import type { Notifier, NotifyError, OutboundMessage } from "@linli/core/ports";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import * as Redacted from "effect/Redacted";
import * as Result from "effect/Result";
import * as fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { makeWebhookNotifier } from "../src/index.ts";
import type { LookupFunction, WebhookNotifierOptions } from "../src/index.ts";
import { AT, answer, messageTo, startReceiver, withReceiver } from "./receiver.ts";
import type { Behaviour, Received, Receiver } from "./receiver.ts";

const keyOf = (letter: string) => `whsec_${Buffer.from(letter.repeat(32)).toString("base64")}`;
const KEY = keyOf("a");
const OTHER_KEY = keyOf("b");

/** Never a redirect, never a real name: only this machine. */
const local: WebhookNotifierOptions = { secret: KEY, allowHosts: ["127.0.0.1"], allowHttp: true };

const outcome = (notifier: Notifier, message: OutboundMessage) =>
  Effect.runPromise(Effect.result(notifier.send(message)));

const refused = async (notifier: Notifier, message: OutboundMessage): Promise<NotifyError> => {
  const result = await outcome(notifier, message);
  if (Result.isSuccess(result)) throw new Error("the message was taken");
  return result.failure;
};

const urlOf = (receiver: Receiver, path = "/hook") => `http://127.0.0.1:${receiver.port}${path}`;

/** One attempt against a receiver that behaves so; the error it must end with. */
const refusedBy = (behave: Behaviour, options: Partial<WebhookNotifierOptions> = {}) =>
  withReceiver(behave, (receiver) =>
    refused(makeWebhookNotifier({ ...local, ...options }), messageTo(urlOf(receiver))),
  );

/** The standard's own verifier, with the clock it reads set to the attempt. */
const verified = (received: Received, key: string): unknown => {
  const clock = vi.spyOn(Date, "now");
  clock.mockReturnValue(Number(received.headers["webhook-timestamp"]) * 1000);
  try {
    return new Webhook(key).verify(received.body, received.headers);
  } finally {
    clock.mockRestore();
  }
};

describe("a message that is taken", () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await startReceiver(answer(204));
  });
  afterEach(() => receiver.close());

  const sent = async (options: Partial<WebhookNotifierOptions>, more: Partial<OutboundMessage>) => {
    const notifier = makeWebhookNotifier({ ...local, ...options });
    const result = await outcome(notifier, messageTo(urlOf(receiver), more));
    expect(result).toEqual(Result.succeed({ providerId: null }));
    return receiver.received.at(-1)!;
  };

  test("is a JSON POST that the standard's own verifier accepts", async () => {
    const received = await sent({ secret: Redacted.make(KEY) }, {});
    expect(received.method).toBe("POST");
    expect(received.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(received.headers["webhook-id"]).toBe("msg-1");
    expect(received.headers["webhook-timestamp"]).toBe("1780000000");
    expect(verified(received, KEY)).toEqual({
      type: "issue.assigned",
      deliveryId: "msg-1",
      locale: "zh",
      subject: "新事项",
      body: "井盖破损,请在两小时内查看。",
      data: { issue: "i-7", event: "issue.assigned" },
      at: AT,
    });
    expect(() => verified(received, OTHER_KEY)).toThrow("No matching signature");
    expect(() => verified({ ...received, body: `${received.body} ` }, KEY)).toThrow();
  });

  test("is signed with every key in force, so that either verifies", async () => {
    const received = await sent({ secret: [KEY, Redacted.make(OTHER_KEY)] }, {});
    expect(received.headers["webhook-signature"]!.split(" ")).toHaveLength(2);
    expect(verified(received, KEY)).toEqual(verified(received, OTHER_KEY));
  });

  test("keeps its id over attempts, with each attempt's own timestamp", async () => {
    const first = await sent({}, {});
    const second = await sent({}, { attempt: 2, at: AT + 5000 });
    expect(second.headers["webhook-id"]).toBe(first.headers["webhook-id"]);
    expect(second.headers["webhook-timestamp"]).toBe("1780000005");
    expect(verified(second, KEY)).toMatchObject({ deliveryId: "msg-1", at: AT + 5000 });
  });

  test("is signed with the keys of its receiver when keys differ by receiver", async () => {
    const received = await sent(
      { secret: (url) => (url.pathname === "/hook" ? OTHER_KEY : KEY) },
      {},
    );
    expect(verified(received, OTHER_KEY)).toMatchObject({ deliveryId: "msg-1" });
  });

  test("carries any text unchanged and verifies, whatever the id", async () => {
    const text = fc.string({ unit: "binary", maxLength: 200 });
    const id = fc.string({
      unit: fc.constantFrom("a", "Z", "0", "_", ".", ":", "-", "井", "é", "ж", "𠮷"),
      minLength: 1,
      maxLength: 80,
    });
    await fc.assert(
      fc.asyncProperty(text, text, id, text, async (subject, body, deliveryId, value) => {
        const received = await sent({}, { subject, body, deliveryId, data: { value } });
        expect(verified(received, KEY)).toMatchObject({
          subject,
          body,
          deliveryId,
          data: { value },
        });
        expect(received.headers["webhook-id"]).toMatch(/^[A-Za-z0-9_:%-]+$/);
        // The id can be read back, so different ids never meet in one header.
        expect(decodeURIComponent(received.headers["webhook-id"]!)).toBe(deliveryId);
      }),
      { seed: 20_260_101, numRuns: 60 },
    );
  });

  test("also when the answer's body is huge: it is cut off, not read", async () => {
    // Far more than the buffers of both sockets hold, so finishing means being read.
    const block = Buffer.alloc(1_048_576, 120);
    let left = 64;
    await withReceiver(
      (response) => {
        response.writeHead(200);
        const more = () => {
          while (left > 0) {
            left -= 1;
            if (!response.write(block)) return void response.once("drain", more);
          }
          response.end();
        };
        more();
      },
      async (endless) => {
        const notifier = makeWebhookNotifier({ ...local, maxResponseBytes: 100_000 });
        const result = await outcome(notifier, messageTo(urlOf(endless)));
        expect(Result.isSuccess(result)).toBe(true);
        await endless.hungUp;
      },
    );
    expect(left).toBeGreaterThan(16);
  });
});

describe("an answer that is not 2xx", () => {
  test.each([
    [301, "Rejected"],
    [400, "Rejected"],
    [401, "Unauthorized"],
    [403, "Unauthorized"],
    [404, "Rejected"],
    [408, "Timeout"],
    [410, "RecipientGone"],
    [422, "Rejected"],
    [429, "RateLimited"],
    [500, "Unreachable"],
    [503, "Unreachable"],
  ])("%i is %s", async (status, reason) => {
    const error = await refusedBy(answer(status));
    expect([error.channel, error.reason]).toEqual(["webhook", reason]);
    expect(error.detail).toContain(String(status));
  });

  test("a redirect is not followed, not even to an allowed host", async () => {
    await withReceiver(answer(200), async (elsewhere) => {
      const error = await refusedBy(answer(307, { location: urlOf(elsewhere) }));
      expect(error.reason).toBe("Rejected");
      expect(error.detail).toContain("redirects are not followed");
      expect(elsewhere.received).toEqual([]);
    });
  });

  test("Retry-After is passed on in milliseconds, from seconds or a date, at most a day", async () => {
    const wait = async (header: string) =>
      (await refusedBy(answer(429, { "retry-after": header }))).retryAfterMillis;
    expect(await wait("120")).toBe(120_000);
    expect(await wait(new Date(AT + 90_000).toUTCString())).toBe(90_000 - (AT % 1000));
    expect(await wait("99999999")).toBe(86_400_000);
    expect(await wait("soon")).toBeUndefined();
    const error = await refusedBy(answer(503, { "retry-after": "7200" }));
    expect(retryAdvice(error, 1)).toEqual({ _tag: "After", millis: 7_200_000 });
  });
});

describe("no answer", () => {
  test("a silent receiver ends in Timeout, and the connection is closed", async () => {
    await withReceiver(
      () => {},
      async (silent) => {
        const notifier = makeWebhookNotifier({ ...local, timeoutMillis: 50 });
        const error = await refused(notifier, messageTo(urlOf(silent)));
        expect(error.reason).toBe("Timeout");
        await silent.hungUp;
      },
    );
  });

  test("interruption closes the connection", async () => {
    let arrived = () => {};
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    await withReceiver(
      () => arrived(),
      async (silent) => {
        const fiber = Effect.runFork(makeWebhookNotifier(local).send(messageTo(urlOf(silent))));
        await arrival;
        await Effect.runPromise(Fiber.interrupt(fiber));
        await silent.hungUp;
      },
    );
  });

  test("a dropped connection and a closed port are Unreachable, with the code", async () => {
    const dropped = await refusedBy((response) => response.destroy());
    expect([dropped.reason, dropped.detail]).toEqual([
      "Unreachable",
      "no answer from the receiver (ECONNRESET)",
    ]);
    const gone = await startReceiver(answer(200));
    await gone.close();
    const closed = await refused(makeWebhookNotifier(local), messageTo(urlOf(gone)));
    expect(closed.detail).toBe("no answer from the receiver (ECONNREFUSED)");
  });

  test("https is never given up for http: a receiver without TLS is Unreachable", async () => {
    await withReceiver(answer(200), async (receiver) => {
      const url = urlOf(receiver).replace("http:", "https:");
      expect((await refused(makeWebhookNotifier(local), messageTo(url))).reason).toBe(
        "Unreachable",
      );
      expect(receiver.received).toEqual([]);
    });
  });
});

describe("connect-time judgement", () => {
  const pointing =
    (...addresses: ReadonlyArray<string>): LookupFunction =>
    (_name, options, callback) => {
      const all = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
      if (options.all === true) callback(null, all);
      else callback(null, all[0]!.address, all[0]!.family);
    };

  test.each([
    ["127.0.0.1"],
    ["10.0.0.8"],
    ["169.254.169.254"],
    ["::1"],
    ["::ffff:127.0.0.1"],
    ["fd00::1"],
    ["93.184.216.34", "127.0.0.1"],
  ])("a public name that leads to %s is refused before anything is sent", async (...addresses) => {
    await withReceiver(answer(200), async (receiver) => {
      const notifier = makeWebhookNotifier({ secret: KEY, lookup: pointing(...addresses) });
      const url = `https://hooks.example.com:${receiver.port}/hook`;
      const error = await refused(notifier, messageTo(url));
      expect(error.reason).toBe("Rejected");
      expect(error.detail).toContain("not a public address");
      expect(receiver.received).toEqual([]);
    });
  });

  test("a name changed between two messages is judged anew", async () => {
    await withReceiver(answer(200), async (receiver) => {
      let address = "127.0.0.1";
      const notifier = makeWebhookNotifier({
        secret: KEY,
        allowHosts: ["hooks.town.example", "127.0.0.0/8"],
        allowHttp: true,
        lookup: (name, options, callback) => pointing(address)(name, options, callback),
      });
      const listedByName = messageTo(`http://hooks.town.example:${receiver.port}/`);
      expect(Result.isSuccess(await outcome(notifier, listedByName))).toBe(true);
      address = "10.0.0.8";
      const byNetwork = messageTo(`https://other.example.com:${receiver.port}/`);
      expect((await refused(notifier, byNetwork)).detail).toContain("not a public address");
    });
  });

  test("a resolver that answers with one address only is judged the same way", async () => {
    const single: LookupFunction = (_name, _options, callback) => callback(null, "127.0.0.1", 4);
    const notifier = makeWebhookNotifier({ secret: KEY, lookup: single });
    const error = await refused(notifier, messageTo("https://hooks.example.com/"));
    expect(error.detail).toContain("not a public address");
  });
});

describe("with fetch", () => {
  test("sends the same signed request and follows no redirect", async () => {
    await withReceiver(answer(200), async (receiver) => {
      const notifier = makeWebhookNotifier({ ...local, fetch: globalThis.fetch });
      expect(Result.isSuccess(await outcome(notifier, messageTo(urlOf(receiver))))).toBe(true);
      expect(verified(receiver.received[0]!, KEY)).toMatchObject({ deliveryId: "msg-1" });
      const error = await refusedBy(answer(302, { location: urlOf(receiver) }), {
        fetch: globalThis.fetch,
      });
      expect(error.detail).toContain("redirects are not followed");
      expect(receiver.received).toHaveLength(1);
    });
  });

  test("hands on the abort, and names the code of a failure", async () => {
    const silent = await refusedBy(() => {}, { fetch: globalThis.fetch, timeoutMillis: 50 });
    expect(silent.reason).toBe("Timeout");
    const dropped = await refusedBy((response) => response.destroy(), { fetch: globalThis.fetch });
    expect(dropped.detail).toMatch(/^no answer from the receiver \([A-Z_]+\)$/);
  });
});

describe("what an error says", () => {
  test("never the URL, a key, the text or what the receiver wrote", async () => {
    const hidden = [
      "token-in-path",
      "token-in-query",
      KEY,
      KEY.slice(6),
      "井盖",
      "echoed",
      "127.0.0.1",
    ];
    const echo =
      (status: number, headers: Record<string, string> = {}): Behaviour =>
      (response, received) =>
        void response.writeHead(status, headers).end(`echoed ${received.path} ${received.body}`);
    const silent: Behaviour = () => {};
    const cut: Behaviour = (response) => response.destroy();
    const behaviours = [
      echo(400),
      echo(410),
      echo(500),
      echo(302, { location: "/echoed" }),
      silent,
      cut,
    ];
    const errors: Array<NotifyError> = [];
    for (const behave of behaviours) {
      for (const fetch of [undefined, globalThis.fetch]) {
        const notifier = makeWebhookNotifier({
          ...local,
          timeoutMillis: 50,
          ...(fetch === undefined ? {} : { fetch }),
        });
        errors.push(
          await withReceiver(behave, (receiver) =>
            refused(notifier, messageTo(urlOf(receiver, "/token-in-path?k=token-in-query"))),
          ),
        );
      }
    }
    const strict = makeWebhookNotifier({ secret: KEY });
    for (const to of [
      "http://127.0.0.1/token-in-path",
      "https://127.0.0.1/token-in-path",
      "token-in-path",
    ]) {
      errors.push(await refused(strict, messageTo(to)));
    }
    expect(errors).toHaveLength(15);
    for (const error of errors) {
      const everything = [
        String(error),
        JSON.stringify(error),
        String(error.stack),
        error.message,
      ].join();
      for (const word of hidden) expect(everything).not.toContain(word);
    }
  });
});

describe("refused before sending", () => {
  const notifier = makeWebhookNotifier(local);

  test("text over the stated bound, an unusable id, an impossible instant", async () => {
    const max = notifier.capabilities.maxBytes!;
    await withReceiver(answer(200), async (receiver) => {
      const to = urlOf(receiver);
      const fits = await outcome(notifier, messageTo(to, { subject: "", body: "x".repeat(max) }));
      expect(Result.isSuccess(fits)).toBe(true);
      for (const more of [
        { subject: "井", body: "x".repeat(max - 2) },
        { deliveryId: "" },
        { deliveryId: "x".repeat(257) },
        { at: Number.NaN },
        { at: -1 },
      ]) {
        expect((await refused(notifier, messageTo(to, more))).reason).toBe("Rejected");
      }
      expect(receiver.received).toHaveLength(1);
    });
  });

  test("a receiver without a key is Misconfigured", async () => {
    const keyless = makeWebhookNotifier({ ...local, secret: () => undefined });
    const error = await refused(keyless, messageTo("http://127.0.0.1:9/"));
    expect([error.reason, error.detail]).toEqual([
      "Misconfigured",
      "no signing key is known for this receiver",
    ]);
  });

  test.each<[string, Partial<WebhookNotifierOptions>]>([
    ["no key", { secret: [] }],
    ["a key without its prefix", { secret: KEY.slice(6) }],
    ["a short key", { secret: `whsec_${Buffer.alloc(23).toString("base64")}` }],
    ["a long key", { secret: `whsec_${Buffer.alloc(65).toString("base64")}` }],
    ["a key that is not base64", { secret: `${KEY.slice(0, -3)}*A=` }],
    ["one bad key of two", { secret: [KEY, "whsec_"] }],
    ["no time at all", { timeoutMillis: 0 }],
    ["half a byte", { maxResponseBytes: 0.5 }],
    ["a host that is a URL", { allowHosts: ["https://town.example/"] }],
    ["a host with a port", { allowHosts: ["town.example:8080"] }],
    ["a network too long", { allowHosts: ["10.0.0.0/33"] }],
  ])("the options are refused at once: %s", (_name, options) => {
    let thrown: unknown;
    try {
      makeWebhookNotifier({ ...local, ...options });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ _tag: "NotifyError", reason: "Misconfigured" });
    expect(String(thrown)).not.toContain(KEY.slice(6, 30));
  });
});
