import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Semaphore } from '../src/base/async/semaphore.ts';
import { systemClock } from '../src/base/clock.ts';
import { isCopysetError } from '../src/base/errors.ts';
import { systemRandom } from '../src/base/random.ts';
import { copyRemote } from '../src/cli/transfer/copy-remote.ts';
import type { Outcome } from '../src/cli/transfer/transfer.ts';
import { UploadStates } from '../src/cli/transfer/upload-states.ts';
import type { S3Client, S3Path } from '../src/s3-client/client.ts';
import { openS3Client } from '../src/s3-client/open-s3-client.ts';
import { CopysetProgram, type DevProcess, startDev } from './support/dev-process.ts';
import { bytesOf } from './support/load/content.ts';

const MiB = 2 ** 20;
const largeBytes = 120 * MiB + 17;

let store: string;
let folder: string;
let dev: DevProcess;
let client: S3Client;
let large: Buffer;

beforeAll(async () => {
  store = await mkdtemp(join(tmpdir(), 'copyset-transfer-'));
  dev = await startDev(join(store, 'store'));
  client = openS3Client({ ...dev.ready, credentials: dev.ready, clock: systemClock, random: systemRandom });
  await client.createBucket('models');
  large = bytesOf({ seed: 7, bytes: largeBytes });
});

afterAll(async () => {
  client.close();
  await dev.end('SIGKILL');
  await rm(store, { recursive: true });
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-files-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
  for await (const { objects } of client.list('models'))
    await client.deleteObjects(
      'models',
      objects.map(({ key }) => key),
    );
});

type Line = Record<string, unknown>;
type Ran = { readonly code: number | null; readonly err: string; readonly out: string; readonly lines: Line[] };

function launch(args: readonly string[], environment: Record<string, string> = {}): CopysetProgram {
  const variables = Object.entries({ AWS_ENDPOINT_URL: '', COPYSET_STATE_DIR: join(folder, 'state'), ...environment });
  return new CopysetProgram(args, { under: ['env', ...variables.map((pair) => pair.join('='))] });
}

async function ended(program: CopysetProgram): Promise<Ran> {
  const code = await program.ended;
  const { out, err } = program;
  const lines = out.startsWith('{')
    ? out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Line)
    : [];
  return { code, out, err, lines };
}

/** Runs a command on the store. */
function run(...args: readonly string[]): Promise<Ran> {
  return ended(launch([...args, '--dir', join(store, 'store')]));
}

async function keys(prefix = ''): Promise<string[]> {
  const found: string[] = [];
  for await (const { objects } of client.list('models', { prefix })) found.push(...objects.map(({ key }) => key));
  return found;
}

async function put(key: string, body: Uint8Array = Buffer.from(key)): Promise<void> {
  await client.put({ bucket: 'models', key }, body);
}

/** Bytes that open uploads hold. */
async function openBytes(): Promise<number> {
  let bytes = 0;
  for await (const uploads of client.listUploads('models'))
    for (const { key, uploadId } of uploads)
      for await (const parts of client.listParts({ bucket: 'models', key, uploadId }))
        for (const part of parts) bytes += part.bytes;
  return bytes;
}

/** The same, when the parts that were whole on their way have arrived. */
async function settledBytes(): Promise<number> {
  for (let before = -1; ; ) {
    const bytes = await openBytes();
    if (bytes === before) return bytes;
    before = bytes;
    await systemClock.sleep(500);
  }
}

