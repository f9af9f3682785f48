/**
 * The order of index keys: by the bytes of their UTF-8 form.
 *
 * JavaScript compares UTF-16 units, which puts U+FFFD after an emoji; databases
 * with a binary collation put it before. Everything ordered by the port uses this
 * order, so that a page looks the same over every driver.
 */

/** Negative, zero or positive as `left` sorts before, with or after `right`. */
export const compareBytewise = (left: string, right: string): number => {
  if (left === right) return 0;
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i += 1) {
    const a = left.charCodeAt(i);
    const b = right.charCodeAt(i);
    if (a !== b) return rankOfUnit(a) - rankOfUnit(b);
  }
  return left.length - right.length;
};

/** UTF-8 bytes of well-formed text. */
export const utf8Bytes = (text: string): number => {
  let bytes = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // Each half of a surrogate pair stands for two of its four bytes.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return bytes;
};

/** True when `text` has more than `limit` UTF-8 bytes; counts only where length alone cannot tell. */
export const exceedsBytes = (text: string, limit: number): boolean =>
  text.length > limit || (text.length * 3 > limit && utf8Bytes(text) > limit);

// Surrogates stand for code points above U+FFFF and so sort after every other unit.
const rankOfUnit = (unit: number): number => {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
};
