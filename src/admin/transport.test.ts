import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CopysetError } from '../base/errors.ts';
import { silentLog } from '../observe/log.ts';
import { connectAdmin } from './client.ts';
import type { AdminService, JobProgress, StoreStatus } from './contract.ts';
import { type AdminServer, startAdmin } from './server.ts';

const status = { storeId: 'a', state: 'serving', problems: [] } as unknown as StoreStatus;
const progress = (done: number): JobProgress => ({
  id: 'j',
  kind: 'scrub',
  state: done === 2 ? 'done' : 'running',
  unit: 'blocks',
  done,
  total: 2,
  startedAtMs: 0,
});

/** What the far end of the wire does, and what it was told. */
type FarEnd = { readonly service: AdminService; readonly calls: unknown[]; readonly hungUp: Promise<void> };

function farEnd(): FarEnd {
  const calls: unknown[] = [];
  const { promise: hungUp, resolve } = Promise.withResolvers<void>();
  async function* jobs(input: unknown): AsyncGenerator<JobProgress> {
    calls.push(input);
    yield* [progress(1), progress(2)];
  }
  const refuse = async () => {
    throw new CopysetError('not_found', 'there is no such bucket');
  };
  const service: AdminService = {
    status: async () => status,
    addVolume: async (input) => {
      calls.push(input);
      throw new CopysetError('volume.foreign', 'another store', { details: { path: '/x' } });
    },
    drainVolume: jobs,
    retireVolume: jobs,
    healVolume: jobs,
    scrub: jobs,
    followJob: async function* (_, { signal } = {}) {
      signal?.addEventListener('abort', () => resolve());
      yield progress(1);
      await hungUp;
    },
    objectLocations: async function* () {
      yield* [];
      throw new CopysetError('not_found', 'no such object');
    },
    verifyObject: () => {
      throw new CopysetError('busy', 'too many');
    },
    createBucket: refuse,
    listBuckets: async () => [],
    setBucket: refuse,
    removeBucket: refuse,
    verifyCatalog: jobs,
    rebuildCatalog: async function* () {
      yield progress(1);
      throw new CopysetError('journal.missing', 'two volumes are needed', { details: { volumes: ['b', 'c'] } });
    },
  };
  return { service, calls, hungUp };
}

let folder: string;
let far: FarEnd;
let server: AdminServer;

async function start(directory: string, host = '127.0.0.1'): Promise<void> {
  await mkdir(directory, { recursive: true });
  server = await startAdmin({
    service: far.service,
    directory,
    listen: { host, port: 0 },
    log: silentLog,
  });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-admin-'));
  far = farEnd();
  await start(folder);
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

async function get(path: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> {
  const url = new URL(path, server.url);
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    request(url, { headers, agent: false }, resolve).on('error', reject).end();
  });
  return { status: response.statusCode ?? 0, text: (await response.toArray()).join('') };
}

