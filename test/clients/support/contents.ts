/** Why: all clients move the same things: one large file, odd names, many keys. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { seededRandom } from '../../../src/base/random.ts';
import type { S3Client } from '../../support/client.ts';

export const largeBytes = 64 * 2 ** 20;
export const manyKeys = Array.from({ length: 2500 }, (_, at) => `many/${at % 7}/sample-${at}`);

/** Names that a file system can hold. */
export const oddNames = [
  'a b',
  'a+b',
  '%2e',
  '%',
  'é',
  'e\u0301',
  '🐳',
  '\t',
  'a\\b',
  "it's",
  '"',
  '<&>',
  'x?y=z#w',
  '~',
  '...',
  'deep/er/file',
];

/** What no client reads as a path, nor takes amiss. */
export const oddKeys = [...oddNames, 'a//b', '日本', '*', '(x)', '!', ' a ', 'k'.repeat(1024), 'é'.repeat(512)];

const putsAtOnce = 32;

/** Different in each block of 4 KiB, so that no block is stored once for many. */
export function largeContent(): Buffer {
  const bytes = Buffer.alloc(largeBytes);
  for (let at = 0; at < bytes.byteLength; at += 4096) bytes.set(seededRandom(at).bytes(64), at);
  return bytes;
}

export function inKeyOrder(keys: readonly string[]): string[] {
  return keys.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}

/** Each file holds its own name. */
export async function writeNamed(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), `content of ${name}`);
  }
}

/** Names of all files below the folder with what they hold. */
export async function readTexts(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = paths.map(async (path) => [path.slice(folder.length + 1), await readFile(path, 'utf8')] as const);
  return Object.fromEntries(await Promise.all(texts));
}

export function textsOf(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `content of ${name}`]));
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/** Puts the many keys, for a client to list: that it can put, it shows elsewhere. */
export async function putManyKeys(client: S3Client, bucket: string): Promise<void> {
  const rest = manyKeys.values();
  const putRest = async () => {
    for (const key of rest) await client.put(bucket, key, Buffer.from(key));
  };
  await Promise.all(Array.from({ length: putsAtOnce }, putRest));
}
