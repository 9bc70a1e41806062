/**
 * Why: nothing unverified leaves a volume. What users read is checked against the checksums of its chunks; what repair,
 * scrub and copies go on from is a whole block that is checked against its name as well.
 */
import { type CallOptions, throwIfAborted } from '../base/async/abort.ts';
import type { BlockAddress } from '../base/block-address.ts';
import { CopysetError } from '../base/errors.ts';
import {
  chunkBytes,
  chunkSpan,
  chunksMatch,
  decodeHeader,
  findChunkDamage,
  findDamage,
  findMisplacement,
  payloadOf,
  storedHeaderBytes,
} from './stored-form.ts';
import type { Volume } from './volume.ts';

function damaged(volume: Volume, address: BlockAddress, why: string): CopysetError {
  return new CopysetError('block.damaged', `block ${address.name} on volume ${volume.id}: ${why}`);
}

/** The payload of a whole block, verified against its name. `block.missing`, `block.damaged`. */
export async function readWholeBlock(
  volume: Volume,
  address: BlockAddress,
  options: CallOptions = {},
): Promise<Uint8Array> {
  return readWhole(volume, address, { ...options, findWrong: findDamage });
}

/** The payload of a whole block, each chunk verified by its checksum. `block.missing`, `block.damaged`. */
export async function readBlockChunks(
  volume: Volume,
  address: BlockAddress,
  options: CallOptions = {},
): Promise<Uint8Array> {
  return readWhole(volume, address, { ...options, findWrong: findChunkDamage });
}

async function readWhole(
  volume: Volume,
  address: BlockAddress,
  { findWrong, ...options }: CallOptions & { readonly findWrong: typeof findDamage },
): Promise<Uint8Array> {
  const stored = await volume.read(address, undefined, options);
  const damage = findWrong(stored, { address, volumeId: volume.id });
  if (damage !== undefined) throw damaged(volume, address, damage);
  return payloadOf(stored);
}

export type RangeOptions = CallOptions & {
  /** Of the whole block, as its reference says. */ readonly payloadBytes: number;
};

/** Payload bytes [from, to), each chunk that holds them verified by its checksum. `block.missing`, `block.damaged`. */
export async function readBlockRange(
  volume: Volume,
  address: BlockAddress,
  range: { readonly from: number; readonly to: number },
  options: RangeOptions,
): Promise<Uint8Array> {
  const { payloadBytes } = options;
  const span = chunkSpan(payloadBytes, range.from, range.to);
  const [head, data, table] = await Promise.all([
    volume.read(address, { from: 0, to: storedHeaderBytes }, options),
    volume.read(address, span.data, options),
    volume.read(address, span.table, options),
  ]);
  throwIfAborted(options.signal);
  return verifiedRange({ head, data, table }, { volume, address, range, payloadBytes, span });
}

/** What was read for a range: the header, the chunks that hold it, their checksums. */
type RangeParts = { readonly head: Uint8Array; readonly data: Uint8Array; readonly table: Uint8Array };

type ExpectedRange = {
  readonly volume: Volume;
  readonly address: BlockAddress;
  readonly range: { readonly from: number; readonly to: number };
  readonly payloadBytes: number;
  readonly span: ReturnType<typeof chunkSpan>;
};

/** The range within `data`. `block.damaged` unless all of what was read is right; `format.unknown_version`. */
export function verifiedRange({ head, data, table }: RangeParts, expected: ExpectedRange): Uint8Array {
  const { volume, address, range, payloadBytes, span } = expected;
  const header = decodeHeader(head);
  if (header === undefined) throw damaged(volume, address, 'its header is damaged');
  const misplaced = findMisplacement(header, { address, volumeId: volume.id });
  if (misplaced !== undefined) throw damaged(volume, address, misplaced);
  if (header.payloadBytes !== payloadBytes)
    throw damaged(volume, address, `it holds ${header.payloadBytes} bytes, not ${payloadBytes}`);
  if (data.byteLength !== span.data.to - span.data.from || !chunksMatch(data, table, header.checksum)) {
    throw damaged(volume, address, `chunks from ${span.firstChunk} do not match their checksums`);
  }
  const start = range.from - span.firstChunk * chunkBytes;
  return data.subarray(start, start + range.to - range.from);
}
