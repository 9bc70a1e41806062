import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadProgram, runPlan } from '../../bench/load/program.ts';
import { makePlan } from '../../bench/run/preload.ts';
import { requestsOf } from '../../bench/run/requests.ts';
import { directWrites, naming } from '../../bench/targets/bare-work.ts';
import { eventReceiver, slabReceiver } from '../../bench/targets/receivers.ts';
import type { RunningServer, RunningWork, Target } from '../../bench/targets/target.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-bare-'));
});
afterAll(() => rm(folder, { recursive: true }));

const { signal } = new AbortController();
const put = { name: 'PUT', kind: 'put', bytes: 300_000, connections: 2, objects: 3 } as const;

async function started(target: Target): Promise<RunningServer | RunningWork> {
  const running = await target.start(folder, 100);
  if ('missing' in running) throw new Error(running.missing);
  return running;
}

test.skipIf(process.platform !== 'linux')('the disk is written directly, and its work counted in objects', async () => {
  const disk = (await started(directWrites)) as RunningWork;
  const pages = { ...put, bytes: 128 * 1024 };
  const { outcome, cpuSeconds, peakRssMiB } = await disk.work(pages, { milliseconds: 200, signal });
  expect(outcome.requests).toBeGreaterThanOrEqual(2);
  expect(outcome.p50Ms).toBeGreaterThan(0);
  expect(outcome.seconds).toBeGreaterThan(0.19);
  expect(cpuSeconds).toBeGreaterThan(0);
  expect(peakRssMiB).toBeGreaterThan(10);
  expect((await stat(join(folder, 'written'))).size).toBe(2 ** 29);
  await disk.stop();
  const aborted = disk.work(pages, { milliseconds: 200, signal: AbortSignal.abort() });
  await expect(aborted).rejects.toThrow('abort');
});

test.skipIf(process.platform !== 'linux')('where nothing can be written directly there is no such limit', async () => {
  const nowhere = join(folder, 'nowhere');
  expect(await directWrites.start(nowhere, 100)).toEqual({ missing: expect.stringContaining('cannot write directly') });
});

test('naming is counted in objects, of blocks where they are larger', async () => {
  const names = (await started(naming)) as RunningWork;
  const { outcome } = await names.work({ ...put, bytes: 64 * 2 ** 20 }, { milliseconds: 50, signal });
  expect(outcome.requests).toBeGreaterThanOrEqual(1);
  await names.stop();
});

test.each([
  ['slabs', slabReceiver],
  ["'data'", eventReceiver],
])('a receiver by %s takes bodies and keeps nothing', async (_, target) => {
  const before = await readdir(folder);
  const server = (await started(target)) as RunningServer;
  try {
    const options = { planFolder: folder, program: loadProgram(folder), under: [], tell: () => undefined, signal };
    await using plan = await makePlan(server.endpoint.port, requestsOf(server.endpoint, put), options);
    const outcome = await runPlan(
      options.program,
      { ...plan, connections: 2, milliseconds: 60_000, limit: 6 },
      options,
    );
    expect(outcome.statuses).toEqual({ 200: 6 });
  } finally {
    await server.stop();
  }
  expect((await readdir(folder)).filter((name) => !name.startsWith('epoll-load'))).toEqual(
    before.filter((name) => !name.startsWith('epoll-load')),
  );
});
