/**
 * Spans and log lines of commands, made only where somebody looks: most hosts set
 * neither a tracer nor the level `Debug`, and no command should pay for both.
 *
 * Spans and logs carry ids, names of commands and codes: nothing anybody wrote, and
 * nobody's name.
 */
import * as Effect from "effect/Effect";
import * as LogLevel from "effect/LogLevel";
import * as References from "effect/References";
import * as Tracer from "effect/Tracer";

/** Ids, names and codes that a span and a log line carry. */
export type Facts = Readonly<Record<string, string | number>>;

/** Does the work, in a span of this name where a tracer was given. */
export const spanned = <A, E>(name: string, work: () => Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.withFiber((fiber) =>
    isTraced(fiber) ? Effect.withSpan(Effect.suspend(work), name, UNTRACED) : work(),
  );

/** Tells the span and the log how it ended, if one of them listens. */
export const told = <A, E>(
  effect: Effect.Effect<A, E>,
  message: string,
  facts: { readonly of: (done: A) => Facts; readonly ofError: (error: E) => Facts },
): Effect.Effect<A, E> =>
  Effect.withFiber((fiber) =>
    isTraced(fiber) || isLogged(fiber)
      ? effect.pipe(
          Effect.tap((done) => tell(message, facts.of(done))),
          Effect.tapError((error) => tell(message, facts.ofError(error))),
        )
      : effect,
  );

// Private

// Failures are typed and say where they belong, so no command pays for a stack trace.
const UNTRACED = { captureStackTrace: false } as const;

const tell = (message: string, facts: Facts): Effect.Effect<void> =>
  Effect.annotateCurrentSpan(facts).pipe(
    Effect.andThen(Effect.logDebug(message)),
    Effect.annotateLogs(facts),
  );

type Fiber = Parameters<Parameters<typeof Effect.withFiber>[0]>[0];

// Spans of the native tracer, the one nobody had to give, go nowhere.
const isTraced = (fiber: Fiber): boolean => fiber.getRef(Tracer.Tracer) !== Tracer.nativeTracer;

const isLogged = (fiber: Fiber): boolean =>
  !LogLevel.isGreaterThan(fiber.getRef(References.MinimumLogLevel), "Debug");
