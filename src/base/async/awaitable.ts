/** Why: a promise for what is at hand costs more than the answer: where that is frequent, it is given at once. */

/** Throws what it would reject with, too. */
export type Awaitable<T> = T | Promise<T>;

/** `use` of the value; at once where it is at hand. */
export function after<T, R>(value: Awaitable<T>, use: (value: T) => Awaitable<R>): Awaitable<R> {
  return value instanceof Promise ? value.then(use) : use(value);
}
