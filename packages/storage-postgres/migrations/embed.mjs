/** Writes the numbered .sql files into src/sql, where a bundled driver finds them: `node migrations/embed.mjs`. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const here = new URL("./", import.meta.url);
for (const file of readdirSync(here).filter((name) => name.endsWith(".sql"))) {
  const sql = readFileSync(new URL(file, here), "utf8");
  const [step, name] = [Number(file.slice(0, 4)), file.slice(5, -4)];
  const text = sql.replace(/[\\`]|\$\{/g, (part) => `\\${part}`);
  writeFileSync(
    new URL(`../src/sql/${file.replace(".sql", ".ts")}`, here),
    `/** The text of migrations/${file}; made by migrations/embed.mjs. */\n` +
      `export const ${name} = {\n  step: ${step},\n  name: "${name}",\n  sql: \`${text}\`,\n};\n`,
  );
}
