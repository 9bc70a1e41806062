import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../src/base/clock.ts';
import { systemRandom } from '../src/base/random.ts';
import { parseExposition, type Sample } from '../src/plan/calibrate/exposition.ts';
import { openS3Client } from '../src/s3-client/open-s3-client.ts';
import { S3Client } from './support/client.ts';
import { CopysetProgram, copyset, type DevProcess, whenReady } from './support/dev-process.ts';
import { bytesOf } from './support/load/content.ts';

const secret = 'do-not-print-this-anywhere-0123456789';
const accessKeyId = 'SERVETEST';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-serve-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Writes the configuration of a store below the folder; gives its path. */
async function configure(lines: Readonly<Record<string, string>> = {}): Promise<string> {
  const usual = {
    dir: join(folder, 'store'),
    listen: 'localhost:0',
    'metrics-listen': '127.0.0.1:0',
    volumes: '3',
    'root-access-key-id': accessKeyId,
    'root-secret-key-file': join(folder, 'secret'),
    'memory-bytes': '64MiB',
  };
  await writeFile(join(folder, 'secret'), `${secret}\n`, { mode: 0o600 });
  const path = join(folder, 'copyset.yaml');
  const text = Object.entries({ ...usual, ...lines }).map(([key, value]) => `${key}: ${value}\n`);
  await writeFile(path, text.join(''));
  return path;
}

function startServe(config: string, ...args: readonly string[]): Promise<DevProcess> {
  return whenReady(new CopysetProgram(['serve', '--config', config, ...args]));
}

function clientOf({ ready }: DevProcess): S3Client {
  return new S3Client({ ...ready, accessKeyId, secretAccessKey: secret });
}

async function page({ ready }: DevProcess, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(new URL(path, ready.metrics));
  return { status: response.status, text: await response.text() };
}

async function scrape(served: DevProcess): Promise<readonly Sample[]> {
  return parseExposition((await page(served, '/metrics')).text);
}

function sampleOf(samples: readonly Sample[], name: string, labels: Record<string, string> = {}): number | undefined {
  const fits = (sample: Sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value);
  return samples.find((sample) => sample.name === name && fits(sample))?.value;
}

