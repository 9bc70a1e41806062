/** Why: what a sample says, in the units that tables print: throughput, and what it cost the server. */
import type { Sample } from './cells.ts';
import { pageKeys, type Workload } from './workload.ts';

export type RateUnit = 'MB/s' | 'requests/s' | 'keys/s';
export type CpuUnit = 's/GB' | 'us/request' | 'us/page';

/** Of one request. */
function movedBytes({ bytes, rangeBytes }: Workload): number {
  return rangeBytes ?? bytes;
}

/** Throughput of large objects is in bytes; of small ones, and of mixed work, in requests. */
function isInBytes(workload: Workload): boolean {
  return workload.kind !== 'mixed' && movedBytes(workload) >= 100_000;
}

export function rateUnitOf(workload: Workload): RateUnit {
  if (workload.kind === 'list') return 'keys/s';
  return isInBytes(workload) ? 'MB/s' : 'requests/s';
}

export function cpuUnitOf(workload: Workload): CpuUnit {
  if (workload.kind === 'list') return 'us/page';
  return isInBytes(workload) ? 's/GB' : 'us/request';
}

export function rateOf({ workload, outcome: { requests, seconds } }: Sample): number {
  if (workload.kind === 'list') return (requests * pageKeys) / seconds;
  return isInBytes(workload) ? (requests * movedBytes(workload)) / 1e6 / seconds : requests / seconds;
}

/** Undefined where nothing succeeded. */
export function cpuOf({ workload, outcome: { requests }, cpuSeconds }: Sample): number | undefined {
  if (requests === 0) return undefined;
  return isInBytes(workload) ? cpuSeconds / ((requests * movedBytes(workload)) / 1e9) : (cpuSeconds / requests) * 1e6;
}

export function toMB(mebibytes: number): number {
  return (mebibytes * 2 ** 20) / 1e6;
}
