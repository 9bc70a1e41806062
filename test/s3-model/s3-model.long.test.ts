/** The whole run: 5,000 sequences. Where only a share of the long runs is asked for, s3-model.test.ts is this one's. */
import { expect, test } from 'vitest';
import { shareOf } from '../../tools/long-share.ts';
import { checkSequences, tell } from './check-sequences.ts';

const all = 5_000;
const count = shareOf(all);

test.skipIf(count < all)(
  `${count} random sequences of S3 operations are answered as the model of S3 has it`,
  async () => {
    const outcomes = await checkSequences(count, 'test/s3-model/s3-model.long.test.ts');
    tell(count, outcomes);
    expect(outcomes.size).toBeGreaterThan(0);
  },
  3_600_000,
);