describe('cp', () => {
  test('a tree goes up and comes back, byte for byte, whatever its names are', async () => {
    const names = ['a', 'b c/d', 'b c/%41+&=#?', 'ä/😀/é', 'empty', '.hidden', 'x'.repeat(200), '~/"\'<>'];
    for (const [seed, name] of names.entries()) {
      const path = join(folder, 'from', name);
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(path, bytesOf({ seed, bytes: name === 'empty' ? 0 : 1000 * seed + 1 }));
    }
    const up = await run('cp', '--recursive', join(folder, 'from'), 's3://models/tree');
    expect([up.code, up.lines.at(-1)], up.err).toMatchObject([0, { state: 'done', objects: names.length, failed: 0 }]);
    expect((await keys()).toSorted()).toEqual(names.map((name) => `tree/${name}`).toSorted());
    const down = await run('cp', '-r', 's3://models/tree/', join(folder, 'to'));
    expect([down.code, down.lines.at(-1)?.objects], down.err).toEqual([0, names.length]);
    for (const name of names)
      expect((await readFile(join(folder, 'to', name))).equals(await readFile(join(folder, 'from', name)))).toBe(true);
    expect(await readdir(join(folder, 'to'), { recursive: true })).toHaveLength(names.length + 4);
  });

  test('a directory, or a key that ends with a slash, keeps the name', async () => {
    await writeFile(join(folder, 'weights'), 'x');
    expect((await run('cp', join(folder, 'weights'), 's3://models')).code).toBe(0);
    expect((await run('cp', join(folder, 'weights'), 's3://models/sub/')).code).toBe(0);
    expect((await run('cp', 's3://models/weights', 's3://models/other/')).code).toBe(0);
    expect(await keys()).toEqual(['other/weights', 'sub/weights', 'weights']);
    await mkdir(join(folder, 'down'));
    expect((await run('cp', 's3://models/weights', join(folder, 'down'))).code).toBe(0);
    expect(await readdir(join(folder, 'down'))).toEqual(['weights']);
  });

  test('keys that are no paths below the target are refused, the others come, nothing lies outside', async () => {
    const bad = ['..', '../evil', 'a/../../evil', '/etc/evil', 'a//b', './c', 'd/.', 'back\\slash', 'y'.repeat(300)];
    for (const key of [...bad.map((name) => `t/${name}`), 't/good', 't/😀/ok', 't/marker/'])
      await put(key, Buffer.from(key === 't/marker/' ? '' : key));
    const { code, lines } = await run('cp', '-r', 's3://models/t', join(folder, 'in/to'));
    expect([code, lines.at(-1)]).toMatchObject([3, { state: 'failed', objects: 2, failed: bad.length }]);
    const failed = lines
      .filter(({ state }) => state === 'failed')
      .map(({ from }) => from)
      .filter((each) => typeof each === 'string');
    expect(failed.toSorted()).toEqual(bad.map((name) => `s3://models/t/${name}`).toSorted());
    expect((await readdir(folder, { recursive: true })).toSorted()).toEqual([
      'in',
      'in/to',
      'in/to/good',
      'in/to/😀',
      'in/to/😀/ok',
    ]);
    expect((await run('cp', 's3://models/t/..', `${join(folder, 'in')}/`)).code).toBe(2);
  });

  test('a symbolic link in the target leads nothing away, and none is followed on the way up', async () => {
    await put('t/link/x');
    await mkdir(join(folder, 'to'));
    await mkdir(join(folder, 'outside'));
    await symlink(join(folder, 'outside'), join(folder, 'to/link'));
    const { code, lines } = await run('cp', '-r', 's3://models/t', join(folder, 'to'));
    expect([code, JSON.stringify(lines)]).toEqual([3, expect.stringContaining('a link leads away')]);
    expect(await readdir(join(folder, 'outside'))).toEqual([]);
    const up = await run('cp', '-r', join(folder, 'to'), 's3://models/up');
    expect([up.code, up.err, await keys('up')]).toEqual([0, expect.stringContaining('to/link is no file'), []]);
  });

  test('an upload that was killed goes on with the parts that are there', async () => {
    const path = join(folder, 'large');
    await writeFile(path, large);
    const args = ['cp', path, 's3://models/large', '--part-bytes', '5MiB', '--dir', join(store, 'store')];
    const first = launch([...args, '--parallel', '1']);
    while ((await openBytes()) < 20 * MiB) await systemClock.sleep(10);
    first.signal('SIGKILL');
    expect(await first.ended).toBeNull();
    const held = await settledBytes();
    expect(held).toBeLessThan(largeBytes);
    expect(await dev.status()).toMatchObject({ openUploads: { bytes: held, isAll: true } });
    const used = await run('du', 's3://models');
    expect(used.lines).toEqual([{ where: 's3://models/', objects: 0, bytes: 0, uploads: 1, uploadBytes: held }]);
    const again = await ended(launch(args));
    expect([again.code, again.lines.at(-1)], again.err).toMatchObject([0, { bytes: largeBytes, state: 'done' }]);
    expect(again.lines.at(-1)?.resumedBytes).toBeGreaterThanOrEqual(20 * MiB);
    const back = await client.getBytes({ bucket: 'models', key: 'large' }, { maxBytes: largeBytes });
    expect(large.equals(back)).toBe(true);
    expect([await openBytes(), await readdir(join(folder, 'state'))]).toEqual([0, []]);
  });

  test('a file that was changed meanwhile goes up anew, and the old parts go', async () => {
    const path = join(folder, 'large');
    await writeFile(path, large.subarray(0, 60 * MiB));
    const args = ['cp', path, 's3://models/large', '--part-bytes', '5MiB', '--dir', join(store, 'store')];
    const first = launch([...args, '--parallel', '1']);
    while ((await openBytes()) < 10 * MiB) await systemClock.sleep(10);
    first.signal('SIGKILL');
    await first.ended;
    const other = bytesOf({ seed: 8, bytes: 30 * MiB });
    await writeFile(path, other);
    const again = await ended(launch(args));
    expect([again.code, again.lines.at(-1)?.resumedBytes], again.err).toEqual([0, 0]);
    expect(other.equals(await client.getBytes({ bucket: 'models', key: 'large' }, { maxBytes: largeBytes }))).toBe(
      true,
    );
    expect(await openBytes()).toBe(0);
  });

  test('a download that was killed goes on from its part file, while the object is the same', async () => {
    await put('large', large);
    const args = ['cp', 's3://models/large', join(folder, 'to/large'), '--dir', join(store, 'store')];
    await mkdir(join(folder, 'to'));
    const [, partBytes] = await killed(args);
    const again = await ended(launch(args));
    expect([again.code, again.lines.at(-1)?.resumedBytes], again.err).toEqual([0, partBytes]);
    expect(await readdir(join(folder, 'to'))).toEqual(['large']);
    expect(large.equals(await readFile(join(folder, 'to/large')))).toBe(true);

    await rm(join(folder, 'to/large'));
    await killed(args);
    const other = bytesOf({ seed: 9, bytes: 9 * MiB });
    await put('large', other);
    const anew = await ended(launch(args));
    expect([anew.code, anew.lines.at(-1)?.resumedBytes]).toEqual([0, 0]);
    expect(other.equals(await readFile(join(folder, 'to/large')))).toBe(true);
  });

  test('a part file with wrong bytes is found out, and nothing gets the name', async () => {
    const path = join(folder, 'from');
    await writeFile(path, large);
    expect((await run('cp', path, 's3://models/large')).code).toBe(0);
    const args = ['cp', 's3://models/large', join(folder, 'to/large'), '--dir', join(store, 'store')];
    await mkdir(join(folder, 'to'));
    const [part, partBytes] = await killed(args);
    await truncate(part, partBytes - 1);
    await writeFile(part, 'x', { flag: 'a' });
    const { code, err } = await ended(launch(args));
    expect([code, err]).toEqual([2, expect.stringContaining('are not those that were put')]);
    expect(await readdir(join(folder, 'to'))).toEqual([]);
    expect((await ended(launch(args))).code).toBe(0);
    expect(large.equals(await readFile(join(folder, 'to/large')))).toBe(true);
  });

  /** Starts a download and kills it in the middle; the part file and its size. */
  async function killed(args: readonly string[]): Promise<[string, number]> {
    const first = launch([...args, '--parallel', '1']);
    const find = async () => (await readdir(join(folder, 'to'))).find((name) => name.endsWith('.part'));
    const sizeOf = async (name: string | undefined) =>
      name === undefined ? 0 : (await stat(join(folder, 'to', name)).catch(() => ({ size: 0 }))).size;
    while ((await sizeOf(await find())) < 16 * MiB) await systemClock.sleep(2);
    first.signal('SIGKILL');
    await first.ended;
    const part = join(folder, 'to', (await find()) ?? 'none');
    return [part, (await stat(part)).size];
  }

  test('what one request may not copy is copied range by range, with its headers', async ({ skip }) => {
    const headers = { contentType: 'text/x', metadata: { a: 'b' } };
    await client.put({ bucket: 'models', key: 'from' }, large.subarray(0, 17 * MiB), { headers });
    const pieces = new Semaphore('pieces', 4, 100);
    const context = { client: { ...client, endpoint: '', [Symbol.dispose]: () => undefined }, pieces };
    let copied = 0;
    const onBytes = (bytes: number) => {
      copied += bytes;
    };
    const rest = { partBytes: 5 * MiB, states: new UploadStates(folder), onBytes };
    const [from, to] = ['from', 'to'].map((key) => ({ bucket: 'models', key })) as [S3Path, S3Path];
    const limits = { mostPutBytes: 6 * MiB, rangeBytes: 6 * MiB };
    const outcome = await copyRemote(from, to, { ...context, ...rest }, limits).catch((error: unknown) => error);
    expect(await openBytes()).toBe(0);
    if (isCopysetError(outcome, 'unsupported')) return skip(outcome.message);
    if (outcome instanceof Error) throw outcome;
    expect([(outcome as Outcome).bytes, copied]).toEqual([17 * MiB, 17 * MiB]);
    expect((outcome as Outcome).etag).toMatch(/-3$/);
    expect((await client.head(to)).headers).toMatchObject(headers);
    expect(large.subarray(0, 17 * MiB).equals(await client.getBytes(to, { maxBytes: largeBytes }))).toBe(true);
    await expect(copyRemote({ ...from, key: 'none' }, to, { ...context, ...rest }, limits)).rejects.toThrow('404');
    expect(await openBytes()).toBe(0);
  });

  test('what cannot be is said in one line, with its exit code', async () => {
    const missing = join(folder, 'none');
    const rows: [string[], number, string][] = [
      [['cp', missing, 's3://models/x'], 2, `cannot read ${missing}`],
      [['cp', folder, 's3://models/x'], 2, 'is no file; give --recursive'],
      [['cp', 's3://models/none', join(folder, 'x')], 2, '404'],
      [['cp', 's3://models', folder], 2, 'names no object; give its key, or --recursive'],
      [['cp', missing, folder], 2, 'both are paths'],
      [['cp', 's3:///x', folder], 2, 'names no bucket'],
      [['cp', '-r', folder, 's3://nowhere'], 2, '404'],
      [['cp', '-r', 's3://models/typo', folder], 2, 'no object lies below s3://models/typo/'],
      [['cp', '-r', 's3://models/a', 's3://models/a/b'], 2, 'lies below'],
      [['cat', 's3://models'], 2, 'give the key'],
      [['rm', 's3://models/none'], 2, '404'],
    ];
    await writeFile(join(folder, 'file'), 'x');
    for (const [args, code, message] of rows) {
      const ran = await run(...args);
      expect([args, ran.code, ran.err]).toEqual([args, code, expect.stringContaining(message)]);
      expect(ran.err.trimEnd().split('\n')).toHaveLength(2);
    }
    expect((await readdir(folder)).toSorted()).toEqual(['file']);
  });
});

