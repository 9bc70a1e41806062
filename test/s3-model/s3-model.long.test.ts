/** The whole run: 5,000 sequences. Where only a share of the long runs is asked for, s3-model.test.ts is this one's. */
import { expect, test } from 'vitest';
import { shareOf } from '../../tools/long-share.ts';
import { checkSequences, tell } from './check-sequences.ts';

const all = 5_000;
const count = shareOf(all);

/** Without these the run says little. */
const mustHappen = [
  'complete 200',
  'complete 400 EntityTooSmall',
  'complete 400 InvalidPart',
  'complete 400 InvalidPartOrder',
  'complete 404 NoSuchUpload',
  'complete 412 PreconditionFailed',
  'copy 200',
  'copy 400 InvalidRequest',
  'copy 404 NoSuchVersion',
  'copy 412 PreconditionFailed',
  'copyPart 200',
  'copyPart 400 InvalidArgument',
  'delete 204',
  'delete 412 PreconditionFailed',
  'deleteBucket 204',
  'deleteBucket 409 BucketNotEmpty',
  'deleteObjects 200',
  'get 206',
  'get 304',
  'get 405 MethodNotAllowed',
  'get 412 PreconditionFailed',
  'get 416 InvalidPartNumber',
  'get 416 InvalidRange',
  'put 200',
  'put 400 BadDigest',
  'put 412 PreconditionFailed',
  'putTags 200',
];

test.skipIf(count < all)(
  `${count} random sequences of S3 operations are answered as the model of S3 has it`,
  async () => {
    const outcomes = await checkSequences(count, 'test/s3-model/s3-model.long.test.ts');
    tell(count, outcomes);
    expect(mustHappen.filter((outcome) => !outcomes.has(outcome))).toEqual([]);
  },
  3_600_000,
);
