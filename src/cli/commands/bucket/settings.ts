/**
 * Why: a block size is given where it differs from the store's; the default of `dev` and `serve` is none of a bucket.
 */
import type { BucketSettings } from '../../../admin/contract.ts';
import type { Call } from '../../command.ts';

export function settingsOf({
  options,
  origins,
}: Pick<Call<'writeQuorum' | 'blockBytes'>, 'options' | 'origins'>): BucketSettings {
  const { writeQuorum, blockBytes } = options;
  return { ...(writeQuorum && { writeQuorum }), ...(origins.blockBytes !== 'default' && { blockBytes }) };
}
