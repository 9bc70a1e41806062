import { describe, expect, it } from 'vitest';
import type { JobProgress } from '../admin/contract.ts';
import { systemClock } from '../base/clock.ts';
import { CopysetError } from '../base/errors.ts';
import { Jobs } from './jobs.ts';

const scrub = { kind: 'scrub', unit: 'bytes' } as const;

async function lastOf(progress: AsyncIterable<JobProgress>): Promise<JobProgress | undefined> {
  let last: JobProgress | undefined;
  for await (const each of progress) last = each;
  return last;
}

describe('jobs', () => {
  it('tell how far they are, what they found, and that they are done', async () => {
    const jobs = new Jobs(systemClock);
    const id = jobs.start(scrub, async (job) => {
      job.expect(10);
      job.advance(4);
      job.find({ where: 'v1', problem: 'damaged' });
      job.advance(6);
    });
    const seen: JobProgress[] = [];
    for await (const progress of jobs.follow(id)) seen.push(progress);
    expect(seen.at(-1)).toMatchObject({ state: 'done', done: 10, total: 10 });
    expect(seen.flatMap(({ findings }) => findings ?? [])).toEqual([{ where: 'v1', problem: 'damaged' }]);
    expect(jobs.running()).toEqual([]);
  });

  it('learn of more work on the way', async () => {
    const jobs = new Jobs(systemClock);
    const id = jobs.start(scrub, async (job) => {
      job.expect(4);
      job.advance(4);
      job.expect(3);
      job.advance(3);
    });
    expect(await lastOf(jobs.follow(id))).toMatchObject({ state: 'done', done: 7, total: 7 });
  });

  it('that run tell how long they will take, whoever asks', async () => {
    const jobs = new Jobs(systemClock);
    const gate = Promise.withResolvers<void>();
    const id = jobs.start(scrub, async (job) => {
      job.expect(10);
      job.advance(5);
      await gate.promise;
    });
    await systemClock.sleep(20);
    const [running] = jobs.running();
    expect(running).toMatchObject({ id, done: 5, etaMs: expect.any(Number) as unknown });
    expect(running?.etaMs).toBeGreaterThan(0);
    gate.resolve();
    await jobs.finished(id);
  });

  it('tell how long they will take also when the clock is set meanwhile', async () => {
    let aheadMs = 0;
    const jobs = new Jobs({ ...systemClock, wallMs: () => systemClock.wallMs() + aheadMs });
    const gate = Promise.withResolvers<void>();
    const id = jobs.start(scrub, async (job) => {
      job.expect(10);
      job.advance(5);
      await gate.promise;
    });
    await systemClock.sleep(20);
    for (aheadMs of [-3 * 3_600_000, 3 * 3_600_000]) {
      const [running] = jobs.running();
      expect(running?.etaMs).toBeGreaterThan(0);
      expect(running?.etaMs).toBeLessThan(60_000);
    }
    gate.resolve();
    await jobs.finished(id);
  });

  it('of one kind and volume are one job, of another volume another', async () => {
    const jobs = new Jobs(systemClock);
    const gate = Promise.withResolvers<void>();
    const wait = () => gate.promise;
    const first = jobs.start(scrub, wait);
    expect(jobs.start(scrub, wait)).toBe(first);
    expect(jobs.start({ ...scrub, volume: 'v1' }, wait)).not.toBe(first);
    expect(jobs.start({ ...scrub, inBackground: true }, wait)).not.toBe(first);
    gate.resolve();
    await jobs.finished(first);
  });

  it('that fail say why, to followers and to those who wait', async () => {
    const jobs = new Jobs(systemClock);
    const id = jobs.start(scrub, async () => {
      throw new CopysetError('disk.io', 'the disk is gone');
    });
    expect(await lastOf(jobs.follow(id))).toMatchObject({ state: 'failed', error: 'the disk is gone' });
    await expect(jobs.finished(id)).rejects.toMatchObject({ code: 'disk.io' });
  });

  it('are aborted and waited for when the server stops', async () => {
    const jobs = new Jobs(systemClock);
    const id = jobs.start(scrub, (job) => systemClock.sleep(60_000, job));
    await jobs.stop();
    expect(await lastOf(jobs.follow(id))).toMatchObject({ state: 'failed' });
  });

  it('that are unknown are named', async () => {
    await expect(lastOf(new Jobs(systemClock).follow('scrub-7'))).rejects.toMatchObject({ code: 'not_found' });
  });
});
