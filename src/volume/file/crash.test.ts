import { describe, expect, test } from 'vitest';
import { countProblems, type Lies, surviveCrashes, surviveDamage, surviveFaults } from './life.conformance.ts';

describe('a file volume', { timeout: 30_000 }, () => {
  test.each(['power cut', 'kill', 'either'] as const)('keeps what it acknowledged: %s', async (ending) => {
    await surviveCrashes(8, ending);
  });

  test('keeps it when calls fail on the way, and is retired by a failed sync', async () => {
    await surviveFaults(25);
  });

  test('loses to one damaged byte one block at most, and serves no byte of it', async () => {
    await surviveDamage(40);
  });

  /** A disk without a promise that the volume builds on must show in these tests, or they show nothing. */
  test.each<[string, Lies]>([
    ['syncs of files', { ignoreFileSync: true }],
    ['syncs of directories', { ignoreDirectorySync: true }],
  ])('is not safe without %s', async (_, lies) => {
    expect(await countProblems(10, lies)).toBeGreaterThan(0);
  });
});
