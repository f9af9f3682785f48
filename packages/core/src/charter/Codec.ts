/**
 * The charter's door: JSON in, canonical JSON out, and the JSON Schema of both.
 */
import * as Result from "effect/Result";
import * as Schema from "effect/Schema";
import {
  CHARTER_LIMITS,
  checkShape,
  decodeDocumentInput,
  encodeCanonical,
  type InputError,
  parseJson,
} from "../data/index.ts";
import type { Charter } from "./Charter.ts";
import { type CharterOptions, compileCharter } from "./Compile.ts";
import { CharterDocument, Extends } from "./Document.ts";
import { inherit, type PartialDocument } from "./Flatten.ts";

/**
 * Decodes and compiles a charter of unknown origin: JSON text or a parsed value.
 * A charter that `extends` another need not repeat what it leaves as it is.
 */
export const decodeCharter = (
  input: unknown,
  options: CharterOptions = {},
): Result.Result<Charter, InputError> => {
  const document = decodeDocument(input, options);
  if (Result.isFailure(document)) return Result.fail(document.failure);
  return compileCharter(document.success, options);
};

/** The same without compiling: shape checked, base copied in. */
export const decodeDocument = (
  input: unknown,
  options: CharterOptions = {},
): Result.Result<CharterDocument, InputError> => {
  const value = typeof input === "string" ? parseJson(input, DOOR) : checkShape(input, DOOR);
  if (Result.isFailure(value)) return Result.fail(value.failure);
  if (!isExtending(value.success)) return decodeShape(value.success);
  const filled = inherit(value.success, options);
  return Result.isFailure(filled) ? Result.fail(filled.failure) : decodeShape(filled.success);
};

/** Canonical JSON: equal charters have equal text, and decoding it gives the document back. */
export const encodeCharter = (charter: Charter | CharterDocument): string =>
  encodeCanonical("document" in charter ? charter.document : charter);

/** JSON Schema (2020-12) of a complete charter document. */
export const charterJsonSchema = (): Readonly<Record<string, unknown>> => {
  const { schema, definitions } = Schema.toJsonSchemaDocument(CharterDocument, {
    onExcessProperty: "error",
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Linli charter 治理办法",
    ...schema,
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions }),
  };
};

// Private

const DOOR = { door: "charter", limits: CHARTER_LIMITS };

const decodeShape = decodeDocumentInput(CharterDocument, DOOR);

const isExtending = Schema.is(
  Schema.Struct({
    id: Schema.String,
    version: Schema.String,
    extends: Extends,
    open: Schema.optionalKey(Schema.Array(Schema.String)),
  }),
) as (value: unknown) => value is PartialDocument;
