/**
 * Why: what a volume does on a bad day must meet the shipping code in a test: it fails (`error`), is full, is slow,
 * hangs, gives back a wrong bit (`flip`), or does its work and loses the answer (`unknown`). A put is atomic by the
 * contract, so one that is `torn` leaves nothing. Operations are named as the methods of `Volume`.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import { CopysetError } from '../../base/errors.ts';
import { type Fault, type Faults, withFault } from '../../base/fault-schedule.ts';
import type { Volume } from '../volume.ts';

const plain: readonly Fault[] = ['error', 'delay', 'hang'];
const reading: readonly Fault[] = ['flip', ...plain];
const deleting: readonly Fault[] = ['unknown', ...plain];
const putting: readonly Fault[] = ['torn', 'full', ...deleting];

/** No call below sees the signal: who gives up leaves it under way. */
export function withVolumeFaults(volume: Volume, faults: Faults): Volume {
  const { schedule } = faults;
  const draw =
    (possible: readonly Fault[]) =>
    <T>(operation: string, work: () => Promise<T>, options?: CallOptions) =>
      withFault(faults, { operation, possible, options }, (fault) => play(operation, fault, work));
  const call = draw(plain);
  const read: Volume['read'] = (address, range, options) =>
    withFault(faults, { operation: 'read', possible: reading, options }, async (fault) => {
      if (fault !== 'flip') return play('read', fault, () => volume.read(address, range));
      return schedule.flip(await volume.read(address, range));
    });
  return {
    id: volume.id,
    capabilities: volume.capabilities,
    get blocks() {
      return volume.blocks;
    },
    put: (block, options) =>
      draw(putting)('put', () => volume.put(block, { replace: options?.replace === true }), options),
    read,
    stat: (address, options) => call('stat', () => volume.stat(address), options),
    delete: (address, options) => draw(deleting)('delete', () => volume.delete(address), options),
    list: (query, options) => call('list', () => volume.list(query), options),
    usage: (options) => call('usage', () => volume.usage(), options),
    check: (options) => call('check', () => volume.check(), options),
    close: (options) => volume.close(options),
  };
}

async function play<T>(operation: string, fault: Fault | undefined, work: () => Promise<T>): Promise<T> {
  if (fault === undefined) return work();
  if (fault === 'unknown') await work();
  const code = fault === 'full' ? 'disk.full' : 'disk.io';
  throw new CopysetError(code, `${operation}: injected fault (${fault})`);
}
