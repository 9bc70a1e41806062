import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  AdminService,
  BlockCopies,
  BucketStatus,
  CopyState,
  JobProgress,
  StoreStatus,
  VolumeStatus,
} from '../admin/contract.ts';
import { type AdminServer, startAdmin } from '../admin/server.ts';
import { CopysetError } from '../base/errors.ts';
import { silentLog } from '../observe/log.ts';
import { version } from '../server/version.ts';
import { runProgram } from './program.ts';

const volume = (id: string): VolumeStatus => ({
  id: id.repeat(16),
  path: `/disks/${id}`,
  domain: `s/z/r/n/${id}`,
  weight: 1,
  state: 'active',
  blocks: 1234,
  liveBytes: 5 * 2 ** 30,
  usedBytes: 6 * 2 ** 30,
  freeBytes: 2 ** 40,
});

const status: StoreStatus = {
  storeId: 'f'.repeat(16),
  version: '0.1.0',
  state: 'serving',
  problems: ['volume b is gone'],
  endpoint: 'http://127.0.0.1:9000',
  front: { kind: 'fast', reason: 'it can run here', threads: { serving: 0, wanted: 0 } },
  startedAtMs: 0,
  copies: 3,
  writeQuorum: 2,
  nameHash: { names: 'blake3', engine: 'WASM' },
  underReplicatedBlocks: 17,
  openUploads: { parts: 2, bytes: 2 ** 24, isAll: true },
  volumes: [volume('a'), { ...volume('b'), state: 'gone', reason: 'its path leads nowhere' }],
  catalog: {
    revision: 9,
    incarnation: 'x',
    journals: [{ volume: 'a'.repeat(16), path: '/disks/a/journal', state: 'ok', revision: 9, bytes: 100 }],
  },
  jobs: [],
};

const bucket: BucketStatus = { name: 'models', createdAtMs: 0, copies: 3, writeQuorum: 2, blockBytes: 2 ** 23 };

const progress = (change: Partial<JobProgress>): JobProgress => ({
  id: 'drain-1',
  kind: 'drain',
  volume: 'b',
  state: 'running',
  unit: 'blocks',
  done: 0,
  startedAtMs: 0,
  ...change,
});

const draining = [
  progress({ done: 0 }),
  progress({ done: 1200, total: 4800, etaMs: 12_000 }),
  progress({ done: 1201, total: 4800, etaMs: 12_000 }),
  progress({ done: 4800, total: 4800, state: 'done' }),
];

const copies = (...states: CopyState[]): BlockCopies => ({
  block: 'c'.repeat(66),
  digest: { hash: 'blake3', hex: 'c'.repeat(64) },
  holds: 'data',
  fromByte: 0,
  bytes: 100,
  copies: states.map((state) => ({ volume: 'a', path: '/disks/a', state })),
});

async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}

let calls: unknown[] = [];
let threads = { serving: 0, wanted: 0 };

const service: AdminService = {
  status: async () => ({ ...status, front: { ...status.front, threads } }),
  addVolume: async (input) => {
    calls.push(input);
    return { ...volume('c'), path: input.path };
  },
  drainVolume: (input) => {
    calls.push(input);
    return each(draining);
  },
  retireVolume: () => each([progress({ kind: 'retire', state: 'failed', error: 'no room elsewhere' })]),
  healVolume: (input) => {
    calls.push(input);
    return each([progress({ kind: 'repair', state: 'done' })]);
  },
  scrub: () =>
    each([progress({ kind: 'scrub', state: 'done', findings: [{ where: '/disks/a', problem: 'damaged' }] })]),
  followJob: () => each(draining),
  objectLocations: () => each([copies('present', 'missing')]),
  verifyObject: ({ key }) => each(key === 'good' ? [copies('good', 'good')] : [copies('good', 'damaged')]),
  createBucket: async (input) => {
    calls.push(input);
    return bucket;
  },
  listBuckets: async () => [bucket],
  setBucket: async (input) => {
    calls.push(input);
    return bucket;
  },
  removeBucket: async () => {
    throw new CopysetError('not_empty', 'bucket models still holds objects');
  },
  verifyCatalog: () => each([progress({ kind: 'catalog-verify', state: 'done' })]),
  rebuildCatalog: () => {
    throw new CopysetError('journal.missing', 'bring back /disks/b', { details: { volumes: ['b'] } });
  },
};

