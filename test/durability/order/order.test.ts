import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { plantProgram, withoutDirectorySync, withoutFileSync } from '../../support/planted-program.ts';
import { runTraced, whyNoStrace } from './traced-run.ts';

vi.setConfig({ testTimeout: 300_000 });

const reason = whyNoStrace();

describe.skipIf(reason !== undefined)(
  `the order of system calls${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    let directory: string;

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'copyset-order-'));
    });
    afterEach(async () => {
      await rm(directory, { recursive: true, force: true });
    });

    test('no 200 before its blocks are durable on W volumes, then its record in W journals', async () => {
      const run = await runTraced({ directory, seed: 1, objects: 40 });
      expect(run.broken).toEqual([]);
      expect(run.judged).toBe(run.acknowledged);
      expect(run.blocks).toBeGreaterThan(40);
    });

    test.each([
      { name: 'fdatasync', plant: withoutFileSync, promise: /its (block|record) .*was durable (on|in) [01] / },
      {
        name: 'sync of directories',
        plant: withoutDirectorySync,
        promise: /its (block|record) .*was durable (on|in) [01] /,
      },
    ])('finds a program that makes no $name', async ({ plant, promise }) => {
      const program = join(directory, 'program');
      await mkdir(program);
      const root = await plantProgram(program, plant);
      const run = await runTraced({ directory, seed: 2, objects: 10, root });
      expect(run.broken.length).toBeGreaterThanOrEqual(10);
      expect(run.broken[0]).toMatch(promise);
    });
  },
);
