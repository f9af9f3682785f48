/**
 * The guard at every door: size and depth are checked before anything is
 * decoded, hostile shapes are refused whole, and the refusal names the path.
 *
 * No message repeats the refused value: it may hold somebody's telephone number.
 */
import * as Result from "effect/Result";
import * as Schema from "effect/Schema";
import type * as SchemaAST from "effect/SchemaAST";
import type * as SchemaIssue from "effect/SchemaIssue";
import { isSoundText } from "./Text.ts";

/** What a door refused: nothing was changed. */
export class InputError extends Schema.TaggedError<InputError>()("InputError", {
  /** The door: `charter`, `hierarchy`, `directory`, `command`, `csv`, `http` ... */
  door: Schema.String,
  /** Where in the input, as a JSON Pointer; empty for the input as a whole. */
  path: Schema.String,
  /** What is wrong, lower case, without the refused value. */
  reason: Schema.String,
  /** What to do about it. */
  advice: Schema.String,
  /**
   * All that is wrong, the first one above included, at most {@link FAULTS_MAX}; only from
   * doors that look on after the first fault, as a charter's does.
   */
  faults: Schema.optionalKey(
    Schema.Array(
      Schema.Struct({ path: Schema.String, reason: Schema.String, advice: Schema.String }),
    ),
  ),
}) {
  override get message(): string {
    return `${this.door}${this.path === "" ? "" : ` at ${this.path}`}: ${this.reason}; ${this.advice}`;
  }
}

/** Faults one error names at most. */
export const FAULTS_MAX = 50;

/** Upper bounds of one input. */
export interface InputLimits {
  /** UTF-8 bytes of the JSON text. */
  readonly bytes: number;
  /** Nested objects and arrays. */
  readonly depth: number;
  /** Values of any kind, counted together. */
  readonly values: number;
}

/** Limits of a command or an HTTP body. */
export const COMMAND_LIMITS: InputLimits = { bytes: 256 * 1024, depth: 16, values: 10_000 };

/** Limits of a charter. */
export const CHARTER_LIMITS: InputLimits = { bytes: 4 * 1024 * 1024, depth: 24, values: 400_000 };

/** Limits of a hierarchy or directory; made for a nation of 700,000 units. */
export const HIERARCHY_LIMITS: InputLimits = {
  bytes: 512 * 1024 * 1024,
  depth: 8,
  values: 20_000_000,
};

/** Parses JSON text under `limits`; size and depth are checked before parsing. */
export const parseJson = (
  text: string,
  options: { readonly door: string; readonly limits: InputLimits },
): Result.Result<unknown, InputError> => {
  const { door, limits } = options;
  if (text.length > limits.bytes || utf8Length(text) > limits.bytes) {
    return refuse(door, "", `is larger than ${limits.bytes} bytes`, "send less at once");
  }
  if (depthOfJson(text, limits.depth) > limits.depth) {
    return refuse(door, "", `is nested deeper than ${limits.depth} levels`, "flatten it");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse(door, "", "is not JSON", "check quotes, commas and brackets");
  }
  return checkShape(value, options);
};

/**
 * Checks an already parsed value: plain data only, no `__proto__`,
 * `constructor` or `prototype` keys, sound text, safe integers or finite
 * numbers, within depth and count.
 */
export const checkShape = (
  value: unknown,
  options: { readonly door: string; readonly limits: InputLimits },
): Result.Result<unknown, InputError> => {
  const { door, limits } = options;
  const stack: Array<Visit> = [{ value, path: "", depth: 0 }];
  let seen = 0;
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    seen += 1;
    if (seen > limits.values) {
      return refuse(door, "", `holds more than ${limits.values} values`, "send less at once");
    }
    const wrong = faultOf(visit.value);
    if (wrong !== undefined) return refuse(door, visit.path, wrong, "send plain JSON data");
    if (typeof visit.value !== "object" || visit.value === null) continue;
    if (visit.depth >= limits.depth) {
      return refuse(door, visit.path, `is nested deeper than ${limits.depth} levels`, "flatten it");
    }
    for (const key of Object.keys(visit.value)) {
      if (FORBIDDEN_KEYS.has(key) || !isSoundText(key)) {
        return refuse(
          door,
          visit.path,
          "holds a key that is not allowed",
          "rename or remove the key",
        );
      }
      stack.push({
        value: (visit.value as Record<string, unknown>)[key],
        path: `${visit.path}/${escapePointer(key)}`,
        depth: visit.depth + 1,
      });
    }
  }
  return Result.succeed(value);
};