let folder: string;
let server: AdminServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-cli-'));
  const listen = { host: '127.0.0.1', port: 0 };
  server = await startAdmin({ service, directory: folder, listen, log: silentLog });
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

type Ran = { readonly code: number; readonly out: string; readonly err: string };

async function run(line: string, isTerminal = true): Promise<Ran> {
  calls = [];
  let [out, err] = ['', ''];
  const code = await runProgram(line.split(' '), {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    outBytes: async () => undefined,
    outIsTerminal: isTerminal,
    errIsTerminal: isTerminal,
    environment: { COPYSET_DIR: folder },
  });
  return { code, out, err };
}

function jsonLines(text: string): unknown[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

describe('status', () => {
  test.each([
    [{ serving: 2, wanted: 2 }, 'S3 by the fast front in 2 threads: it can run here'],
    [{ serving: 0, wanted: 1 }, 'S3 by the fast front in 0 of 1 thread: it can run here'],
  ])('says how many threads serve: %j', async (serving, line) => {
    threads = serving;
    expect((await run('status')).out).toContain(line);
    threads = { serving: 0, wanted: 0 };
  });

  test('is a picture on a terminal', async () => {
    const { code, out } = await run('status');
    expect(code).toBe(0);
    expect(out).toContain('3 copies (W = 2), 17 blocks have fewer');
    expect(out).toContain('S3 by the fast front: it can run here');
    expect(out).toContain('open uploads hold 16 MiB in 2 parts\n');
    expect(out).toMatch(/^aaaaaaaaaaaaaaaa {2}active {3}1,234 {2}5\.0 GiB/m);
    expect(out).toContain('/disks/b (its path leads nowhere)');
    expect(out).toContain('problems:\n  volume b is gone\n');
  });

  test.each([
    ['status --json', true],
    ['status', false],
  ])('%s is one line of JSON (terminal: %s)', async (line, isTerminal) => {
    expect(jsonLines((await run(line, isTerminal)).out)).toEqual([status]);
  });
});

describe('volume', () => {
  test('ls is a table, or a line for each', async () => {
    expect((await run('volume ls')).out.split('\n')[0]).toMatch(
      /^VOLUME +STATE +BLOCKS +LIVE +USED +FREE +DOMAIN +PATH$/,
    );
    expect(jsonLines((await run('volume ls', false)).out)).toEqual(status.volumes);
  });

  test('add passes what was given, the path made absolute', async () => {
    expect((await run('volume add x --weight 3 --domain a/b/c/d/e')).code).toBe(0);
    expect(calls).toEqual([{ path: join(process.cwd(), 'x'), weight: 3, domain: 'a/b/c/d/e' }]);
  });

  test.each(['bbbb', '/disks/b', 'b'.repeat(16)])('drain finds the volume by %s', async (name) => {
    expect((await run(`volume drain ${name}`)).code).toBe(0);
    expect(calls).toEqual([{ volume: 'b'.repeat(16) }]);
  });

  test('a volume that is none is bad input, and those there are are named', async () => {
    const { code, err } = await run('volume drain zzz');
    expect(code).toBe(2);
    expect(err).toContain('no volume is called "zzz"; there are: aaaaaaaaaaaaaaaa at /disks/a');
  });

  test('heal takes one volume, or all', async () => {
    await run('volume heal b');
    expect(calls).toEqual([{ volume: 'b'.repeat(16) }]);
    await run('volume heal');
    expect(calls).toEqual([{}]);
  });

  test('what cannot be done is not met', async () => {
    const { code, err } = await run('volume retire b');
    expect(code).toBe(3);
    expect(err).toContain('retire of b failed: no room elsewhere');
  });
});

describe('bucket', () => {
  test('create and set pass what was given, and nothing else', async () => {
    expect(await run('bucket create models --copies 2 --block-bytes 4MiB')).toMatchObject({ code: 0 });
    expect(calls).toEqual([{ bucket: 'models', copies: 2, blockBytes: 2 ** 22 }]);
    expect(await run('bucket set models --write-quorum 3')).toMatchObject({ code: 0 });
    expect(calls).toEqual([{ bucket: 'models', writeQuorum: 3 }]);
    expect(await run('bucket set models')).toMatchObject({
      code: 2,
      err: expect.stringContaining('give --write-quorum, --block-bytes, or both') as unknown,
    });
  });

  test('ls is a table', async () => {
    expect((await run('bucket ls')).out).toMatch(/^models +3 +2 +8\.0 MiB +1970-01-01T00:00:00\.000Z$/m);
  });

  test('rm refuses what holds objects', async () => {
    expect(await run('bucket rm models')).toMatchObject({ code: 2 });
  });
});

describe('progress', () => {
  test('is one line of a terminal, with what is left', async () => {
    const { err } = await run('volume drain b');
    expect(err.split('\r\x1b[K').slice(1)).toEqual([
      'drain of b: 0 blocks',
      'drain of b: 1,200 of 4,800 blocks, 25 %, 12 s to go',
      'drain of b: 1,201 of 4,800 blocks, 25 %, 12 s to go',
      'drain of b done: 4,800 blocks\n',
    ]);
  });

  test('is events in lines of JSON', async () => {
    const { out, err } = await run('volume drain b --json', false);
    expect([jsonLines(out), err]).toEqual([draining, '']);
  });

  test('shows what was found', async () => {
    expect((await run('scrub')).err).toContain('/disks/a: damaged\n');
  });
});

describe('object', () => {
  test('locations shows each copy', async () => {
    const { code, out } = await run('object locations b/k');
    expect([code, out]).toEqual([
      0,
      `b3sum ${'c'.repeat(64)}  from byte 0, 100 B\n    present      /disks/a\n    missing      /disks/a\n`,
    ]);
  });

  test('verify is met when every copy is good', async () => {
    expect(await run('object verify b/good')).toMatchObject({ code: 0, err: 'copies: 2 good\n' });
    expect(await run('object verify b/some/bad')).toMatchObject({ code: 3, err: 'copies: 1 good, 1 damaged\n' });
  });

  test.each(['b', '/k', 'b/'])('%s names no object', async (name) => {
    expect(await run(`object verify ${name}`)).toMatchObject({ code: 2 });
  });
});

describe('catalog', () => {
  test('verify asks the store that is served', async () => {
    expect((await run('catalog verify')).code).toBe(0);
  });

  test('an error says what happened and what to do, in words and in JSON', async () => {
    expect(await run('catalog rebuild')).toMatchObject({
      code: 3,
      err: 'copyset: bring back /disks/b\n  bring back the named volumes; the store goes on by itself\n',
    });
    const [line] = jsonLines((await run('catalog rebuild --json')).err);
    expect(line).toMatchObject({ error: { code: 'journal.missing', details: { volumes: ['b'] } } });
  });
});

describe('manners', () => {
  test('the version is the one of the package', async () => {
    expect(await run('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  test('help and its absence', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, err: '' });
    expect((await run('volume drain --help')).out).toContain('env COPYSET_DIR');
    expect(await run('volme')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Did you mean volume?') as unknown,
    });
    expect(await run('volume drain')).toMatchObject({ code: 2 });
    expect(await run('status --frob')).toMatchObject({ code: 2 });
    expect(await run('status more')).toMatchObject({ code: 2 });
  });

  test('a wrong option is named', async () => {
    const { code, err } = await run('dev --listen 9');
    expect([code, err]).toEqual([2, 'copyset: --listen is "9"; give HOST:PORT\n  correct the named argument\n']);
  });

  test('where nobody serves, it says so', async () => {
    expect(await run('status --dir /nowhere')).toMatchObject({
      code: 3,
      err: expect.stringContaining('no process') as unknown,
    });
  });
});
