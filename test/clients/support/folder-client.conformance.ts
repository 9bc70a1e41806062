/**
 * Why: clients that move folders are asked for the same: make a bucket, upload 64 MiB in parts, keep odd names, list
 * 2,500 keys, read back and compare, delete.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { S3Client } from '../../support/client.ts';
import { type DevProcess, type Ready, startDev } from '../../support/dev-process.ts';
import {
  inKeyOrder,
  largeBytes,
  largeContent,
  manyKeys,
  oddNames,
  putManyKeys,
  readTexts,
  sha256OfFile,
  textsOf,
  writeNamed,
} from './contents.ts';
import { timed } from './timed.ts';

export type FolderClient = {
  makeBucket(bucket: string): Promise<void>;
  /** Uploads every file of the folder that the bucket lacks; resolves with what it says of it. */
  push(folder: string, bucket: string): Promise<unknown>;
  pull(bucket: string, folder: string): Promise<unknown>;
  keys(bucket: string): Promise<readonly string[]>;
  /** Deletes what the bucket holds, and the bucket. */
  remove(bucket: string): Promise<void>;
  /** Lets go of what it holds. */
  end?(): Promise<void>;
};

export type Workplace = { readonly ready: Ready; readonly folder: string };

export type FolderTests = {
  /** The odd names that it keeps; all by default. */
  readonly names?: readonly string[];
  readonly open: (workplace: Workplace) => Promise<FolderClient>;
  /** What only this client can do, on a bucket `odd` that holds what the folder `odd` does. */
  readonly further?: Readonly<Record<string, (client: FolderClient, workplace: Workplace) => Promise<void>>>;
};

/** What an element of a listing says. */
function fromXml(text: string): string {
  const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&' };
  return text.replace(/&(?:#x([0-9A-F]+)|#(\d+)|(\w+));/g, (_, hex, decimal, name) =>
    name === undefined
      ? String.fromCodePoint(hex === undefined ? Number(decimal) : parseInt(hex, 16))
      : (named[name] ?? ''),
  );
}

export function testFolderClient(name: string, { open, names = oddNames, further = {} }: FolderTests): void {
  let folder: string;
  let dev: DevProcess;
  let client: FolderClient;
  let own: S3Client;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), `copyset-${name}-`));
    dev = await startDev(join(folder, 'store'));
    own = new S3Client(dev.ready);
    client = await open({ ready: dev.ready, folder });
  });

  afterAll(async () => {
    await client?.end?.();
    own?.[Symbol.dispose]();
    await dev?.end();
    await rm(folder, { recursive: true, force: true });
  });

  const time = <T>(step: string, bytes: number, work: () => Promise<T>) => timed({ client: name, step, bytes }, work);

  test('uploads 64 MiB in parts and reads them back', async () => {
    await client.makeBucket('large');
    const [from, back] = [join(folder, 'large'), join(folder, 'large-back')];
    await mkdir(from);
    await mkdir(back);
    await writeFile(join(from, 'shard'), largeContent());
    await time('64 MiB up', largeBytes, () => client.push(from, 'large'));
    const [listed] = await own.list('large');
    expect(listed).toEqual({ key: 'shard', bytes: largeBytes, etag: expect.stringMatching(/^"[0-9a-f]{32}-\d+"$/) });
    expect(Number(listed?.etag.match(/-(\d+)"/)?.[1])).toBeGreaterThan(1);
    await time('64 MiB down', largeBytes, () => client.pull('large', back));
    expect(await sha256OfFile(join(back, 'shard'))).toBe(await sha256OfFile(join(from, 'shard')));
  });

  test('keeps odd names, there and back', async () => {
    await client.makeBucket('odd');
    const [from, back] = [join(folder, 'odd'), join(folder, 'odd-back')];
    await mkdir(back);
    await writeNamed(from, names);
    await client.push(from, 'odd');
    expect(inKeyOrder(await client.keys('odd'))).toEqual(inKeyOrder(names));
    const stored = (await own.list('odd')).map(({ key }) => fromXml(key)).filter((key) => !key.endsWith('/'));
    expect(stored).toEqual(inKeyOrder(names));
    await client.pull('odd', back);
    expect(await readTexts(back)).toEqual(textsOf(names));
  });

  for (const [what, work] of Object.entries(further)) {
    test(what, () => work(client, { ready: dev.ready, folder }));
  }

  test('lists 2,500 keys', async () => {
    await client.makeBucket('many');
    await putManyKeys(own, 'many');
    const keys = await timed({ client: name, step: '2,500 keys listed' }, () => client.keys('many'));
    expect(inKeyOrder(keys)).toEqual(inKeyOrder(manyKeys));
  });

  test('deletes all and the buckets', async () => {
    for (const bucket of ['large', 'odd', 'many']) {
      await timed({ client: name, step: `${bucket} deleted` }, () => client.remove(bucket));
    }
    const { body } = await own.ask({ method: 'GET', target: '/' });
    expect(body.toString()).not.toContain('<Bucket>');
  });
}
