/** Why: sensitivities and robust draws move one input at a time; the schema says what can be moved. */
import { type Dist, scaled } from '../distribution.ts';
import { normalQuantile } from '../numeric/special.ts';
import type { PlannerInputs } from './inputs.ts';
import type { Measured } from './measured.ts';
import type { Field } from './reader.ts';
import { burstSchema, linkSchema, nodeSchema, rackSchema, siteSchema, storeSchema, workloadSchema } from './schema.ts';

/** Section of the inputs file -> its fields. */
export const sections = {
  sites: siteSchema,
  racks: rackSchema,
  nodes: nodeSchema,
  links: linkSchema,
  bursts: burstSchema,
  workloads: workloadSchema,
  store: storeSchema,
} as const;

type Section = keyof typeof sections;
type Row = Readonly<Record<string, unknown>>;

/** One field of the inputs file, in all rows of its section at once. */
export type Parameter = {
  /** `nodes.mtbf`: section and key as in the file. */
  readonly id: string;
  readonly section: Section;
  readonly field: string;
  /** Shares near one move by what is missing to one. */
  readonly complement: boolean;
};

/** Counts of the layout of things are what is decided or given, not estimated. */
const fixed: readonly string[] = [
  'objects',
  'catalogCopies',
  'blocksInFlight',
  'writesInFlight',
  'cachedBlock',
  'depth',
  'fanout',
  'capacity',
];

export const parameters: readonly Parameter[] = (Object.keys(sections) as Section[]).flatMap((section) =>
  Object.entries<Field>(sections[section])
    .filter(([, field]) => !fixed.includes(field.key))
    .map(([field, { key }]) => ({ id: `${section}.${key}`, section, field, complement: key === 'up' })),
);

function rowsOf(inputs: PlannerInputs, section: Section): readonly Row[] {
  return section === 'store' ? [inputs.store] : inputs[section];
}

function measuredIn(row: Row, field: string): Measured<number | Dist> {
  return row[field] as Measured<number | Dist>; // the schema lists only such fields
}

/** The same inputs with one parameter multiplied. */
export function scaleParameter(inputs: PlannerInputs, parameter: Parameter, factor: number): PlannerInputs {
  const rows = rowsOf(inputs, parameter.section).map((row) => {
    const measured = measuredIn(row, parameter.field);
    return { ...row, [parameter.field]: { ...measured, value: scaledValue(measured.value, parameter, factor) } };
  });
  return { ...inputs, [parameter.section]: parameter.section === 'store' ? rows[0] : rows };
}

function scaledValue(value: number | Dist, { complement }: Parameter, factor: number): number | Dist {
  if (typeof value !== 'number') return scaled(value, factor);
  return complement ? Math.max(0, 1 - (1 - value) * factor) : value * factor;
}

/**
 * True when scaling it changes nothing: all its values are zero (or, of shares near one, one), or there are no rows.
 */
export function isIdle(inputs: PlannerInputs, parameter: Parameter): boolean {
  const zero = parameter.complement ? 1 : 0;
  return rowsOf(inputs, parameter.section).every((row) => {
    const { value } = measuredIn(row, parameter.field);
    return value === zero || (typeof value !== 'number' && value.type === 'const' && value.value === 0);
  });
}

const spreadWithoutEvidence = 0.25;
const widestSpread = 1;

/**
 * Standard deviation of the logarithm: from the 90 % interval; from the number of observations; else 0.25 (a factor of
 * 1.5 either way at 90 %), which is what a default or somebody's word is worth.
 */
export function spreadOf(inputs: PlannerInputs, parameter: Parameter): number {
  const spreads = rowsOf(inputs, parameter.section).map((row) => spreadOfOne(measuredIn(row, parameter.field)));
  return Math.min(widestSpread, Math.max(0, ...spreads));
}

function spreadOfOne({ ci, n, source }: Measured<number | Dist>): number {
  const [low, high] = ci ?? [0, 0];
  if (typeof low === 'number' && typeof high === 'number' && low > 0)
    return Math.log(high / low) / (2 * normalQuantile(0.95));
  if (source === 'measured') return n === undefined ? 0 : 1 / Math.sqrt(n);
  return spreadWithoutEvidence;
}
