import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadProgram } from '../../bench/load/program.ts';
import { build, isBuilt } from '../../bench/peers/packages.ts';
import { peerWorkloads } from '../../bench/peers/workloads.ts';
import { type CellOptions, runRepeat } from '../../bench/run/cells.ts';
import { preload } from '../../bench/run/preload.ts';
import { objectsBeforeEach } from '../../bench/run/requests.ts';
import type { StandingServer } from '../../bench/run/standing.ts';
import type { Workload } from '../../bench/run/workload.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-cells-'));
});
afterAll(() => rm(folder, { recursive: true }));

const put = { name: 'PUT', kind: 'put', bytes: 5000, connections: 2, objects: 4 } as const;
const get = { name: 'GET', kind: 'get', bytes: 5000, connections: 2, objects: 4 } as const;
const list = peerWorkloads(true).find(({ kind }) => kind === 'list') as Workload;

function options(more: Partial<CellOptions> = {}): CellOptions {
  const shared = { under: [], planFolder: folder, cellMs: 50, tell: () => undefined };
  return { program: loadProgram(folder), ...shared, signal: new AbortController().signal, ...more };
}

/** As often as is said, of all who stand. */
async function runCells(all: readonly StandingServer[], workloads: readonly Workload[], repeats = 2, more = {}) {
  const asked = workloads.map((workload) => ({ workload, of: all.map(({ name }) => name) }));
  const samples = [];
  for (let repeat = 1; repeat <= repeats; repeat++) {
    samples.push(...(await runRepeat(all, asked, { ...options(more), repeat })));
  }
  return samples;
}

/** A server that is what it does; `await using` ends it. */
async function standing(answer: RequestListener, more: Partial<StandingServer> = {}) {
  const server = createServer((request, response) => {
    request.resume();
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoint = { host: '127.0.0.1', port, accessKeyId: 'a', secretAccessKey: 's' } as const;
  const stop = async () => server.closeAllConnections();
  const target = { name: 'other', durable: 'no', lists: true, start: async () => ({ missing: 'it is here' }) };
  const made: StandingServer = {
    ...{ name: 'other', role: 'peer', target, folder, unable: new Map() },
    running: { endpoint, pid: process.pid, stop },
    ...more,
  };
  const end = async () => {
    server.closeAllConnections();
    server.close();
  };
  return { made, end, [Symbol.asyncDispose]: end };
}

test.skipIf(process.platform !== 'linux')('every server is asked for every workload in every repeat', async () => {
  const asked: string[] = [];
  await using one = await standing(({ method }, response) => {
    asked.push(`one ${method}`);
    response.end();
  });
  await using other = await standing(({ method }, response) => {
    asked.push(`other ${method}`);
    response.end();
  });
  const samples = await runCells([one.made, { ...other.made, name: 'one more' }], [put, { ...get, bytes: 0 }]);
  expect(samples.map(({ workload, repeat }) => `${workload.name} ${repeat}`)).toEqual([
    ...['PUT 1', 'PUT 1', 'GET 1', 'GET 1'],
    ...['PUT 2', 'PUT 2', 'GET 2', 'GET 2'],
  ]);
  expect(samples.every(({ outcome }) => outcome.requests > 0 && outcome.misfit === 0)).toBe(true);
  const turns = asked.filter((line, at) => line !== asked[at - 1]);
  expect(turns).toEqual([
    ...['other PUT', 'one PUT', 'other GET', 'one GET'],
    ...['one PUT', 'other PUT', 'one GET', 'other GET'],
  ]);
  expect(await readdir(folder)).not.toContain('plan');
});

test('who takes nothing beforehand is no contender', async () => {
  await using none = await standing((_, response) => response.writeHead(507).end());
  await expect(preload(none.made, [get], options())).rejects.toThrow('it took no PUT: {"507":4}');
});

test('what is lost beforehand is told', async () => {
  let count = 0;
  await using some = await standing((_, response) => response.writeHead(count++ === 0 ? 500 : 200).end());
  const lines: string[] = [];
  await preload(some.made, [get], options({ tell: (line) => lines.push(line) }));
  expect(lines[0]).toBe('other: 1 of 4 PUTs failed before the clock started');
});

test('who lists other pages than it was asked for is not asked to list', async () => {
  const page = Array.from({ length: 1000 }, (_, at) => `<Key>${at}</Key>`).join('');
  await using same = await standing(({ method }, response) => response.end(method === 'GET' ? page : ''));
  await preload(same.made, [list], options());
  expect([...same.made.unable]).toEqual([[list.name, 'its pages hold 1000 and 1000 keys, or the same']]);
  expect(await runCells([same.made], [list])).toEqual([]);
});

test('objects that are files are put there as files', async () => {
  const planted: string[] = [];
  const plant = async (keys: readonly string[]) => void planted.push(...keys);
  await using files = await standing((_, response) => response.end());
  const made = { ...files.made, running: { ...files.made.running, plant } };
  await preload(made, [list], options());
  expect(planted).toHaveLength(list.objects);
});

test('what a cell deletes is put back before the next one', async () => {
  const asked: string[] = [];
  await using one = await standing(({ method, url }, response) => {
    asked.push(`${method} ${url}`);
    response.end();
  });
  const mixed = { name: 'mixed', kind: 'mixed', bytes: 0, connections: 1, objects: 15 } as const;
  await runCells([one.made], [mixed], 1);
  expect(new Set(asked.slice(0, 15))).toEqual(new Set(objectsBeforeEach(mixed).map((key) => `PUT /bench/${key}`)));
  expect(asked.length).toBeGreaterThan(15);
});

test.skipIf(process.platform !== 'linux')(
  'a peer that fails is left out from then on; a failure of ours ends it all',
  async () => {
    const gone = await standing((_, response) => response.end());
    await gone.end();
    await using here = await standing((_, response) => response.end());
    const samples = await runCells([gone.made, { ...here.made, name: 'here' }], [put]);
    expect(samples).toHaveLength(2);
    expect([...gone.made.unable.values()]).toEqual([expect.stringMatching(/^the load failed: .*refused/i)]);
    const ours = { ...gone.made, role: 'ours', unable: new Map() } as const;
    await expect(runCells([ours], [put])).rejects.toThrow('the load failed');
    await expect(runCells([here.made], [put], 1, { signal: AbortSignal.abort() })).rejects.toThrow('abort');
  },
);

test('a peer is built once; what cannot be built says so', async () => {
  process.env.XDG_CACHE_HOME = folder;
  const program = join(folder, 'made');
  const recipe = { name: 'made', version: '1', command: ['cp', process.execPath, program], program };
  expect(isBuilt(recipe)).toBe(false);
  expect(await build(recipe)).toEqual({ program });
  expect(await build({ ...recipe, command: ['false'] })).toEqual({ program });
  const missing = await build({ ...recipe, command: ['no-such-tool'], program: join(folder, 'other') });
  expect(missing).toEqual({ missing: 'no-such-tool could not build it (exit 127); is no-such-tool installed?' });
  expect(existsSync(join(folder, 'other'))).toBe(false);
});
