/**
 * Why: where a volume lies at an endpoint, and under which key each of its objects is found. Keys of blocks begin with
 * their partition and are in address order. docs/formats/volume-s3.md tells them.
 */
import { addressKey, type BlockAddress, blockAddressBytes, decodeAddress } from '../../base/block-address.ts';
import { partitionOf } from '../../base/block-name.ts';
import { fromHex } from '../../base/bytes.ts';
import { CopysetError } from '../../base/errors.ts';
import type { S3Client, S3Path } from '../../s3-client/client.ts';

export type VolumePlace = {
  readonly client: S3Client;
  readonly bucket: string;
  /** What all keys of the volume begin with: empty, or ended by `/`. */
  readonly prefix: string;
};

/** The keys of blocks are these bytes longer than the prefix. */
const maxPrefixBytes = 512;

export function placeVolume(client: S3Client, bucket: string, folder: string): VolumePlace {
  const bare = folder.replace(/^\/+|\/+$/g, '');
  if (Buffer.byteLength(bare) > maxPrefixBytes || bare.split('/').some((part) => part === '.' || part === '..')) {
    throw new CopysetError(
      'request.invalid',
      `the prefix of a volume must have at most ${maxPrefixBytes} bytes and neither . nor .. in it`,
    );
  }
  return { client, bucket, prefix: bare === '' ? '' : `${bare}/` };
}

/** For messages. */
export function placeText({ bucket, prefix }: VolumePlace): string {
  return `s3://${bucket}/${prefix}`;
}

export function pathIn({ bucket, prefix }: VolumePlace, name: string): S3Path {
  return { bucket, key: prefix + name };
}

export const identityName = 'identity.json';
export const ownerName = 'owner.json';
export const probeFolder = 'probe/';
export const blocksFolder = 'blocks/';

/** What the keys of all blocks of a partition begin with, behind the prefix. */
export function partitionFolder(partition: number): string {
  return `${blocksFolder}${partition.toString(16).padStart(3, '0')}/`;
}

export function blockObject(address: BlockAddress): string {
  return partitionFolder(partitionOf(address.name)) + addressKey(address);
}

/** Undefined for an object that is no block of ours. */
export function addressOfKey({ prefix }: VolumePlace, key: string): BlockAddress | undefined {
  const bytes = fromHex(key.slice(key.lastIndexOf('/') + 1));
  if (bytes?.byteLength !== blockAddressBytes) return undefined;
  const address = decodeAddress(bytes);
  return prefix + blockObject(address) === key ? address : undefined;
}
