/** Why: what a server costs is read from the kernel, for its process and the children that it lives with. */
import { readFile, writeFile } from 'node:fs/promises';

export type Usage = { readonly cpuSeconds: number; readonly peakRssMiB: number };

/** Of Linux: USER_HZ, which is 100 wherever Node runs. */
const ticksPerSecond = 100;

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
  const [stat, status] = await Promise.all(['stat', 'status'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8')));
  const fields = (stat ?? '').slice((stat ?? '').lastIndexOf(')') + 2).split(' ');
  const [user = Number.NaN, system = Number.NaN] = fields.slice(11, 13).map(Number);
  const peakKiB = Number(/VmHWM:\s+(\d+)/.exec(status ?? '')?.[1]);
  return { cpuSeconds: (user + system) / ticksPerSecond, peakRssMiB: peakKiB / 1024 };
}