describe('the other verbs', () => {
  test('mv deletes each source once its copy is whole', async () => {
    await mkdir(join(folder, 'from'));
    for (const name of ['a', 'b']) await writeFile(join(folder, 'from', name), name);
    expect((await run('mv', '-r', join(folder, 'from'), 's3://models/x')).code).toBe(0);
    expect([await readdir(join(folder, 'from')), await keys()]).toEqual([[], ['x/a', 'x/b']]);
    expect((await run('mv', 's3://models/x/a', 's3://models/y')).code).toBe(0);
    expect((await run('mv', 's3://models/x/b', join(folder, 'back'))).code).toBe(0);
    expect([await keys(), await readFile(join(folder, 'back'), 'utf8')]).toEqual([['y'], 'b']);
    await put('bad/..');
    expect((await run('mv', '-r', 's3://models/bad', join(folder, 'from'))).code).toBe(3);
    expect(await keys('bad')).toEqual(['bad/..']);
  });

  test('ls, cat and du tell what is there', async () => {
    await put('dir/a', Buffer.from('hello'));
    await put('b');
    expect((await run('ls')).lines).toMatchObject([{ name: 'models' }]);
    expect((await run('ls', 's3://models')).lines).toMatchObject([{ prefix: 'dir/' }, { key: 'b', bytes: 1 }]);
    expect((await run('ls', '-r', 'models')).lines).toMatchObject([{ key: 'b' }, { key: 'dir/a', bytes: 5 }]);
    expect((await run('cat', 'models/dir/a')).out).toBe('hello');
    expect((await run('du')).lines).toEqual([
      { where: 's3://models/', objects: 2, bytes: 6, uploads: 0, uploadBytes: 0 },
    ]);
  });

  test('rm takes one object; all below a prefix only with --yes', async () => {
    for (const key of ['x/a', 'x/b', 'xy', 'z']) await put(key);
    expect((await run('rm', 's3://models/z')).code).toBe(0);
    const plan = await run('rm', '-r', 's3://models/x');
    expect([plan.code, plan.lines]).toEqual([3, [{ wouldDelete: 2, bytes: 6, below: 's3://models/x/' }]]);
    expect(await keys()).toHaveLength(3);
    expect((await run('rm', '-r', '--yes', 's3://models/x')).code).toBe(0);
    expect(await keys()).toEqual(['xy']);
  });

  test('any endpoint is asked by the names that all S3 tools know', async () => {
    const { endpoint, accessKeyId, secretAccessKey } = dev.ready;
    const shared = {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    };
    expect((await ended(launch(['ls'], shared))).lines).toMatchObject([{ name: 'models' }]);
    const wrong = await ended(launch(['ls'], { ...shared, AWS_SECRET_ACCESS_KEY: 'wrong-secret' }));
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('SignatureDoesNotMatch')]);
    const none = await ended(launch(['ls', '--endpoint', endpoint], { AWS_ACCESS_KEY_ID: '' }));
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('set AWS_ACCESS_KEY_ID')]);
    const away = await ended(launch(['ls', '--dir', join(folder, 'nothing')]));
    expect([away.code, away.err]).toEqual([3, expect.stringContaining('no process serves')]);
  });

  test('a bucket has quorum and block size of its own', async () => {
    const made = await run('bucket', 'create', 'small', '--copies', '2', '--block-bytes', '1MiB');
    expect([made.code, made.lines]).toMatchObject([0, [{ name: 'small', copies: 2, writeQuorum: 2, blockBytes: MiB }]]);
    await client.put({ bucket: 'small', key: 'k' }, large.subarray(0, 3 * MiB));
    expect((await run('object', 'locations', 'small/k')).lines).toHaveLength(3);
    expect((await run('bucket', 'set', 'small', '--block-bytes', '2MiB')).code).toBe(0);
    await client.put({ bucket: 'small', key: 'l' }, large.subarray(0, 3 * MiB));
    expect((await run('object', 'locations', 'small/l')).lines).toHaveLength(2);
    expect((await run('bucket', 'set', 'small', '--write-quorum', '3')).code).toBe(2);
    expect((await run('bucket', 'rm', 'small')).code).toBe(2);
    expect((await run('bucket', 'create', 'wide', '--copies', '5')).err).toContain('5 copies need 5 failure domains');
    await client.deleteObjects('small', ['k', 'l']);
    expect((await run('bucket', 'rm', 'small')).code).toBe(0);
    expect((await run('bucket', 'ls')).lines).toMatchObject([{ name: 'models', copies: 3 }]);
  });
});
