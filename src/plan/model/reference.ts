/**
 * Why: the documents of the planner list its keys and metrics from the tables that the code uses, held equal by a test.
 */
import { type Dist, quantile } from '../distribution.ts';
import { type Dimension, formatQuantity } from '../units.ts';
import { metricIds, metricTable } from './metrics.ts';
import { sections } from './parameters.ts';
import type { Field } from './reader.ts';

export type ReferenceTable = { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };

/** Every key of the inputs file that carries a number or a delay. */
export function inputsReference(): ReferenceTable {
  const rows = Object.entries<Readonly<Record<string, Field>>>(sections).flatMap(([section, schema]) =>
    Object.values(schema).map((field) => [`\`${section}.${field.key}\``, unitOf(field), defaultOf(field), field.text]),
  );
  return { columns: ['key', 'what it takes', 'default', 'meaning, and source of the default'], rows };
}

const units: Readonly<Record<Field['kind'], string>> = {
  seconds: '`2ms`',
  delay: 'a delay',
  bytes: '`4MiB`, `8TB`',
  bytesPerSecond: '`10Gbit/s`, `1GB/s`',
  perSecond: '`200/s`',
  perYear: '`2/y`',
  usd: 'USD',
  share: '`99.9%`',
  count: 'a number',
};

function unitOf(field: Field): string {
  return units[field.kind];
}

function defaultOf({ fallback, kind }: Field): string {
  if (fallback === undefined) return 'must be given';
  if (kind === 'perYear') return `${fallback as number}/y`;
  if (kind === 'share') return `${Number((100 * (fallback as number)).toPrecision(6))}%`;
  return typeof fallback === 'number' ? formatQuantity(fallback, kind as Dimension) : medianOf(fallback);
}

function medianOf(delay: Dist): string {
  return formatQuantity(quantile(delay, 0.5), 'seconds');
}

/** Every metric that can be limited or minimised. */
export function metricsReference(): ReferenceTable {
  const rows = metricIds.map((metric) => {
    const { dimension, better, text, formulas } = metricTable[metric];
    return [`\`${metric}\``, dimension, better, text, formulas.map((name) => `\`${name}\``).join(' ')];
  });
  return { columns: ['metric', 'in', 'better', 'what it is', 'formulas'], rows };
}
