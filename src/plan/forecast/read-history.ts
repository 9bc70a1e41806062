/** Why: a forecast needs the past, with units: bytes in use, or load on a replica, one value each step. */
import { invalid, Reader } from '../model/reader.ts';
import { type Dimension, parseAmount } from '../units.ts';
import type { History } from './forecast.ts';

const mostSteps = 100_000;

/** `{step: 1d, period: 7, capacity: 10TB, values: [4.1TB, ...]}`. Throws `request.invalid` that names the place. */
export function readFill(file: unknown, horizonSec: number) {
  const reader = new Reader(file, 'history');
  const history = readHistory(reader, 'bytes', horizonSec);
  const capacityBytes = needed(reader, 'capacity', 'bytes');
  reader.finish();
  return { history, capacityBytes };
}

/** `{step: 1h, period: 24, values: [300/s, ...], applyRate: 900/s, propagation: 40ms, burst: 10min}`. */
export function readLoad(file: unknown, horizonSec: number) {
  const reader = new Reader(file, 'history');
  const history = readHistory(reader, 'perSecond', horizonSec);
  const replica = {
    applyRate: needed(reader, 'applyRate', 'perSecond'),
    propagationSec: needed(reader, 'propagation', 'seconds'),
    burstSec: needed(reader, 'burst', 'seconds'),
  };
  reader.finish();
  return { history, replica };
}

function readHistory(reader: Reader, dimension: Dimension, horizonSec: number): History {
  const at = (index: number) => `${reader.where}.values[${index}]`;
  const values = reader.list('values').map((value, index) => parseAmount(value, dimension, at(index)));
  const stepSec = needed(reader, 'step', 'seconds');
  const period = reader.quantity('period', 'count', 1);
  if (values.length < 2) throw invalid(`${reader.where}.values`, 'a forecast needs two values at least');
  if (!(stepSec > 0 && horizonSec / stepSec <= mostSteps))
    throw invalid(`${reader.where}.step`, `the horizon is at most ${mostSteps} steps away`);
  if (!(Number.isInteger(period) && period >= 1)) throw invalid(`${reader.where}.period`, 'a whole number of values');
  return { values, stepSec, period };
}

function needed(reader: Reader, key: string, dimension: Dimension): number {
  return parseAmount(reader.raw(key), dimension, `${reader.where}.${key}`);
}
