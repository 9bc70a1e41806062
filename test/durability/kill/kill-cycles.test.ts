import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { copyset } from '../../support/dev-process.ts';
import { runKillCycles } from './kill-cycles.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'copyset-kill-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

test('10 kills under load lose, change and halve nothing that was acknowledged', async () => {
  const report = await runKillCycles({ directory, cycles: 10, seed: 1 });
  expect(report.wrong).toEqual([]);
  expect(report.acknowledged).toBeGreaterThan(50);
  expect(report.unanswered, 'kills that met requests under way').toBeGreaterThan(0);
  expect(Math.max(...report.readyMs)).toBeLessThan(10_000);
  expect(await copyset('catalog', 'verify', '--dir', directory)).toMatchObject({
    code: 0,
    out: expect.not.stringContaining('findings'),
  });
});
