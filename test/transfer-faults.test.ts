import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CopysetProgram, type DevProcess, startDev } from './support/dev-process.ts';
import { bytesOf } from './support/load/content.ts';
import { UnrulyProxy } from './support/unruly-proxy.ts';

const MiB = 2 ** 20;
const body = bytesOf({ seed: 11, bytes: 40 * MiB + 3 });

let folder: string;
let dev: DevProcess;
let proxy: UnrulyProxy;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-faults-'));
  dev = await startDev(join(folder, 'store'));
  proxy = await UnrulyProxy.start(Number(new URL(dev.ready.endpoint).port));
  await writeFile(join(folder, 'file'), body);
  expect((await run(['bucket', 'create', 'models', '--dir', join(folder, 'store')])).code).toBe(0);
});

afterEach(async () => {
  proxy.close();
  await dev.end('SIGKILL');
  await rm(folder, { recursive: true });
});

/** Runs a command against the proxy, under another command where one is given. */
async function run(args: readonly string[], under: readonly string[] = []) {
  const variables = [
    `AWS_ENDPOINT_URL=${proxy.endpoint}`,
    `AWS_ACCESS_KEY_ID=${dev.ready.accessKeyId}`,
    `AWS_SECRET_ACCESS_KEY=${dev.ready.secretAccessKey}`,
    `COPYSET_STATE_DIR=${join(folder, 'state')}`,
  ];
  const program = new CopysetProgram(args, { under: ['env', ...variables, ...under] });
  const code = await program.ended;
  return { code, out: program.out, err: program.err };
}

const up = () => ['cp', join(folder, 'file'), 's3://models/key', '--part-bytes', '5MiB'];
const down = () => ['cp', 's3://models/key', join(folder, 'back')];

async function expectCameBack(): Promise<void> {
  proxy.decide = () => undefined;
  const { code, err } = await run(down());
  expect(code, err).toBe(0);
  expect(body.equals(await readFile(join(folder, 'back')))).toBe(true);
  expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
}

test('throttled and lost parts are sent again, and every part counts once', async () => {
  let asked = 0;
  proxy.decide = ({ method, target }) => {
    if (method !== 'PUT' || !target.includes('partNumber')) return undefined;
    asked += 1;
    return asked % 3 === 0 ? 'throttle' : asked % 4 === 0 ? 'lose' : undefined;
  };
  const { code, err } = await run(up());
  expect(code, err).toBe(0);
  expect(asked).toBeGreaterThan(9);
  await expectCameBack();
});

test('an upload whose last answer was lost is whole, and known to be', async () => {
  proxy.next(1, 'lose', ({ method, target }) => method === 'POST' && /uploadId=/.test(target));
  const { code, err } = await run(up());
  expect(code, err).toBe(0);
  expect(await readdir(join(folder, 'state'))).toEqual([]);
  await expectCameBack();
});

test('connections that are cut in the middle of a download cost nothing but time', async () => {
  expect((await run(up())).code).toBe(0);
  let asked = 0;
  proxy.decide = ({ method }) => {
    if (method !== 'GET') return undefined;
    asked += 1;
    return asked % 2 === 1 ? 'cut' : undefined;
  };
  const { code, err } = await run(down());
  expect(code, err).toBe(0);
  expect(asked).toBeGreaterThan(6);
  expect(body.equals(await readFile(join(folder, 'back')))).toBe(true);
});

test('a store that is full is told as that, and the upload goes on when there is room', async () => {
  let parts = 0;
  proxy.decide = ({ method, target }) => {
    if (method !== 'PUT' || !target.includes('partNumber')) return undefined;
    parts += 1;
    return parts > 4 ? 'full' : undefined;
  };
  const full = await run([...up(), '--parallel', '1']);
  expect([full.code, full.err]).toEqual([3, expect.stringContaining('InsufficientStorage')]);
  proxy.decide = () => undefined;
  const again = await run(up());
  expect([again.code, again.out], again.err).toEqual([0, expect.stringContaining(`"resumedBytes":${20 * MiB}`)]);
  await expectCameBack();
});

test('a file system that takes no more keeps the part file, and the download goes on there', async () => {
  expect((await run(up())).code).toBe(0);
  const limit = 16 * MiB;
  const limited = await run(down(), ['sh', '-c', `ulimit -f ${limit / 512} && exec "$@"`, 'sh']);
  expect([limited.code, limited.err]).toEqual([2, expect.stringContaining(`cannot write ${join(folder, 'back')}`)]);
  const [part = ''] = (await readdir(folder)).filter((name) => name.endsWith('.part'));
  expect((await stat(join(folder, part))).size).toBeGreaterThan(0);
  await expectCameBack();
});

test('a store that goes away is told as that', async () => {
  await dev.end('SIGKILL');
  const { code, err } = await run(['ls', 's3://models']);
  expect([code, err.split('\n')[0]]).toEqual([3, expect.stringMatching(/^copyset: /)]);
});