/**
 * Decodes untrusted data: {@link checkShape} first, then the schema with
 * unknown fields refused. The first fault found is reported with its path.
 */
export const decodeInput = <S extends Schema.ConstraintDecoder<unknown>>(
  schema: S,
  options: { readonly door: string; readonly limits: InputLimits },
): ((value: unknown) => Result.Result<S["Type"], InputError>) => {
  const decode = decodeStrict(schema);
  return (value) => {
    const checked = checkShape(value, options);
    if (Result.isFailure(checked)) return Result.fail(checked.failure);
    const decoded = decode(value);
    if (Result.isSuccess(decoded)) return Result.succeed(decoded.success);
    const { path, reason } = decoded.failure;
    return refuse(options.door, path, reason, "see the schema of this door");
  };
};

/**
 * The same for documents that people write: all faults are named, at most
 * {@link FAULTS_MAX}, and the first one is the error's own.
 */
export const decodeDocumentInput = <S extends Schema.ConstraintDecoder<unknown>>(
  schema: S,
  options: { readonly door: string; readonly limits: InputLimits },
): ((value: unknown) => Result.Result<S["Type"], InputError>) => {
  const once = decodeInput(schema, options);
  const whole = Schema.decodeUnknownResult(schema, { ...STRICT, errors: "all" });
  return (value) => {
    const decoded = once(value);
    if (Result.isSuccess(decoded)) return decoded;
    const { door, path, reason, advice } = decoded.failure;
    const first = { path, reason, advice };
    const all = whole(value);
    const others = Result.isFailure(all) ? [...faultsIn(all.failure.issue, [])] : [];
    const faults = others.map((fault) => ({ ...fault, path: pointer(fault.path), advice }));
    const rest = faults.filter((fault) => fault.path !== path || fault.reason !== reason);
    return Result.fail(refusedFor(door, first, rest));
  };
};

/** An error that names a first fault and those found after it. */
export const refusedFor = (
  door: string,
  first: { readonly path: string; readonly reason: string; readonly advice: string },
  rest: Iterable<{ readonly path: string; readonly reason: string; readonly advice: string }>,
): InputError => {
  const faults = [first];
  for (const fault of rest) if (faults.push(fault) >= FAULTS_MAX) break;
  return new InputError({ door, ...first, faults });
};

/** Where a value does not fit a schema, as a JSON Pointer, and what is wrong there, without the value. */
export interface SchemaFault {
  readonly path: string;
  readonly reason: string;
}

/** Decodes plain data that came through no door, such as stored JSON: unknown fields refused, first fault named. */
export const decodeStrict = <S extends Schema.ConstraintDecoder<unknown>>(
  schema: S,
): ((value: unknown) => Result.Result<S["Type"], SchemaFault>) => {
  const decode = Schema.decodeUnknownResult(schema, STRICT);
  return (value) => {
    const decoded = decode(value);
    if (Result.isSuccess(decoded)) return Result.succeed(decoded.success);
    const { path, reason } = firstFault(decoded.failure.issue, []);
    return Result.fail({ path: pointer(path), reason });
  };
};

/** A JSON Pointer (RFC 6901) from path parts. */
export const pointer = (path: ReadonlyArray<PropertyKey>): string =>
  path.map((part) => `/${escapePointer(String(part))}`).join("");

/** Shorthand used by the rooms' decoders to refuse with a path of their own. */
export const refuse = (
  door: string,
  path: string,
  reason: string,
  advice: string,
): Result.Result<never, InputError> => Result.fail(new InputError({ door, path, reason, advice }));

