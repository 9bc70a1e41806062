/**
 * Why: a store that an earlier version wrote is kept as a file for ever; this is what lies in it, so that every later
 * version can be held to it: packed and large objects, some of several parts and with a manifest, a copy, an
 * overwritten and a deleted one, an upload that goes on, copies that are owed, and damage. What is told here of a
 * released store is frozen.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { S3Client } from '../support/client.ts';

export const bucket = 'kept';
const mebibyte = 2 ** 20;
const partBytes = 5 * mebibyte;

type Pattern = { readonly seed: number; readonly bytes: number };

/** Compresses well, and no two blocks are equal: the length of the pattern is prime. */
export function patternOf({ seed, bytes }: Pattern): Buffer {
  return Buffer.alloc(bytes, `copyset keeps what it was given, seed ${seed}`.padEnd(61, '.'));
}

export const wholeObjects: ReadonlyMap<string, Pattern> = new Map([
  ...Array.from({ length: 12 }, (_, at) => [`packed/${at}`, { seed: 100 + at, bytes: 250 * (at + 1) }] as const),
  ['empty', { seed: 200, bytes: 0 }],
  ['medium', { seed: 201, bytes: 100_000 }],
  ['large', { seed: 202, bytes: 2.5 * mebibyte }],
  ['overwritten', { seed: 203, bytes: 4_000 }],
]);

/** Put while a volume was away. */
export const owedObjects: ReadonlyMap<string, Pattern> = new Map(
  Array.from({ length: 4 }, (_, at) => [`owed/${at}`, { seed: 300 + at, bytes: 70_000 }] as const),
);

/** 18 blocks: enough for a manifest. */
export const multipart = {
  key: 'multipart',
  parts: [partBytes, partBytes, partBytes, 2.2 * mebibyte].map((bytes, at) => ({
    seed: 400 + at,
    bytes: Math.floor(bytes),
  })),
};
export const unfinished = {
  key: 'unfinished',
  parts: [
    { seed: 500, bytes: partBytes },
    { seed: 501, bytes: 1_000 },
  ],
};
export const copied = { from: 'packed/3', to: 'copied' };
export const deleted = 'deleted';

/** Every object and its bytes. */
export function keptObjects(): Map<string, Buffer> {
  const simple = [...wholeObjects, ...owedObjects].map(([key, pattern]) => [key, patternOf(pattern)] as const);
  const kept = new Map<string, Buffer>(simple);
  kept.set(multipart.key, Buffer.concat(multipart.parts.map(patternOf)));
  kept.set(copied.to, kept.get(copied.from) as Buffer);
  return kept;
}

/** Reads everything back. One sentence for each thing that is not as it was. */
export async function differences(client: S3Client): Promise<string[]> {
  const expected = keptObjects();
  const wrong: string[] = [];
  for (const [key, bytes] of expected) {
    const answer = await client.get(bucket, key);
    if (answer?.body.equals(bytes) !== true) wrong.push(`${key} is ${answer?.body.byteLength} bytes and differs`);
  }
  const listed = (await client.list(bucket)).map(({ key }) => key);
  const strangers = listed.filter((key) => !expected.has(key));
  return [...wrong, ...strangers.map((key) => `${key} is there and should not be`)];
}

/** Where the store of a version is kept. */
export function archiveOf(version: string): string {
  return fileURLToPath(new URL(`stores/${version}.tar.zst`, import.meta.url));
}

/** Beyond what a copy of a block is away from the next. */
const windowLog = 27;
/** Room that is kept free; a store without it makes it anew. */
const reserves = ['catalog.sqlite-reserve', 'journal/reserve'];

export function pack(directory: string, archive: string): void {
  const order = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  const tar = runTar(['-cf', '-', ...order, ...reserves.map((name) => `--exclude=${name}`), '-C', directory, '.']);
  const params = {
    [constants.ZSTD_c_compressionLevel]: 19,
    [constants.ZSTD_c_windowLog]: windowLog,
    [constants.ZSTD_c_enableLongDistanceMatching]: 1,
  };
  writeFileSync(archive, zstdCompressSync(tar, { params }));
}

export function unpack(archive: string, directory: string): void {
  const params = { [constants.ZSTD_d_windowLogMax]: windowLog };
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  runTar(['-xpf', '-', '-C', directory], zstdDecompressSync(readFileSync(archive), { params }));
}

function runTar(args: readonly string[], input?: Buffer): Buffer {
  const { status, stdout, stderr } = spawnSync('tar', args, { input, maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`tar: ${stderr.toString()}`);
  return stdout;
}
