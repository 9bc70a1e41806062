import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { HttpEndpoint } from '../../bench/load/endpoint.ts';
import { type PeerRow, peerRows, peerTable } from '../../bench/peers/report.ts';
import { peerWorkloads } from '../../bench/peers/workloads.ts';
import type { Sample } from '../../bench/run/cells.ts';
import { objectsBefore, objectsBeforeEach, requestsOf } from '../../bench/run/requests.ts';
import type { Workload } from '../../bench/run/workload.ts';
import { nginxProgram } from '../../bench/targets/nginx.ts';
import { whyMissing } from '../../tools/engines/debian.ts';
import { run } from '../clients/python-tool.ts';

const program = fileURLToPath(new URL('../../bench/peers/main.ts', import.meta.url));
const endpoint: HttpEndpoint = { host: '127.0.0.1', port: 1, accessKeyId: 'a', secretAccessKey: 's' };

function workload(kind: Workload['kind']): Workload {
  return peerWorkloads(true).find((each) => each.kind === kind) as Workload;
}

type Figures = { readonly server: string; readonly requests: number; readonly repeat?: number };

function sample(of: Workload, { server, requests, repeat = 1 }: Figures): Sample {
  const role = server.startsWith('Copyset') ? 'ours' : server === 'nginx' ? 'limit' : 'peer';
  const times = requests === 0 ? { p50Ms: null, p99Ms: null } : { p50Ms: 10 / requests, p99Ms: 20 };
  const failures = {
    broken: requests === 0 ? 3 : 0,
    ...{ misfit: 0, cut: 0 },
    statuses: { 200: requests, 503: requests === 0 ? 2 : 0 },
  };
  const outcome = { congestion: 'cubic', seconds: 2, cpuSeconds: 1, requests, ...times, ...failures };
  return { workload: of, contender: server, server, role, repeat, outcome, cpuSeconds: 4, peakRssMiB: 100 };
}

test('a row is the median of the repeats; the ratio is to the best peer in the same repeat', () => {
  const get = workload('get');
  const samples = [
    ...[100, 300, 200].map((requests, at) => sample(get, { server: 'Copyset', requests, repeat: at + 1 })),
    ...[50, 100, 400].map((requests, at) => sample(get, { server: 'good', requests, repeat: at + 1 })),
    ...[1, 2, 3].map((requests, at) => sample(get, { server: 'slow', requests, repeat: at + 1 })),
    ...[900, 900, 900].map((requests, at) => sample(get, { server: 'nginx', requests, repeat: at + 1 })),
  ];
  const rows = peerRows(samples, ['nginx', 'Copyset', 'good', 'slow']);
  expect(rows.map(({ server }) => server)).toEqual(['nginx', 'Copyset', 'good', 'slow']);
  const [nginx, ours, good] = rows as [PeerRow, PeerRow, PeerRow];
  expect(ours.throughput).toBeCloseTo((200 * get.bytes) / 1e6 / 2);
  expect(ours.ofBestPeer).toBe(2); // of 2, 3 and 0.5
  expect(good.ofBestPeer).toBe(1);
  expect(nginx.ofBestPeer).toBe(9);
  expect(ours).toMatchObject({ unit: 'MB/s', cpuUnit: 's/GB', p50Ms: 0.05, p99Ms: 20, loadBusy: 0.5, failed: {} });
  expect(ours.cpu).toBeCloseTo(4 / ((200 * get.bytes) / 1e9));
  expect(ours.peakRssMB).toBeCloseTo(104.86, 1);
});

test('what failed is counted, and a server that did nothing right has no times and is no best peer', () => {
  const mixed = workload('mixed');
  const rows = peerRows(
    [sample(mixed, { server: 'Copyset', requests: 10 }), sample(mixed, { server: 'bad', requests: 0 })],
    ['Copyset', 'bad'],
  );
  expect(rows[0]).toMatchObject({ throughput: 5, unit: 'requests/s', ofBestPeer: undefined, cpu: 400_000 });
  expect(rows[1]).toMatchObject({ throughput: 0, p50Ms: undefined, cpu: undefined, failed: { 503: 2, broken: 3 } });
  expect(peerTable(rows).split('\n').at(-1)).toBe(
    `| ${mixed.name} | bad | 0 requests/s | - | - | - | - | 105 | 0.50 | 503: 2, broken: 3 |`,
  );
});

