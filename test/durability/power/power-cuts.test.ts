import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { plantProgram, withoutFileSync } from '../../support/planted-program.ts';
import { type PlaceName, places } from './places.ts';
import { runPowerCuts } from './power-cuts.ts';
import { whyNoPowerDevice } from './power-device.ts';

vi.setConfig({ testTimeout: 300_000 });

const reason = await whyNoPowerDevice();
const names = Object.keys(places) as PlaceName[];

describe.skipIf(reason !== undefined)(`the power is cut${reason === undefined ? '' : ` (${reason})`}`, () => {
  test.each(names)('%s: nothing acknowledged is lost', async (place) => {
    const report = await runPowerCuts({ place, cuts: 1, seed: 1 });
    expect(report.wrong).toEqual([]);
    expect(report.acknowledged).toBeGreaterThanOrEqual(20);
  });

  test.each(names)('%s: a program without fdatasync is found', async (place) => {
    const directory = await mkdtemp(join(tmpdir(), 'copyset-planted-'));
    try {
      await mkdir(join(directory, 'program'));
      const root = await plantProgram(join(directory, 'program'), withoutFileSync);
      let wrong: readonly string[] = [];
      // the kernel may happen to have written all by itself before one of the cuts
      for (let seed = 3; seed < 8 && wrong.length === 0; seed++)
        ({ wrong } = await runPowerCuts({ place, cuts: 1, seed, root }));
      expect(wrong.join('\n')).toMatch(/is absent|cannot be (read|listed)|damaged/);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
