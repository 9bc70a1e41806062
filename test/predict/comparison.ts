/** Why: what was predicted and what was measured, side by side, with the bound that was set before. */

import { unreachable } from '../../src/base/assert.ts';

export type Bound =
  /** Of the measured value. */
  | { readonly kind: 'relative'; readonly most: number }
  /** Percentage points. */
  | { readonly kind: 'points'; readonly most: number }
  | { readonly kind: 'exact' };

export type Unit = 'ms' | 's' | 'bytes' | 'share' | 'count';

export type Comparison = {
  readonly configuration: string;
  readonly what: string;
  readonly unit: Unit;
  readonly predicted: number;
  readonly measured: number;
  readonly bound: Bound;
};

export function isWithin({ predicted, measured, bound }: Comparison): boolean {
  switch (bound.kind) {
    case 'relative':
      return Math.abs(predicted / measured - 1) <= bound.most;
    case 'points':
      return 100 * Math.abs(predicted - measured) <= bound.most;
    case 'exact':
      return predicted === measured;
    default:
      return unreachable(bound);
  }
}

/** As Markdown. */
export function tableOf(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map((each) => [
    each.configuration,
    each.what,
    shown(each.predicted, each.unit),
    shown(each.measured, each.unit),
    errorOf(each),
    boundOf(each.bound),
    isWithin(each) ? 'yes' : '**miss**',
  ]);
  const head = ['configuration', 'what', 'predicted', 'measured', 'error', 'bound', 'within'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function shown(value: number, unit: Unit): string {
  switch (unit) {
    case 'ms':
      return `${(1000 * value).toFixed(1)} ms`;
    case 's':
      return `${value.toFixed(2)} s`;
    case 'share':
      return `${(100 * value).toFixed(1)} %`;
    case 'bytes':
    case 'count':
      return Math.round(value).toLocaleString('en');
    default:
      return unreachable(unit);
  }
}

function errorOf({ predicted, measured, bound }: Comparison): string {
  if (bound.kind === 'exact') return String(predicted - measured);
  const error = bound.kind === 'points' ? 100 * (predicted - measured) : 100 * (predicted / measured - 1);
  return `${error >= 0 ? '+' : ''}${error.toFixed(1)}${bound.kind === 'points' ? ' points' : ' %'}`;
}

function boundOf(bound: Bound): string {
  if (bound.kind === 'exact') return 'exact';
  return bound.kind === 'points' ? `${bound.most} points` : `${100 * bound.most} %`;
}
