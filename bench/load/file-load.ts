/**
 * Why: what the disk itself gives: the same bytes into places of one file, each write synced before it counts, and
 * plain reads of them; no names, no network.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { BodyMaker } from './bodies.ts';
import type { Job, Load } from './job.ts';

export async function makeFileLoad(path: string, { workload, round }: Job): Promise<Load> {
  const file = await open(`${path}-${workload.bytes}`, workload.verb === 'put' ? 'w+' : 'r');
  const numbers = Array.from({ length: workload.requests }, (_, at) => at % workload.objects);
  return {
    run: async () => {
      const rest = numbers.values();
      const tookMs: number[] = [];
      const work = Array.from({ length: workload.connections }, async () => {
        const maker = new BodyMaker(workload.bytes);
        for (const number of rest) {
          const body = workload.verb === 'put' ? maker.body(round, number) : maker.body(0, 0);
          const startedMs = performance.now();
          if (workload.verb === 'put') await writeDurably(file, body, number);
          else await file.read(body, 0, body.byteLength, number * workload.bytes);
          tookMs.push(performance.now() - startedMs);
        }
      });
      await Promise.all(work);
      return tookMs;
    },
    end: () => file.close(),
  };
}

async function writeDurably(file: FileHandle, body: Buffer, number: number): Promise<void> {
  await file.write(body, 0, body.byteLength, number * body.byteLength);
  await file.datasync();
}