function logLines({ err }: DevProcess): Record<string, unknown>[] {
  const lines = err.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a configured store', () => {
  test('serves, goes on after a restart, and never prints a secret', async () => {
    const config = await configure({ 'log-level': 'debug' });
    const printed: string[] = [];
    for (const round of [0, 1]) {
      await using served = await startServe(config);
      using client = clientOf(served);
      if (round === 0) await client.createBucket('models');
      await client.put('models', `key-${round}`, bytesOf({ seed: round, bytes: 100_000 }));
      expect((await client.get('models', 'key-0'))?.body.equals(bytesOf({ seed: 0, bytes: 100_000 }))).toBe(true);
      expect(Object.keys(served.ready)).toEqual(['directory', 'endpoint', 'admin', 'metrics', 'pid', 'volumes']);
      printed.push((await page(served, '/metrics')).text, JSON.stringify(await served.status()));
      expect(await served.end()).toBe(0);
      printed.push(served.out, served.err);
    }
    expect(printed.join('')).toContain('"message":"a request was answered"');
    const shown = await copyset('config', 'show', '--origin', '--config', config);
    printed.push(shown.out, shown.err);
    expect(printed.join('')).not.toContain(secret);
    expect(printed.join('')).not.toMatch(/Signature=[0-9a-f]/);
  });

  test('stands on the volumes that are listed, with their weights and domains, and no others', async () => {
    const places = ['a', 'b', 'c'].map((name) => join(folder, name));
    const rows = places.map((path, at) => `  - path: ${path}\n    weight: ${at + 1}\n    domain: eu/z/r/n/d${at}`);
    const config = await configure({ volumes: `\n${rows.join('\n')}` });
    {
      await using served = await startServe(config);
      const { volumes } = await served.status();
      expect(volumes.map(({ path, weight, domain }) => [path, weight, domain])).toEqual(
        places.map((path, at) => [path, at + 1, `eu/z/r/n/d${at}`]),
      );
      expect(await served.end()).toBe(0);
    }
    await using again = await startServe(
      await configure({ volumes: `\n${[...rows, `  - ${join(folder, 'd')}`].join('\n')}` }),
    );
    expect((await again.status()).volumes).toHaveLength(3);
    expect(logLines(again)).toMatchObject([
      { message: expect.stringContaining('volume add'), path: join(folder, 'd') },
    ]);
  });

  test('takes an IPv6 address and a free port', async () => {
    await using served = await startServe(await configure({ listen: "'[::1]:0'", 'metrics-listen': "'[::1]:0'" }));
    expect(served.ready.endpoint).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect(await page(served, '/readyz')).toEqual({ status: 200, text: 'ok\n' });
    expect((await fetch(served.ready.endpoint)).status).toBe(403);
  });

  test('is asked for buckets by host under its own names', async () => {
    await using served = await startServe(await configure({ 'host-domains': '[s3.test, data.test]' }));
    const askedFor = async (host: string) => {
      const before = logLines(served).length;
      get(new URL('/?location', served.ready.endpoint), { headers: { host }, agent: false }, (reply) => reply.resume());
      while (logLines(served).length === before) await systemClock.sleep(20);
      return logLines(served).at(-1)?.action;
    };
    expect(await askedFor('models.s3.test')).toBe('s3:GetBucketLocation');
    expect(await askedFor('models.data.test:9000')).toBe('s3:GetBucketLocation');
    expect(await askedFor('s3.test')).toBe('GET');
    expect(await askedFor('models.other.test')).toBe('GET');
  });

  test('tells its region to those that ask', async () => {
    await using served = await startServe(await configure({ region: 'eu-north-7' }));
    using client = clientOf(served);
    await client.createBucket('models');
    const { body } = await client.ask({ method: 'GET', target: '/models?location=' });
    expect(body.toString()).toMatch(/<LocationConstraint [^>]*>eu-north-7<\/LocationConstraint>/);
  });

  test('its key may come from the environment, as text or as a file', async () => {
    const config = await configure();
    const show = async (environment: Record<string, string>) => {
      const ran = await run(['config', 'show', '--origin', '--config', config], environment);
      const lines = ran.out.split('\n').filter(Boolean);
      return lines.map((line) => JSON.parse(line) as { key: string; value: string | null; origin: string });
    };
    const other = join(folder, 'other-secret');
    await writeFile(other, secret);
    expect(await show({ COPYSET_ROOT_SECRET_KEY_FILE: other, COPYSET_LISTEN: '[::1]:1' })).toEqual(
      expect.arrayContaining([
        { key: 'root-secret-key-file', value: other, origin: 'COPYSET_ROOT_SECRET_KEY_FILE' },
        { key: 'listen', value: '[::1]:1', origin: 'COPYSET_LISTEN' },
        { key: 'root-access-key-id', value: accessKeyId, origin: `${config}:5` },
        { key: 'lost-after', value: '10min', origin: 'default' },
      ]),
    );
    await writeFile(config, `root-access-key-id: ${accessKeyId}\n`);
    expect(await show({ COPYSET_ROOT_SECRET_KEY: secret })).toContainEqual({
      key: 'root-secret-key',
      value: '(set)',
      origin: 'COPYSET_ROOT_SECRET_KEY',
    });
  });
});

/** One command with variables of its own. */
async function run(args: readonly string[], environment: Record<string, string>) {
  const program = new CopysetProgram(args, {
    under: ['env', ...Object.entries(environment).map((pair) => pair.join('='))],
  });
  const code = await program.ended;
  return { code, out: program.out, err: program.err };
}

describe('is refused with one clear line and exit code 2', () => {
  test.each<[string, Record<string, string>, string]>([
    ['an unknown key', { volumse: '3' }, 'unknown key `volumse` at'],
    ['a wrong type', { replicas: 'many' }, '`replicas` at'],
    ['half a key', { 'root-secret-key-file': '/dev/null' }, '/dev/null is no valid secret'],
    ['two secrets', { 'root-secret-key': secret }, 'are both given; give one'],
    ['a secret that is not there', { 'root-secret-key-file': '/nowhere/secret' }, 'cannot read /nowhere/secret'],
    ['more copies than volumes', { replicas: '4' }, '4 copies need 4 volumes or more, not 3'],
  ])('%s', async (_, lines, message) => {
    const { code, out, err } = await copyset('serve', '--config', await configure(lines));
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
    expect(err).not.toContain(secret);
    expect(err.trimEnd().split('\n')).toHaveLength(2);
  });

  test('a second process on the same directory', async () => {
    const config = await configure();
    await using served = await startServe(config);
    const { code, out, err } = await copyset('serve', '--config', config);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('another process serves this directory');
    expect(await served.status()).toMatchObject({ state: 'serving' });
  });

  test('a directory of a newer version', async () => {
    const config = await configure();
    {
      await using served = await startServe(config);
      expect(await served.end()).toBe(0);
    }
    const path = join(folder, 'store', 'store.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"format": 1', '"format": 99'));
    const { code, out, err } = await copyset('serve', '--config', config);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('has format 99; this program reads up to 1');
  });
});

