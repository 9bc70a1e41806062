/** Why: what a server costs is read from the kernel, for its process and the children that it lives with. */
import { readdir, readFile, writeFile } from 'node:fs/promises';

export type Usage = { readonly cpuSeconds: number; readonly peakRssMiB: number };

export async function usageOf(pid: number): Promise<Usage> {
  const each = await Promise.all((await family(pid)).map(usageOfOne));
  return {
    cpuSeconds: each.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    peakRssMiB: each.reduce((sum, { peakRssMiB }) => sum + peakRssMiB, 0),
  };
}

/** The peak counts from now on. */
export async function resetPeak(pid: number): Promise<void> {
  for (const each of await family(pid)) await writeFile(`/proc/${each}/clear_refs`, '5');
}

async function family(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const children = text.split(' ').filter((each) => each.trim() !== '');
  return [pid, ...(await Promise.all(children.map((child) => family(Number(child))))).flat()];
}

async function usageOfOne(pid: number): Promise<Usage> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const peakKiB = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]);
  const threads = await Promise.all((await readdir(`/proc/${pid}/task`)).map((id) => threadCpuNs(pid, id)));
  return { cpuSeconds: threads.reduce((sum, ns) => sum + ns, 0) / 1e9, peakRssMiB: peakKiB / 1024 };
}

/** By the scheduler, to the nanosecond: what /proc/PID/stat says in hundredths of a second is too coarse here. */
async function threadCpuNs(pid: number, thread: string): Promise<number> {
  const text = await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return '0'; // it ended while we looked
    throw error;
  });
  return Number(text.split(' ')[0]);
}
