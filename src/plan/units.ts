/**
 * Why: inside the planner every quantity is in seconds, bytes, bytes per second, 1/second, USD, or a probability;
 * people write `4MiB`, `2ms`, `99.9%`. This is the one place that reads and prints such quantities.
 */
import { CopysetError } from '../base/errors.ts';

/** The Julian year, and a twelfth of it. */
export const yearSec = 31_557_600;
export const monthSec = yearSec / 12;
export const daySec = 86_400;
export const hourSec = 3_600;
export const bytesPerGB = 1e9;

export type Dimension = 'seconds' | 'bytes' | 'bytesPerSecond' | 'perSecond' | 'usd' | 'share' | 'count';

const second = { ns: 1e-9, us: 1e-6, ms: 1e-3, s: 1, min: 60, h: hourSec, d: daySec, month: monthSec, y: yearSec };
const byte = {
  B: 1,
  KB: 1e3,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  PB: 1e15,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  PiB: 2 ** 50,
};
const bit = { 'bit/s': 1 / 8, 'kbit/s': 1e3 / 8, 'Mbit/s': 1e6 / 8, 'Gbit/s': 1e9 / 8 };
const count = { '': 1, k: 1e3, M: 1e6, G: 1e9 };

const suffixed = (units: Record<string, number>, suffix: string) =>
  Object.fromEntries(Object.entries(units).map(([name, factor]) => [name + suffix, factor]));
const per = (units: Record<string, number>) =>
  Object.fromEntries(Object.entries(units).map(([name, factor]) => [`/${name}`, 1 / factor]));

/** Suffix -> factor to the planner's own unit. A bare number is already in it. */
export const unitTable: Readonly<Record<Dimension, Readonly<Record<string, number>>>> = {
  seconds: { '': 1, ...second },
  bytes: { '': 1, ...byte },
  bytesPerSecond: { '': 1, ...suffixed(byte, '/s'), ...bit },
  perSecond: { '': 1, ...per(second) },
  usd: { '': 1, USD: 1, $: 1 },
  share: { '': 1, '%': 0.01 },
  count,
};

/** The quantity in the planner's unit. Throws `request.invalid` that names the place and the units that fit. */
export function parseQuantity(text: unknown, dimension: Dimension, where: string): number {
  const match = /^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*(\S*)\s*$/i.exec(String(text));
  const unit = match?.[2] ?? '';
  const factor = Object.hasOwn(unitTable[dimension], unit) ? unitTable[dimension][unit] : undefined;
  if (match === null || factor === undefined) throw unreadable(text, dimension, where);
  return Number(match[1]) * factor;
}

/** A quantity of which there is no less than nothing. */
export function parseAmount(text: unknown, dimension: Dimension, where: string): number {
  const value = parseQuantity(text, dimension, where);
  if (value < 0) throw new CopysetError('request.invalid', `${where}: ${JSON.stringify(text)} is below zero`);
  return value;
}

function unreadable(text: unknown, dimension: Dimension, where: string): CopysetError {
  const units = Object.keys(unitTable[dimension]).filter((unit) => unit !== '');
  return new CopysetError(
    'request.invalid',
    `${where}: ${JSON.stringify(text)} is no quantity in ${dimension} (${units.join(', ')})`,
  );
}

const shown: Readonly<Record<Dimension, readonly string[]>> = {
  seconds: ['ns', 'us', 'ms', 's', 'min', 'h', 'd', 'y'],
  bytes: ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'],
  bytesPerSecond: ['B/s', 'KB/s', 'MB/s', 'GB/s', 'TB/s'],
  perSecond: ['/y', '/d', '/h', '/s'],
  usd: ['USD'],
  share: [],
  count: [],
};

/** For people: three or four significant digits and the largest unit that keeps the number at 1 or above. */
export function formatQuantity(value: number, dimension: Dimension): string {
  if (!Number.isFinite(value)) return String(value);
  const factors = unitTable[dimension];
  const fitting = shown[dimension].filter((unit) => Math.abs(value) >= (factors[unit] as number));
  const unit = fitting.at(-1) ?? shown[dimension][0];
  if (unit === undefined || value === 0) return significant(value);
  return `${significant(value / (factors[unit] as number))} ${unit}`;
}

function significant(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return '0';
  if (size < 1e-3 || size >= 1e7) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}