describe('a store that is watched', () => {
  test('shows in a scrape what it did and what it has', async () => {
    await using served = await startServe(await configure());
    using client = clientOf(served);
    await client.createBucket('models');
    const body = bytesOf({ seed: 1, bytes: 50_000 });
    await client.put('models', 'key', body);
    for (let time = 0; time < 3; time++) await client.get('models', 'key');
    const samples = await scrape(served);
    const of = (name: string, labels: Record<string, string> = {}) => sampleOf(samples, name, labels);
    expect(of('copyset_ready')).toBe(1);
    expect(of('copyset_s3_requests_total', { op: 'GetObject', code: '200' })).toBe(3);
    expect(of('copyset_s3_ttfb_seconds_count', { op: 'GetObject' })).toBe(3);
    expect([of('copyset_requests_total', { op: 'get' }), of('copyset_requests_total', { op: 'put' })]).toEqual([3, 1]);
    expect([of('copyset_cache_miss_bytes_total'), of('copyset_cache_hit_bytes_total')]).toEqual([50_000, 100_000]);
    expect(of('copyset_s3_received_bytes_total', { op: 'PutObject' })).toBeGreaterThanOrEqual(50_000);
    expect(of('copyset_under_replicated_blocks')).toBe(0);
    expect(of('copyset_catalog_commit_seconds_count')).toBeGreaterThan(0);
    for (const { id } of served.ready.volumes) {
      expect(of('copyset_volume_free_bytes', { volume: id })).toBeGreaterThan(0);
      expect(of('copyset_volume_write_seconds_count', { volume: id })).toBe(1);
      expect(of('copyset_volume_state', { volume: id, state: 'active' })).toBe(1);
    }
  });

  test('shows nothing that the reference does not explain, which explains nothing else', async () => {
    await using served = await startServe(await configure());
    const { text } = await page(served, '/metrics');
    const shown = text.matchAll(/^# HELP (\S+)/gm).map(([, name]) => name);
    const reference = await readFile(join(import.meta.dirname, '../docs/reference/observability.md'), 'utf8');
    const explained = reference.matchAll(/`(copyset_\w+)`/g).map(([, name]) => name);
    expect([...new Set(explained)].toSorted(byText)).toEqual([...shown].toSorted(byText));
  });

  test('can be read by the planner', async () => {
    await using served = await startServe(await configure());
    const inputs = join(import.meta.dirname, '../docs/planner/three-sites.yaml');
    const metrics = join(folder, 'metrics.txt');
    await writeFile(metrics, (await page(served, '/metrics')).text);
    const { code, err } = await copyset('plan', 'calibrate', '--inputs', inputs, '--from', metrics, '--over', '1min');
    expect(code, err).toBe(0);
  });

  test('passes the linter of Prometheus', async ({ skip }) => {
    const found = await promisify(execFile)('promtool', ['--version']).catch(() => undefined);
    if (found === undefined) return skip('promtool is not installed: apt-get install prometheus');
    await using served = await startServe(await configure());
    using client = clientOf(served);
    await client.createBucket('models');
    const { text } = await page(served, '/metrics');
    const checking = promisify(execFile)('promtool', ['check', 'metrics']);
    checking.child.stdin?.end(text);
    expect(await checking).toMatchObject({ stdout: '', stderr: '' });
  });

  test('audits refusals with the id that the client got, and logs each request by it', async () => {
    await using served = await startServe(await configure({ 'log-level': 'debug' }));
    const refused = await fetch(new URL('/models/secret-key', served.ready.endpoint));
    const requestId = refused.headers.get('x-amz-request-id');
    expect([refused.status, typeof requestId]).toEqual([403, 'string']);
    await refused.text();
    expect(await served.end()).toBe(0);
    const lines = logLines(served).filter((line) => line.request_id === requestId);
    expect(lines).toMatchObject([
      { level: 'debug', path: '/models/secret-key', status: 403 },
      {
        kind: 'audit',
        who: 'anonymous',
        action: 's3:GetObject',
        resource: '/models/secret-key',
        code: 'AccessDenied',
        source: expect.stringMatching(/^(::1|127\.0\.0\.1|::ffff:127\.0\.0\.1)$/) as unknown,
      },
    ]);
  });

  test('goes on when nobody reads its log, and counts the lines that were lost', async () => {
    const fifo = join(folder, 'log');
    await promisify(execFile)('mkfifo', [fifo]);
    const unread = await open(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    const under = ['sh', '-c', `exec "$@" 2> '${fifo}'`, 'sh'];
    const program = new CopysetProgram(['serve', '--config', await configure()], { under });
    await using served = await whenReady(program);
    const dropped = async () => sampleOf(await scrape(served), 'copyset_log_lines_dropped_total') ?? 0;
    const refused = new URL(`/models/${'x'.repeat(900)}`, served.ready.endpoint);
    while ((await dropped()) === 0) {
      const asked = Array.from({ length: 200 }, async () => (await fetch(refused)).arrayBuffer());
      await Promise.all(asked);
    }
    expect(await page(served, '/readyz')).toEqual({ status: 200, text: 'ok\n' });
    await unread.close();
  });

  test('is back at the same places when its database was lost, and says so in its log', async () => {
    await using served = await startServe(await configure({ 'log-level': 'error' }));
    using client = clientOf(served);
    await client.createBucket('models');
    await rm(join(folder, 'store/catalog/catalog.sqlite'));
    while (logLines(served).length === 0) {
      await client.put('models', 'key', bytesOf({ seed: 1, bytes: 10 })).catch(() => undefined); // it is away
      await systemClock.sleep(50);
    }
    expect(logLines(served)).toMatchObject([{ level: 'error', error: { code: expect.any(String) as unknown } }]);
    const ready = () => page(served, '/readyz').catch(() => ({ status: 0, text: '' }));
    while ((await ready()).status !== 200) await systemClock.sleep(50);
    await client.put('models', 'key', bytesOf({ seed: 1, bytes: 10 }));
    expect(sampleOf(await scrape(served), 'copyset_requests_total', { op: 'put' })).toBe(1);
  });

  test('is not ready while it stops, and lets those finish whom it serves', async () => {
    await using served = await startServe(await configure());
    const credentials = { accessKeyId, secretAccessKey: secret };
    const client = openS3Client({ ...served.ready, credentials, clock: systemClock, random: systemRandom });
    const body = bytesOf({ seed: 3, bytes: 60 * 2 ** 20 });
    await client.createBucket('models');
    await client.put({ bucket: 'models', key: 'large' }, body);
    const { chunks } = await client.get({ bucket: 'models', key: 'large' });
    const code = served.end('SIGTERM');
    let answer = await page(served, '/readyz');
    while (answer.status === 200) answer = await page(served, '/readyz');
    expect(answer).toEqual({ status: 503, text: expect.stringContaining('is stopping') as unknown });
    expect(body.equals(Buffer.concat(await Array.fromAsync(chunks)))).toBe(true);
    client.close();
    expect(await code).toBe(0);
  });

  test('is not ready while a start waits for its journals, nor while too few volumes answer', async () => {
    const config = await configure({ 'lost-after': '1h' });
    let volumes: readonly { path: string }[];
    {
      await using served = await startServe(config);
      ({ volumes } = served.ready);
      const [first = '', second = ''] = volumes.map(({ path }) => path);
      await Promise.all([rename(first, `${first}-away`), rename(second, `${second}-away`)]);
      while ((await page(served, '/readyz')).status === 200) await systemClock.sleep(100);
      expect((await page(served, '/readyz')).text).toMatch(/failure domains|journals/);
      expect((await page(served, '/healthz')).status).toBe(200);
      expect(sampleOf(await scrape(served), 'copyset_ready')).toBe(0);
      await served.end('SIGKILL');
    }
    const port = await freePort();
    const program = new CopysetProgram(['serve', '--config', config, '--metrics-listen', `127.0.0.1:${port}`]);
    const starting = { ready: { metrics: `http://127.0.0.1:${port}` } } as DevProcess;
    let answer = { status: 0, text: '' };
    while (answer.status === 0) {
      answer = await page(starting, '/readyz').catch(() => ({ status: 0, text: '' }));
      await systemClock.sleep(50);
    }
    expect(answer).toEqual({ status: 503, text: expect.stringContaining('is starting') as unknown });
    program.signal('SIGTERM');
    expect(await program.ended).toBe(0);
  });
});

function byText(left = '', right = ''): number {
  return left < right ? -1 : 1;
}

/** One that nobody used a moment ago. */
async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
