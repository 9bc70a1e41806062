/** Why: figures mean nothing without the machine that they come from, and what else it had to do. */
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

export function machine(): string {
  const [cpu] = cpus();
  const memoryGiB = (totalmem() / 2 ** 30).toFixed(0);
  const parts = [`${availableParallelism()} cores (${cpu?.model ?? 'unknown'})`, `${memoryGiB} GiB`];
  return [...parts, `kernel ${release()}`, `Node ${process.versions.node}`].join(', ');
}

/** Of the last one, five and fifteen minutes. */
export function loadText(): string {
  return loadavg()
    .map((value) => value.toFixed(1))
    .join(' ');
}
