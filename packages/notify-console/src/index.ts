/** Linli notifications printed to the console, one JSON line each. */
export { encodeLine, makeConsoleNotifier } from "./ConsoleNotifier.ts";
export type { ConsoleNotifierOptions } from "./ConsoleNotifier.ts";
