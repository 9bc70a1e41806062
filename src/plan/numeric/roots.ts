/**
 * Why: quantiles and characteristic times are roots of monotone functions; bisection always finds them, to the last
 * bit.
 */
import { assert } from '../../base/assert.ts';

const maxHalvings = 200;
const maxDoublings = 2000;

/** The smallest x in [low, high] with `reached(x)`, where `reached` is false first and true from some point on. */
export function bisect(reached: (x: number) => boolean, low: number, high: number, halvings = maxHalvings): number {
  let below = low;
  let above = high;
  for (let halving = 0; halving < halvings; halving++) {
    const middle = below + (above - below) / 2;
    if (middle <= below || middle >= above) break;
    if (reached(middle)) above = middle;
    else below = middle;
  }
  return above;
}

/** The same on [0, infinity): doubles from `start` until reached, then bisects. */
export function bisectUpwards(reached: (x: number) => boolean, start = 1): number {
  let high = start;
  for (let doubling = 0; !reached(high); doubling++) {
    assert(doubling < maxDoublings, 'a monotone condition is never reached');
    high *= 2;
  }
  return bisect(reached, 0, high);
}
