/**
 * The CSV door: a file, plain or gzipped, as a stream of records.
 *
 * Bytes, columns and the size of one record are bounded while reading, so that a
 * hostile or mistaken file (a compression bomb, a film, one endless line) is
 * refused early. A file that cannot be read as CSV is refused whole, before
 * anything was done with it; no message repeats what stands in it.
 */
import * as Effect from "effect/Effect";
import * as Stream from "effect/Stream";
import { Csv } from "effect/encoding";
import { InputError } from "@linli/core/data";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";

/** Upper bounds of one file. */
export interface CsvLimits {
  /** Bytes after decompression. */
  readonly bytes: number;
  /** Records, the header not counted. */
  readonly records: number;
  /** UTF-16 units of one record. */
  readonly recordSize: number;
  readonly columns: number;
}

/** Far above a year of a large city. */
export const CSV_LIMITS: CsvLimits = {
  bytes: 1024 * 1024 * 1024,
  records: 1_000_000,
  recordSize: 64 * 1024,
  columns: 200,
};

/** The records of a file as lists of cells; empty lines are passed over. */
export const readCsv = (
  path: string,
  limits: CsvLimits = CSV_LIMITS,
): Stream.Stream<Csv.Row, InputError> =>
  Stream.fromAsyncIterable(bytesOf(path, limits), (cause) =>
    cause instanceof InputError ? cause : unreadable(cause),
  ).pipe(
    Stream.pipeThroughChannelOrFail(
      Csv.decode({ maxRecordSize: limits.recordSize, ignoreEmptyLines: true }),
    ),
    Stream.catchTag("CsvError", (error) => Stream.fail(malformed(error))),
    Stream.zipWithIndex,
    Stream.mapEffect(([cells, index]) =>
      cells.length > limits.columns
        ? Effect.fail(refusal(`/${index}`, "has too many columns", "check the delimiter: a comma"))
        : index > limits.records
          ? Effect.fail(refusal("", `holds more than ${limits.records} records`, "split the file"))
          : Effect.succeed(cells),
    ),
  );

/** A refusal of this door; `path` names the record, the header being 0. */
export const refusal = (path: string, reason: string, advice: string): InputError =>
  new InputError({ door: "csv", path, reason, advice });

// Private

async function* bytesOf(path: string, limits: CsvLimits): AsyncGenerator<Uint8Array> {
  const gzipped = await isGzip(path);
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const source = gzipped ? pipeline(file, createGunzip(), () => {}) : file;
  const text = new TextDecoder("utf-8", { fatal: true });
  let bytes = 0;
  for await (const chunk of source as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > limits.bytes) {
      throw refusal("", `is larger than ${limits.bytes} bytes`, "split the file");
    }
    mustBeText(text, chunk);
    yield chunk;
  }
  mustBeText(text);
}

// A file in another encoding would be read as other words: its places and types would be nobody's.
const mustBeText = (text: TextDecoder, chunk?: Uint8Array): void => {
  try {
    text.decode(chunk, { stream: chunk !== undefined });
  } catch {
    throw refusal("", "is not UTF-8 text", "save it as CSV in UTF-8");
  }
};

const isGzip = async (path: string): Promise<boolean> => {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
};

// The system's message may hold a path of somebody's machine; its code says enough.
const unreadable = (cause: unknown): InputError => {
  const code = (cause as { readonly code?: unknown } | null)?.code;
  const known = typeof code === "string" && /^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? code : "unknown";
  return known.startsWith("Z_")
    ? refusal("", `is a damaged gzip file (${known})`, "fetch or compress it again")
    : refusal("", `cannot be read (${known})`, "name an existing file, CSV or gzipped CSV");
};

const malformed = (error: Csv.CsvError): InputError =>
  error.kind === "RecordSize"
    ? refusal(`/${error.record - 1}`, "is longer than one record may be", "check the quotes")
    : refusal(
        `/${error.record - 1}`,
        "is not CSV (quotes out of place)",
        "quote cells as RFC 4180 says",
      );
