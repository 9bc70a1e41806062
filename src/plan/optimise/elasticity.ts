/** Why: "10 % slower repair, 20 % more loss" is what operators can weigh; an elasticity says it for any input. */

const defaultStep = 1e-4;

/** d ln f / d ln x at x, by the central difference of logarithms. */
export function elasticityAt(f: (x: number) => number, x: number, step = defaultStep): number {
  const low = Math.log(f(x * Math.exp(-step)));
  const high = Math.log(f(x * Math.exp(step)));
  return (high - low) / (2 * step);
}
