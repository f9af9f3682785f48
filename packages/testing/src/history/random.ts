/** A small seeded sequence (Lehmer), so that a history can be made again. */
export type Random = (below: number) => number;

/** Whole numbers from 0 up to but not including `below`. */
export const seededRandom = (seed: number): Random => {
  let state = (Math.abs(seed) % 2_147_483_646) + 1;
  const next = () => (state = (state * 48_271) % 2_147_483_647);
  // The first numbers of neighbouring seeds resemble each other.
  for (let i = 0; i < 8; i += 1) next();
  return (below) => Math.floor((next() / 2_147_483_647) * below);
};
