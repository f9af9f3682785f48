/** Small builders for the generated part of a place. */
import type { UnitInput } from "@linli/core/hierarchy";
import type { Appointment } from "@linli/core/directory";

/** Midnight of 2019-01-01 in Shanghai: before every story told in this package. */
export const BEGINNING = Date.UTC(2018, 11, 31, 16);

/** `7` as `07`, for names that sort. */
export const padded = (number: number, width: number): string =>
  String(number).padStart(width, "0");

/** A unit of the residential chain. */
export const unit = (
  id: string,
  level: string,
  name: UnitInput["name"],
  parent: string,
  aliases?: ReadonlyArray<string>,
): UnitInput => ({
  id,
  level,
  name,
  parents: { residential: parent },
  ...(aliases === undefined ? {} : { aliases }),
});

/** The unit at the top of the residential chain. */
export const rootUnit = (
  id: string,
  level: string,
  name: UnitInput["name"],
  aliases?: ReadonlyArray<string>,
): UnitInput => ({
  id,
  level,
  name,
  parents: {},
  roots: ["residential"],
  ...(aliases === undefined ? {} : { aliases }),
});

/** A name nobody gave: visibly made up by counting. */
export const placeholder = (zh: string, en: string, number: number, width: number) => ({
  zh: `${zh} ${padded(number, width)}`,
  en: `${en} ${padded(number, width)}`,
});

/**
 * An appointment of the `nth` holder of a post at a unit. The person's id says the
 * post and the place and nothing else: `chief.yekou-3`.
 */
export const appointed = (post: string, unitId: string, nth = 1): Appointment => {
  const person = personOf(post, unitId, nth);
  return { id: `a.${person}`, person, post, unit: unitId, from: BEGINNING };
};

/** The id of the `nth` holder of a post at a unit. */
export const personOf = (post: string, unitId: string, nth = 1): string =>
  nth === 1 ? `${post}.${unitId}` : `${post}.${unitId}.${nth}`;

/** Shares `total` among `parts`, the larger shares first. */
export const shares = (total: number, parts: number): ReadonlyArray<number> =>
  Array.from({ length: parts }, (_, i) => Math.floor(total / parts) + (i < total % parts ? 1 : 0));