test('listings count in keys and pages', () => {
  const [row] = peerRows([sample(workload('list'), { server: 'good', requests: 10 })], ['good']);
  expect(row).toMatchObject({ throughput: 5000, unit: 'keys/s', cpu: 400_000, cpuUnit: 'us/page', ofBestPeer: 1 });
});

test('mixed work has its shares, reads only what stays, and deletes only what no connection has under way', () => {
  for (const quick of [true, false]) {
    const mixed = peerWorkloads(quick).find(({ kind }) => kind === 'mixed') as Workload;
    const before = new Set([...objectsBefore(mixed), ...objectsBeforeEach(mixed)]);
    const lines = requestsOf(endpoint, mixed).requests.map(({ head }) => head.toString().split(' '));
    const of = (verb: string) => lines.filter(([method]) => method === verb);
    const all = lines.length;
    expect([of('GET'), of('HEAD'), of('PUT'), of('DELETE')].map((each) => each.length / all)).toEqual([
      0.45, 0.3, 0.15, 0.1,
    ]);
    for (const [, target = ''] of lines) expect(before).toContain(target.replace('/bench/', ''));
    const puts = new Map(lines.flatMap(([verb, target = ''], at) => (verb === 'PUT' ? [[target, at] as const] : [])));
    const apart = lines.flatMap(([verb, target = ''], at) => {
      if (verb !== 'DELETE') return [];
      const distance = Math.abs(at - (puts.get(target) ?? Number.NaN));
      return [Math.min(distance, all - distance)];
    });
    expect(Math.min(...apart)).toBeGreaterThan(2 * mixed.connections);
    const read = lines.filter(([verb]) => verb === 'GET' || verb === 'HEAD').map(([, target]) => target);
    expect(read.filter((target = '') => puts.has(target))).toEqual([]);
  }
});

test('a wrong option is answered with what there is', async () => {
  const bench = (...args: readonly string[]) => run(process.execPath, [program, ...args]);
  expect(await bench('--only', 'minio,other')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/--only names "other"; there are: copyset-1, copyset-3, nginx, minio/),
  });
  expect(await bench('--repeats', '0')).toMatchObject({ code: 2, err: expect.stringContaining('--repeats must be') });
  expect(await bench('--seconds', 'x')).toMatchObject({ code: 2, err: expect.stringContaining('--seconds must be') });
  expect(await bench('--dir', '/nowhere')).toMatchObject({
    code: 2,
    err: expect.stringContaining('no such directory'),
  });
});

type Printed = {
  readonly about: string[];
  readonly durable: string[];
  readonly missing: string[];
  readonly rows: PeerRow[];
};

test.skipIf(process.platform !== 'linux')(
  'a quick run does all the work without a failure, and leaves nothing',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'copyset-bench-test-'));
    const cache = await mkdtemp(join(tmpdir(), 'copyset-bench-cache-'));
    try {
      const only = whyMissing(nginxProgram, 'nginx-light') === undefined ? 'copyset-1,nginx' : 'copyset-1';
      const args = [program, '--quick', '--json', '--only', `${only},seaweedfs`, '--dir', folder];
      const { code, out, err } = await run(process.execPath, args, { ...process.env, XDG_CACHE_HOME: cache });
      expect(code, err).toBe(0);
      const { rows, missing, durable } = JSON.parse(out) as Printed;
      const ours = rows.filter(({ server }) => server === 'Copyset, M = 1');
      expect(ours.map((row) => row.workload)).toEqual(peerWorkloads(true).map(({ name }) => name));
      for (const row of rows) {
        expect(row.failed, row.workload).toEqual({});
        expect(row.throughput).toBeGreaterThan(0);
        expect(row.cpu).toBeGreaterThan(0);
        expect(row.peakRssMB).toBeGreaterThan(1);
      }
      expect(durable[0]).toBe('Copyset, M = 1: yes');
      expect(missing).toEqual([expect.stringContaining('without seaweedfs: ')]);
      expect(await readdir(folder)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
      await rm(cache, { recursive: true });
    }
  },
);
