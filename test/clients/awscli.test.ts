import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { type DevProcess, startDev } from '../support/dev-process.ts';
import { sha256Hex } from '../support/s3-signer.ts';
import { awsEnvironment, pythonTool, run } from './python-tool.ts';

const tool = await pythonTool('awscli');
const title = 'missing' in tool ? `awscli, skipped: ${tool.missing}` : 'awscli';
const slowMs = 600_000;

/** Names that a file system can hold. */
const oddNames = [
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
];

let folder: string;
let dev: DevProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-awscli-'));
  dev = await startDev(join(folder, 'store'));
});

afterAll(async () => {
  await dev.end();
  await rm(folder, { recursive: true, force: true });
});

/** Runs `aws`; what it prints. */
async function aws(...args: readonly string[]): Promise<string> {
  const { python } = tool as { python: string };
  const { code, out, err } = await run(python, ['-m', 'awscli', ...args], awsEnvironment(dev.ready));
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

async function listing(query: string, ...args: readonly string[]): Promise<unknown> {
  return JSON.parse(
    await aws('s3api', 'list-objects-v2', '--bucket', 'models', '--query', query, '--output', 'json', ...args),
  );
}

describe.skipIf('missing' in tool)(title, () => {
  test('makes a bucket and finds it', { timeout: slowMs }, async () => {
    await aws('s3', 'mb', 's3://models');
    expect(await aws('s3', 'ls')).toMatch(/ models\n$/);
    expect(JSON.parse(await aws('s3api', 'get-bucket-location', '--bucket', 'models'))).toEqual({
      LocationConstraint: null,
    });
  });

  test('uploads 64 MiB in parts and reads them back', { timeout: slowMs }, async () => {
    const bytes = Buffer.alloc(64 * 2 ** 20);
    for (let at = 0; at < bytes.byteLength; at += 4096) bytes.set(seededRandom(at).bytes(64), at);
    await writeFile(join(folder, 'shard'), bytes);
    await aws('s3', 'cp', '--no-progress', join(folder, 'shard'), 's3://models/shard');
    expect(await listing('Contents[].[Key, Size, ETag]')).toEqual([
      ['shard', bytes.byteLength, expect.stringMatching(/^"[0-9a-f]{32}-8"$/)],
    ]);
    await aws('s3', 'cp', '--no-progress', 's3://models/shard', join(folder, 'back'));
    expect(sha256Hex(await readFile(join(folder, 'back')))).toBe(sha256Hex(bytes));
    await aws(
      's3api',
      'get-object',
      '--bucket',
      'models',
      '--key',
      'shard',
      '--range',
      'bytes=8388600-8388615',
      join(folder, 'range'),
    );
    expect((await readFile(join(folder, 'range'))).equals(bytes.subarray(8_388_600, 8_388_616))).toBe(true);
    await aws('s3api', 'copy-object', '--bucket', 'models', '--key', 'copy', '--copy-source', 'models/shard');
    expect(await listing('Contents[].Size')).toEqual([bytes.byteLength, bytes.byteLength]);
    await aws('s3', 'rm', '--quiet', 's3://models', '--recursive');
  });

  test('syncs 2,500 keys, odd ones among them, there and back', { timeout: slowMs }, async () => {
    const [from, back] = [join(folder, 'from'), join(folder, 'sync')];
    await mkdir(join(from, 'deep', 'er'), { recursive: true });
    const names = [...oddNames, ...Array.from({ length: 2500 - oddNames.length }, (_, at) => `deep/er/file-${at}`)];
    for (const name of names) await writeFile(join(from, name), `content of ${name}`);
    await aws('s3', 'sync', '--quiet', from, 's3://models');
    const keys = (await listing('Contents[].Key')) as string[];
    expect(keys).toEqual(names.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))));
    expect(await listing('CommonPrefixes[].Prefix', '--delimiter', '/')).toEqual(['deep/']);
    await aws('s3', 'sync', '--quiet', 's3://models', back);
    expect((await readdir(join(back, 'deep', 'er'))).length).toBe(2500 - oddNames.length);
    for (const name of names) expect(await readFile(join(back, name), 'utf8')).toBe(`content of ${name}`);
  });

  test('deletes all and the bucket', { timeout: slowMs }, async () => {
    await aws('s3', 'rm', '--quiet', 's3://models', '--recursive');
    expect(await listing('Contents')).toBeNull();
    await aws('s3', 'rb', 's3://models');
    expect(await aws('s3', 'ls')).toBe('');
  });
});
