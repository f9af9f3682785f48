/** Duties of a chief: each place names its own set. */
import type { LocalText } from "@linli/core/data";

/** One of a chief's duties. */
export interface Duty {
  readonly id: string;
  readonly name: LocalText;
}
