/**
 * Makes the committed extract of Boston's requests from the portal's file:
 *
 *     node examples/replay/scripts/makeData.ts --input 311_service_requests_2011h2.csv.gz
 *
 * Only columns that are used stay: times, status, kind of request and ward. Texts,
 * titles, addresses, coordinates and pictures are left behind.
 */
import * as Effect from "effect/Effect";
import * as Stream from "effect/Stream";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { readCsv } from "../src/csv.ts";
import { COLUMNS } from "../src/requests.ts";

/** What the replay reads, and the two columns the charter's category tree is made from. */
const KEPT: ReadonlyArray<string> = [...COLUMNS, "subject", "reason"];

const { values } = parseArgs({ options: { input: { type: "string" } } });
if (values.input === undefined) throw new TypeError("name the file: --input FILE.csv[.gz]");

const [header = [], ...rows] = Array.from(
  await Effect.runPromise(Stream.runCollect(readCsv(values.input))),
);
const at = KEPT.map((column) => header.indexOf(column));
if (at.includes(-1)) throw new TypeError(`the file needs the columns ${KEPT.join(", ")}`);

const cellOf = (cell: string): string =>
  /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
const lines = [header, ...rows].map((cells) =>
  at.map((index) => cellOf((cells[index] ?? "").trim())).join(","),
);
const target = new URL("../data/boston-311-2011h2.csv.gz", import.meta.url);
writeFileSync(target, gzipSync(`${lines.join("\n")}\n`, { level: 9 }));
process.stdout.write(`${rows.length} rows, ${KEPT.length} columns\n`);
