/** Why: placement is greedy throughout: the cheapest choice by several criteria in order, and always the same one. */

/** The first item with the least price. */
export function leastBy<T>(items: readonly T[], priceOf: (item: T) => number): T | undefined {
  let best: T | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const price = priceOf(item);
    if (price < least) [best, least] = [item, price];
  }
  return best;
}

/** A number that orders as the list of digits does; each is from 0 to below `radix`, and all fit in 53 bits. */
export function inOrder(radix: number, digits: readonly number[]): number {
  return digits.reduce((number, digit) => number * radix + digit, 0);
}
