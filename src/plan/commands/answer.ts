/**
 * Why: a command of the planner answers with data; how it is printed (table, JSON, file) is the command line's
 * business.
 */
import { type MetricId, metricTable } from '../model/metrics.ts';
import { formatQuantity } from '../units.ts';

/** As everywhere: 0 done, 1 a check failed, 2 bad input (thrown as `request.*`), 3 not met. */
export type AnswerCode = 0 | 1 | 3;

export type Table = {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
};

export type NamedText = { readonly name: string; readonly text: string };

export type Answer = {
  readonly exitCode: AnswerCode;
  /** The whole answer as plain data, numbers in the planner's units. */
  readonly json: unknown;
  readonly tables: readonly Table[];
  readonly notes: readonly string[];
  /** Pictures and other files worth keeping; the caller decides where. */
  readonly files: readonly NamedText[];
};

export function answer(parts: Partial<Answer> & { readonly json: unknown }): Answer {
  return { exitCode: 0, tables: [], notes: [], files: [], ...parts };
}

export function shown(metric: MetricId, value: number): string {
  return formatQuantity(value, metricTable[metric].dimension);
}
