import { PassThrough } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { silentLog } from '../../observe/log.ts';
import { MetricRegistry } from '../../observe/metrics/registry.ts';
import { boundedWriter } from './bounded-writer.ts';
import { StoreReadiness } from './readiness.ts';
import { serveObservability } from './serve-observability.ts';

async function start(readiness: StoreReadiness, scrape: () => Promise<string>) {
  const listen = { host: '127.0.0.1', port: 0 };
  const server = await serveObservability({ listen, readiness, scrape, log: silentLog });
  onTestFinished(() => server.close());
  return async (path: string, init?: RequestInit) => {
    const response = await fetch(new URL(path, server.url), init);
    return [response.status, await response.text()];
  };
}

test('a store is ready when nothing makes it unsafe to serve, and says all that does', async () => {
  const readiness = new StoreReadiness();
  const get = await start(readiness, async () => 'copyset_x 1\n');
  expect(await get('/healthz')).toEqual([200, 'ok\n']);
  expect(await get('/readyz')).toEqual([503, expect.stringContaining('is starting')]);
  let reasons: (string | undefined)[] = [undefined];
  readiness.serve(() => reasons);
  expect(await get('/readyz?verbose')).toEqual([200, 'ok\n']);
  reasons = ['too few journals', undefined, 'too few volumes'];
  expect(await get('/readyz')).toEqual([503, 'too few journals\ntoo few volumes\n']);
  readiness.drain();
  expect(await get('/readyz')).toEqual([503, expect.stringContaining('is stopping')]);
  expect(await get('/healthz')).toEqual([200, 'ok\n']);
});

test('pages are read, and nothing else is there', async () => {
  const get = await start(new StoreReadiness(), async () => 'copyset_x 1\n');
  expect(await get('/metrics')).toEqual([200, 'copyset_x 1\n']);
  expect(await get('/metrics', { method: 'HEAD' })).toEqual([200, '']);
  expect(await get('/metrics', { method: 'POST' })).toEqual([405, expect.any(String)]);
  for (const path of ['/', '/constructor', '/v1/status', '/bucket/key'])
    expect([path, (await get(path))[0]]).toEqual([path, 404]);
});

test('a scrape that fails is an error, and the next one is answered', async () => {
  let fails = true;
  const get = await start(new StoreReadiness(), async () => {
    if (fails) throw new TypeError('broken');
    return 'ok\n';
  });
  expect(await get('/metrics')).toEqual([500, 'see the log\n']);
  fails = false;
  expect(await get('/metrics')).toEqual([200, 'ok\n']);
});

test('lines that nobody reads are dropped and counted, and the log goes on when somebody does', async () => {
  const metrics = new MetricRegistry();
  const stream = new PassThrough({ highWaterMark: 16 });
  const write = boundedWriter(stream, { maxBytes: 100, dropped: metrics.counter('copyset_dropped_total', 'x') });
  for (let line = 0; line < 20; line++) write(`${line}`.padEnd(9, '.'));
  expect(metrics.print()).toMatch(/^copyset_dropped_total \d+$/m);
  const dropped = Number(/total (\d+)$/m.exec(metrics.print())?.[1]);
  expect(dropped).toBeGreaterThan(5);
  stream.setEncoding('utf8');
  let text = '';
  stream.on('data', (chunk: string) => {
    text += chunk;
  });
  while (stream.writableLength > 0) await new Promise((resolve) => stream.once('data', resolve));
  write('the last');
  stream.end();
  await new Promise((resolve) => stream.once('end', resolve));
  const lines = text.trimEnd().split('\n');
  expect(lines).toHaveLength(20 - dropped + 1);
  expect(lines.at(-1)).toBe('the last');
});