describe('over the socket', () => {
  test('a value comes back, an input arrives', async () => {
    await expect(connectAdmin(folder).status({})).resolves.toEqual(status);
    await Array.fromAsync(connectAdmin(folder).drainVolume({ volume: 'a' }));
    expect(far.calls).toEqual([{ volume: 'a' }]);
  });

  test('a stream comes back whole', async () => {
    await expect(Array.fromAsync(connectAdmin(folder).scrub({}))).resolves.toEqual([progress(1), progress(2)]);
  });

  test('an error keeps its code, message and details', async () => {
    const adding = connectAdmin(folder).addVolume({ path: '/x', weight: 2 });
    await expect(adding).rejects.toMatchObject({
      code: 'volume.foreign',
      message: 'another store',
      details: { path: '/x' },
    });
    expect(far.calls).toEqual([{ path: '/x', weight: 2 }]);
  });

  test('an error ends a stream: before its first value, at the call, and after some', async () => {
    const client = connectAdmin(folder);
    const object = { bucket: 'b', key: 'k' };
    await expect(Array.fromAsync(client.objectLocations(object))).rejects.toMatchObject({ code: 'not_found' });
    await expect(Array.fromAsync(client.verifyObject(object))).rejects.toMatchObject({ code: 'busy' });
    const seen: JobProgress[] = [];
    const rebuilding = async () => {
      for await (const each of client.rebuildCatalog({})) seen.push(each);
    };
    await expect(rebuilding()).rejects.toMatchObject({ code: 'journal.missing', details: { volumes: ['b', 'c'] } });
    expect(seen).toEqual([progress(1)]);
  });

  test('who stops listening is noticed', async () => {
    for await (const each of connectAdmin(folder).followJob({ job: 'j' })) {
      expect(each).toEqual(progress(1));
      break;
    }
    await far.hungUp;
  });

  test('a signal ends the wait', async () => {
    const controller = new AbortController();
    const following = async () => {
      for await (const _ of connectAdmin(folder).followJob({ job: 'j' }, controller)) controller.abort();
    };
    await expect(following()).rejects.toMatchObject({ code: 'request.aborted' });
  });

  test('a server that goes away is an error, not an end', async () => {
    const following = async () => {
      for await (const _ of connectAdmin(folder).followJob({ job: 'j' })) await server.close();
    };
    await expect(following()).rejects.toMatchObject({ code: 'closed' });
    await expect(connectAdmin(folder).status({})).rejects.toMatchObject({ code: 'not_serving' });
    await start(folder);
  });

  test.each([
    [{}, 'drainVolume: volume must be a string'],
    [{ volume: 1 }, 'drainVolume: volume must be a string'],
    [{ volume: 'a', force: true }, 'drainVolume: has no field "force"'],
    [[], 'drainVolume: the input must be an object'],
  ])('the input %j is refused', async (input, message) => {
    const draining = connectAdmin(folder).drainVolume(input as { volume: string });
    await expect(Array.fromAsync(draining)).rejects.toMatchObject({ code: 'request.invalid', message });
  });

  test('an input without end is refused', async () => {
    const draining = connectAdmin(folder).drainVolume({ volume: 'a'.repeat(100_000) });
    await expect(Array.fromAsync(draining)).rejects.toMatchObject({ code: 'request.too_large' });
  });

  test('only the owner may open it, and what a crash left behind is no obstacle', async () => {
    expect((await stat(server.socketPath)).mode & 0o777).toBe(0o600);
    const crashed = server;
    await start(folder);
    await expect(connectAdmin(folder).status({})).resolves.toEqual(status);
    await crashed.close();
  });

  test('a data directory may lie deep', async () => {
    await server.close();
    const deep = join(folder, 'x'.repeat(100), 'y'.repeat(100));
    await start(deep);
    await expect(connectAdmin(deep).status({})).resolves.toEqual(status);
    expect((await stat(join(deep, 'admin.sock'))).isSocket()).toBe(true);
  });

  test('where nobody serves, the answer says what to do', async () => {
    await expect(connectAdmin(join(folder, 'other')).status({})).rejects.toMatchObject({
      code: 'not_serving',
      hint: expect.stringContaining('copyset dev') as unknown,
    });
  });
});

describe('over loopback', () => {
  test('status', async () => {
    expect(JSON.parse((await get('/v1/status')).text)).toEqual(status);
  });

  test('nothing else', async () => {
    expect((await get('/v1/scrub')).status).toBe(400);
    expect((await get('/')).status).toBe(404);
    expect((await get('/constructor')).status).toBe(404);
    const posted = await fetch(new URL('/v1/scrub', server.url), { method: 'POST', body: '{}' });
    expect(await posted.json()).toMatchObject({ error: { code: 'access.denied' } });
    expect(far.calls).toEqual([]);
  });

  test('a page whose name was made to lead here learns nothing', async () => {
    expect((await get('/v1/status', { host: 'evil.example' })).status).toBe(421);
    expect((await get('/v1/status', { host: 'localhost:1' })).status).toBe(200);
  });

  test('a port in use is an error that names it', async () => {
    const port = Number(new URL(server.url).port);
    const again = startAdmin({
      service: far.service,
      directory: folder,
      listen: { host: '127.0.0.1', port },
      log: silentLog,
    });
    await expect(again).rejects.toMatchObject({
      code: 'request.invalid',
      message: expect.stringContaining(`:${port}`) as unknown,
    });
  });
});