interface Visit {
  readonly value: unknown;
  readonly path: string;
  readonly depth: number;
}

const STRICT: SchemaAST.ParseOptions = { onExcessProperty: "error", errors: "first" };
const FORBIDDEN_KEYS = new Set(["__proto__", "constructor", "prototype"]);

const escapePointer = (part: string) => part.replaceAll("~", "~0").replaceAll("/", "~1");

const faultOf = (value: unknown): string | undefined => {
  switch (typeof value) {
    case "string":
      return isSoundText(value) ? undefined : "holds NUL, control characters or lone surrogates";
    case "number":
      if (!Number.isFinite(value)) return "is not a finite number";
      return Number.isInteger(value) && !Number.isSafeInteger(value)
        ? "is beyond the safe integers"
        : undefined;
    case "boolean":
    case "undefined":
      return undefined;
    case "object": {
      if (value === null || Array.isArray(value)) return undefined;
      const prototype: unknown = Object.getPrototypeOf(value);
      return prototype === Object.prototype || prototype === null ? undefined : "is not plain data";
    }
    default:
      return "is not plain data";
  }
};

const utf8Length = (text: string): number => {
  let bytes = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : unit >= 0xd800 && unit < 0xe000 ? 2 : 3;
  }
  return bytes;
};

// Counts brackets outside strings, so that a hostile depth is known before JSON.parse recurses.
const depthOfJson = (text: string, limit: number): number => {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (inString) {
      if (unit === 0x5c) i += 1;
      else if (unit === 0x22) inString = false;
    } else if (unit === 0x22) inString = true;
    else if (unit === 0x7b || unit === 0x5b) {
      depth += 1;
      if (depth > deepest) deepest = depth;
      if (deepest > limit) return deepest;
    } else if (unit === 0x7d || unit === 0x5d) depth -= 1;
  }
  return deepest;
};

interface Fault {
  readonly path: ReadonlyArray<PropertyKey>;
  readonly reason: string;
}

const firstFault = (issue: SchemaIssue.Issue, path: Fault["path"]): Fault => {
  for (const fault of faultsIn(issue, path)) return fault;
  return { path, reason: "is not allowed here" };
};

function* faultsIn(issue: SchemaIssue.Issue, path: Fault["path"]): Generator<Fault, void> {
  switch (issue._tag) {
    case "Pointer":
      return yield* faultsIn(issue.issue, [...path, ...issue.path]);
    case "Filter":
    case "Encoding":
      return yield* faultsIn(issue.issue, path);
    case "Composite":
      for (const inner of issue.issues) yield* faultsIn(inner, path);
      return;
    case "AnyOf": {
      // Of several forms the one that was followed furthest is meant.
      const deepest = issue.issues
        .map((inner) => [...faultsIn(inner, path)])
        .sort((a, b) => (b[0]?.path.length ?? 0) - (a[0]?.path.length ?? 0))[0];
      if ((deepest?.[0]?.path.length ?? 0) > path.length) yield* deepest ?? [];
      else yield { path, reason: "matches none of the allowed forms" };
      return;
    }
    case "MissingKey":
      return yield { path, reason: "is missing" };
    case "UnexpectedKey":
      return yield { path, reason: "is not a known field" };
    case "InvalidType":
      return yield { path, reason: `must be ${nameOfType(issue.ast)}` };
    default:
      return yield { path, reason: annotatedMessage(issue) };
  }
}

const nameOfType = (ast: SchemaAST.AST): string => {
  switch (ast._tag) {
    case "String":
      return "text";
    case "Number":
      return "a number";
    case "Boolean":
      return "true or false";
    case "Arrays":
      return "a list";
    case "Objects":
      return "an object";
    default:
      return "of another type";
  }
};

// Messages of our own filters are fixed sentences; anything else could repeat the value.
const annotatedMessage = (issue: SchemaIssue.Issue): string => {
  const annotations = "annotations" in issue ? issue.annotations : undefined;
  const message =
    annotations === undefined ? undefined : (annotations as Record<string, unknown>)["message"];
  return typeof message === "string" ? message : "is not allowed here";
};
