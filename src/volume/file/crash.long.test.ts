import { test } from 'vitest';
import { shareOf } from '../../../tools/long-share.ts';
import { surviveCrashes, surviveDamage, surviveFaults } from './life.conformance.ts';

test.each(['power cut', 'kill', 'either'] as const)('a file volume keeps what it acknowledged: %s', async (ending) => {
  await surviveCrashes(shareOf(2000, 20), ending);
});

test('a file volume keeps it when calls fail on the way', async () => {
  await surviveFaults(shareOf(2000, 40));
});

test('a file volume loses to one damaged byte one block at most', async () => {
  await surviveDamage(shareOf(2000, 40));
});
