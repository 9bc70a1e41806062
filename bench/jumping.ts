/** Why: what is asked for must lie anywhere, and in the same places in every run. */

/** Multiples of it, but for their whole parts, fill an interval evenly, in an order that jumps. */
const goldenRatio = (1 + Math.sqrt(5)) / 2;

/** The place of the one with this number, in [0, 1). */
export function jumpingPlace(number: number): number {
  return (number * goldenRatio) % 1;
}
