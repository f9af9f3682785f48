/** Texts that are legal and still break careless storages, screens and encodings. */
import * as fc from "fast-check";

/** Awkward pieces: each has broken some program. */
export const NASTY_PIECES: ReadonlyArray<string> = [
  "",
  " ",
  "  trailing  ",
  "\t\n\r\n",
  "'",
  '"',
  "\\",
  "`",
  "%",
  "_",
  ";--",
  "$1",
  "?1",
  "NULL",
  "null",
  "undefined",
  "__proto__",
  "0",
  "-0",
  "1e999",
  "9007199254740993",
  "é",
  "e\u0301",
  "Å",
  "ß",
  "ẞ",
  "İ",
  "ı",
  "叶口巷3号",
  "𠮷野家",
  "龘",
  "👩‍👩‍👧‍👦",
  "🇨🇳",
  "\u{10ffff}",
  "\ud7ff",
  "\ue000",
  "\ufffd",
  "\uffff",
  "\ufeff",
  "\u200b",
  "\u202e",
  "\u2028",
  "\u0001",
  "\u001f",
  "\u007f",
  "مرحبا",
  "ไทย",
];

const codePoint = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) },
  { weight: 3, arbitrary: fc.integer({ min: 0x4e00, max: 0x9fff }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 0xd7ff }) },
  { weight: 1, arbitrary: fc.integer({ min: 0xe000, max: 0x10ffff }) },
);

/** Any well-formed text without NUL, at most about `maxPieces` pieces long; may be empty. */
export const nastyText = (maxPieces = 8): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        fc.constantFrom(...NASTY_PIECES),
        codePoint.map((point) => String.fromCodePoint(point)),
      ),
      { maxLength: maxPieces },
    )
    .map((pieces) => pieces.join(""));

/** The same, never empty: for ids, streams and names that the storage port takes. */
export const nastyName = (maxPieces = 6): fc.Arbitrary<string> =>
  nastyText(maxPieces).map((text) => (text === "" ? "无" : text));

/** Text that no door may let in: NUL or a lone surrogate somewhere in it. */
export const brokenText = (): fc.Arbitrary<string> =>
  fc
    .tuple(nastyText(3), fc.constantFrom("\u0000", "\ud800", "\udfff"), nastyText(3))
    .map(([before, fault, after]) => before + fault + after)
    .filter((text) => text.includes("\u0000") || !text.isWellFormed());

/** Identifiers as the library's `Id` schema takes them: 1 to 80 characters, any script. */
export const identifier = (): fc.Arbitrary<string> => {
  const first = fc.constantFrom(..."abcXYZ019镇东社区楼栋长ßé");
  const rest = fc.constantFrom(..."abcXYZ019_.:-镇东社区楼栋长ßé");
  return fc
    .tuple(first, fc.array(rest, { maxLength: 79 }))
    .map(([head, tail]) => head + tail.join(""));
};
