/**
 * Deadlines the shipped charters share.
 *
 * None of the places' articles gives a deadline in figures; each figure here is a
 * default of ours with the law or practice it leans on, said in `basis`, and a
 * place that adopts a charter sets its own.
 */
import type { ClockSet } from "@linli/core/charter";

const ours = (leansOn: string): string => `default of ours; no article gives a figure; ${leansOn}`;

/** Danger to life or property: the numbers are called first, this is the follow-up. */
export const danger: ClockSet = {
  accept: { clock: "wallHours", amount: 0, minutes: 30 },
  resolve: { clock: "wallHours", amount: 2 },
  basis: ours(
    "30 minutes as departments answer a whistle in Pinggu, 2 hours as Beijing's limit for emergencies (both from secondary sources); handed over at once: 北京市接诉即办工作条例 11",
  ),
};

/** A hazard to the public (a manhole cover, flying charging wires), and water, power, gas, heat. */
export const hazard: ClockSet = {
  accept: { clock: "wallHours", amount: 2 },
  resolve: { clock: "wallHours", amount: 24 },
  basis: ours(
    "2 hours and 24 hours as hotlines ask (secondary sources); service round the clock: 北京市接诉即办工作条例 19",
  ),
};

/** Cleaning, waste, water on the road. */
export const cleaning: ClockSet = {
  accept: { clock: "workingHours", amount: 2 },
  resolve: { clock: "workingHours", amount: 4 },
  basis: ours("2 and 4 working hours as in a published list of grid events (secondary source)"),
};

/** An ordinary request. */
export const general: ClockSet = {
  accept: { clock: "workingDays", amount: 1 },
  resolve: { clock: "workingDays", amount: 5 },
  basis: ours("5 working days as in the hotline regulations of Jinan (24) and Weifang (20)"),
};

/** An errand done for a resident. */
export const errand: ClockSet = {
  accept: { clock: "workingDays", amount: 1 },
  resolve: { clock: "wallHours", amount: 48 },
  basis: ours("48 hours where errands are promised, as in Hefei (secondary source)"),
};

/** Several units have a part in it. */
export const complex: ClockSet = {
  accept: { clock: "workingDays", amount: 1 },
  resolve: { clock: "naturalDays", amount: 15 },
  basis: ours(
    "15 days as Beijing's limit for complex matters (secondary source); extended only with a reason told to the reporter: 北京市接诉即办工作条例 15",
  ),
};

/** What must be reported at once and still takes several units. */
export const critical: ClockSet = {
  accept: { clock: "wallHours", amount: 2 },
  resolve: { clock: "naturalDays", amount: 15 },
  basis: ours("accepted as fast as a hazard, settled within the time of complex matters"),
};

/** Works and funds: a plan within days, then progress each month until the planned date. */
export const longTerm: ClockSet = {
  accept: { clock: "workingDays", amount: 5 },
  resolve: { clock: "naturalDays", amount: 30 },
  review: { clock: "naturalDays", amount: 30 },
  basis: ours(
    "a plan within 5 working days, progress reported monthly, as the blue class of Tongzhou (secondary source)",
  ),
};
