/** Why: a forecast assumes that tomorrow is like today; two detectors say when it is not. Act when both agree. */
import { at } from '../numeric/lists.ts';
import { median as medianOf } from '../numeric/statistics.ts';

const normalConsistency = 0.6745;

/** Values whose modified z-score |0.6745 (x - median) / MAD| exceeds the threshold (Iglewicz and Hoaglin 1993: 3.5). */
export function madAnomaly(input: { readonly values: readonly number[]; readonly threshold: number }) {
  const median = medianOf(input.values);
  const mad = medianOf(input.values.map((value) => Math.abs(value - median)));
  const scores = input.values.map((value) =>
    value === median ? 0 : Math.abs((normalConsistency * (value - median)) / mad),
  );
  const anomalies = scores.flatMap((score, index) => (score > input.threshold ? [index] : []));
  return { median, mad, anomalies, maxAbsZ: Math.max(...scores) };
}

/** Cumulative sums above and below target with slack (Page 1954); the first index past the limit, null when none. */
export function cusum(input: {
  readonly values: readonly number[];
  readonly target: number;
  readonly slack: number;
  readonly limit: number;
}) {
  let sPlus = 0;
  let sMinus = 0;
  let alarmIndex: number | null = null;
  input.values.forEach((x, index) => {
    sPlus = Math.max(0, sPlus + x - input.target - input.slack);
    sMinus = Math.max(0, sMinus + input.target - x - input.slack);
    if (alarmIndex === null && Math.max(sPlus, sMinus) > input.limit) alarmIndex = index;
  });
  return { alarmIndex, sPlus, sMinus };
}

/**
 * Both detectors over one series: the shift must show in the running sum and in at least one outlier after it began.
 */
export function confirmedShift(values: readonly number[], target: number, spread: number): boolean {
  const { alarmIndex } = cusum({ values, target, slack: spread / 2, limit: 5 * spread });
  if (alarmIndex === null) return false;
  const { anomalies } = madAnomaly({
    values: [...values.slice(0, alarmIndex), at(values, values.length - 1)],
    threshold: 3.5,
  });
  return anomalies.length > 0;
}
