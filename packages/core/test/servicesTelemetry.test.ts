/** Spans and logs tell what happened, by ids, and hold nothing personal. */
import * as Effect from "effect/Effect";
import * as Logger from "effect/Logger";
import * as References from "effect/References";
import * as Tracer from "effect/Tracer";
import { expect, test } from "vitest";
import { DAY, openTown, person } from "./support/town.ts";

test("every command leaves a span and a structured log line without words or reporters", async () => {
  const { desk, clock } = await openTown();
  const seen: Array<unknown> = [];
  const spans: Array<Tracer.NativeSpan> = [];
  const logger = Logger.make((options) => {
    seen.push([
      options.message,
      options.logLevel,
      options.fiber.getRef(References.CurrentLogAnnotations),
    ]);
  });
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options);
      spans.push(span);
      return span;
    },
  });
  const run = <A, E>(effect: Effect.Effect<A, E>) =>
    Effect.runPromise(
      effect.pipe(
        Effect.withTracer(tracer),
        Effect.provideService(References.MinimumLogLevel, "Trace"),
        Effect.provideService(Logger.CurrentLoggers, new Set([logger])),
        Effect.result,
      ),
    );
  const { effect } = desk;
  const actor = person("PERSON-REPORTER");
  const report = {
    type: "report",
    place: { unit: "B1" },
    words: "PRIVATE-WORDS",
    reporter: { kind: "confidential" },
  };
  const begun = await run(effect.begin(report, { actor }));
  if (begun._tag === "Failure") throw begun.failure;
  const { issue, receiptCode } = begun.success;
  await run(
    effect.act(issue, { type: "settle", words: "PRIVATE-ANSWER" }, { actor: person("chief-1") }),
  );
  await run(effect.act(issue, { type: "accept" }, { actor }));
  await run(effect.view(issue, { viewer: actor }));
  await run(effect.byReceipt(receiptCode ?? ""));
  clock.now += 30 * DAY;
  await run(effect.runDue());
  const written = JSON.stringify([seen, spans.map((span) => [span.name, [...span.attributes]])]);
  expect(written).toContain("linli command");
  expect(written).toContain("NotNow");
  expect(spans.map((span) => span.name)).toEqual(
    expect.arrayContaining([
      "Linli.begin",
      "Linli.act",
      "Linli.view",
      "Linli.byReceipt",
      "Linli.runDue",
    ]),
  );
  expect(written).toContain(issue);
  expect(written).not.toMatch(/PRIVATE-|PERSON-/);
  expect(written).not.toContain(receiptCode);
});
