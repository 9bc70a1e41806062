import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shareOf } from '../../../tools/long-share.ts';
import { copyset } from '../../support/dev-process.ts';
import { runKillCycles } from './kill-cycles.ts';

test('200 kills under load lose, change and halve nothing that was acknowledged', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'copyset-kill-'));
  try {
    const cycles = shareOf(200);
    const { readyMs, wrong, ...report } = await runKillCycles({ directory, cycles, seed: 2 });
    const slowest = Math.round(Math.max(...readyMs));
    const median = Math.round(readyMs.toSorted((left, right) => left - right)[readyMs.length >> 1] ?? 0);
    console.log(
      `${report.kills} kills under load and ${report.killsAtStart} while starting: ${report.acknowledged} writes ` +
        `acknowledged, ${report.unanswered} under way (${report.appeared} of them happened), ${report.verified} ` +
        `objects compared, ${wrong.length} wrong; ready again in ${median} ms (median), ${slowest} ms (slowest)`,
    );
    expect(wrong).toEqual([]);
    expect(report.unanswered).toBeGreaterThan(0);
    expect(slowest).toBeLessThan(10_000);
    expect(await copyset('catalog', 'verify', '--dir', directory)).toMatchObject({ code: 0 });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
