import type { OutboundMessage } from "@linli/core/ports";
import * as Console from "effect/Console";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeLine, makeConsoleNotifier } from "../src/index.ts";

const message: OutboundMessage = {
  deliveryId: "msg-1",
  to: "account-7",
  locale: "zh",
  subject: "新事项",
  body: "井盖破损\n[ERROR] forged line\u001b[2J",
  data: { issue: "i-7" },
  at: 1_780_000_000_123,
  attempt: 2,
};

/** Any string, with a bias to what forges logs and turns text around. */
const text = fc.string({
  unit: fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    fc.constantFrom("\n", "\r", "\u0085", "\u2028", "\u2029", "\u001b", "\u007f", "\u009b"),
    fc.constantFrom("\u202e", "\u2066", "\u200b", "\u{e0041}", '"', "\\", "井", "👨‍👩‍👧"),
  ),
});

const messages: fc.Arbitrary<OutboundMessage> = fc.record({
  deliveryId: text,
  to: text,
  locale: fc.constantFrom("zh", "en"),
  subject: text,
  body: text,
  data: fc.dictionary(text, text),
  at: fc.maxSafeNat(),
  attempt: fc.nat(),
});

describe("a line", () => {
  test("is one line of visible characters and gives every field back exactly", () => {
    fc.assert(
      fc.property(messages, (any) => {
        const line = encodeLine(any);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        expect(JSON.parse(line)).toEqual({ channel: "console", ...any, data: { ...any.data } });
      }),
      { seed: 20_260_105, numRuns: 300 },
    );
  });

  test("holds the message and nothing else, in a fixed order", () => {
    expect(encodeLine(message)).toBe(
      '{"channel":"console","deliveryId":"msg-1","to":"account-7","locale":"zh",' +
        '"subject":"新事项","body":"井盖破损\\n[ERROR] forged line\\u001b[2J",' +
        '"data":{"issue":"i-7"},"at":1780000000123,"attempt":2}',
    );
    const extra = { ...message, phone: "not a field" };
    expect(encodeLine(extra)).toBe(encodeLine(message));
  });
});

describe("the notifier", () => {
  test("writes one line for each message", async () => {
    const lines: Array<string> = [];
    const notifier = makeConsoleNotifier({ write: (line) => void lines.push(line) });
    const receipt = await Effect.runPromise(notifier.send(message));
    expect(receipt).toEqual({ providerId: null });
    expect(lines).toEqual([encodeLine(message)]);
    expect(notifier.channel).toBe("console");
  });

  test("uses Effect's console unless told otherwise, and only when run", async () => {
    const lines: Array<unknown> = [];
    const spy: Console.Console = {
      ...globalThis.console,
      log: (line: unknown) => lines.push(line),
    };
    const send = makeConsoleNotifier().send(message);
    expect(lines).toEqual([]);
    await Effect.runPromise(Effect.provideService(send, Console.Console, spy));
    expect(lines).toEqual([encodeLine(message)]);
  });

  test("a writer that throws is Unreachable, and what it threw is not repeated", async () => {
    const notifier = makeConsoleNotifier({
      write: (line) => {
        throw new Error(line);
      },
    });
    const result = await Effect.runPromise(Effect.result(notifier.send(message)));
    if (Result.isSuccess(result)) throw new Error("the line was written");
    expect(result.failure.reason).toBe("Unreachable");
    expect(String(result.failure) + JSON.stringify(result.failure)).not.toContain("account-7");
  });
});
