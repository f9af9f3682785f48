/** Faults in words, with what is behind them. */

/** Name and message of what was thrown, and of its causes: a driver's author looks for those. */
export const toldOf = (fault: unknown): string => {
  const told: Array<string> = [];
  let inner: unknown = fault;
  // Causes may go round in a circle.
  for (let depth = 0; depth < DEEPEST; depth += 1) {
    told.push(`${depth === 0 ? "" : "caused by "}${one(inner)}`);
    if (!(inner instanceof Error) || !("cause" in inner)) break;
    inner = inner.cause;
  }
  return told.join("; ");
};

const DEEPEST = 5;

const one = (fault: unknown): string =>
  fault instanceof Error ? `${fault.name}: ${fault.message}` : plain(fault);

const plain = (fault: unknown): string => {
  if (typeof fault === "string") return JSON.stringify(fault);
  if (typeof fault !== "object" || fault === null) return String(fault);
  try {
    // What has a way of its own to show itself, as an issue of a schema, is best shown by it.
    const shows: unknown = Array.isArray(fault) ? null : Reflect.get(fault, "toString");
    if (typeof shows === "function" && shows !== Object.prototype.toString) {
      const shown: unknown = Reflect.apply(shows, fault, []);
      if (typeof shown === "string") return shown;
    }
    const text: unknown = JSON.stringify(fault);
    return typeof text === "string" ? text : "an object";
  } catch {
    return "an object";
  }
};
