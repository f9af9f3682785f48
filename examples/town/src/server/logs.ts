/**
 * Logs: one line of JSON on stderr each, with ids, routes and figures only.
 *
 * A request is named by its route's pattern, never by its address, and a failure by
 * its kind and place in the code, never by its message: both may hold somebody's words.
 */
import * as Cause from "effect/Cause";
import * as Effect from "effect/Effect";
import type * as Layer from "effect/Layer";
import * as Logger from "effect/Logger";
import * as References from "effect/References";

/** Where lines go; tests collect them. */
export type WriteLine = (line: string) => void;

/** The town's only logger. */
export const logLayer = (write: WriteLine): Layer.Layer<never> =>
  Logger.layer([
    Logger.make(({ cause, date, fiber, logLevel, message }) => {
      const told: ReadonlyArray<unknown> = Array.isArray(message) ? message : [message];
      const fields: Record<string, unknown> = {};
      const texts: Array<string> = [];
      for (const part of told) {
        if (typeof part === "string") texts.push(part);
        else if (typeof part === "object" && part !== null) Object.assign(fields, part);
      }
      const failed = causeOf(cause);
      write(
        JSON.stringify({
          at: date.toISOString(),
          level: logLevel,
          message: texts.join(" "),
          ...fiber.getRef(References.CurrentLogAnnotations),
          ...fields,
          ...(failed === undefined ? {} : { failed }),
        }),
      );
    }),
  ]);

/** A failure without its message: its kind and where in the code it arose. */
export const causeOf = (cause: Cause.Cause<unknown>): ReadonlyArray<string> | undefined => {
  if (cause.reasons.length === 0) return undefined;
  return Cause.prettyErrors(cause).flatMap((error) => [
    error.name,
    ...(error.stack ?? "")
      .split("\n")
      .filter((line) => /^\s+at /.test(line))
      .slice(0, 4)
      .map((line) =>
        line.trim().replace(/\(?file:\/\/\S*\/(examples|packages|node_modules)\//, "($1/"),
      ),
  ]);
};

/** Logs what one handled request was. */
export const logRequest = (told: {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly millis: number;
}): Effect.Effect<void> => Effect.logInfo("request", told);
