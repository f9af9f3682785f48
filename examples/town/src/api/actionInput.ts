/** The input of an action as JSON Schema, closed as the library's own door is. */
import type { Action } from "@linli/core/issue";
import * as Schema from "effect/Schema";

const known = new Map<string, Record<string, unknown>>();

/** The JSON Schema of an action's input, its `type` included. */
export const inputSchema = (action: Action): Record<string, unknown> => {
  let schema = known.get(action.command);
  if (schema === undefined) {
    const document = Schema.toJsonSchemaDocument(action.input, { onExcessProperty: "error" });
    const { definitions } = document;
    schema = {
      ...document.schema,
      ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions }),
    };
    known.set(action.command, schema);
  }
  return schema;
};
