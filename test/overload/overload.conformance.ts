/**
 * Why: what the store promises under more than it can do, against a real server: as much is done as at its best, what
 * is accepted is done soon, the rest is refused at once; small requests do not wait behind large bodies, nor a fast
 * client behind slow and idle ones; and many streams take bounded memory. The figures are printed; the bounds are wide,
 * for machines are busy.
 */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { S3Client } from '../support/client.ts';
import { type DevProcess, startDev } from '../support/dev-process.ts';
import { bytesOf } from '../support/load/content.ts';
import { sign } from '../support/s3-signer.ts';
import { type Offered, offer, p99, putOf } from './load.ts';

export type OverloadScale = {
  readonly loadMs: number;
  readonly idleConnections: number;
  readonly slowConnections: number;
  readonly largeBodies: number;
  readonly streams: number;
  readonly streamMiB: number;
};

const MiB = 2 ** 20;

let folder: string;
let dev: DevProcess;
let client: S3Client;
let nextSeed = 1;

async function start(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'copyset-overload-'));
  dev = await startDev(join(folder, 'store'));
  client = new S3Client(dev.ready);
  await client.createBucket('load');
}

async function stop(): Promise<void> {
  client[Symbol.dispose]();
  await dev.end('SIGKILL');
  await rm(folder, { recursive: true, force: true });
}

const smallPut = (at: number) =>
  putOf(dev.ready, `/load/small/${at % 1000}`, bytesOf({ seed: nextSeed++, bytes: 4096 }));

function show(what: string, { goodPerSecond, refusedPerSecond, acceptedP99Ms, refusedP99Ms, others }: Offered): void {
  const rates = `${goodPerSecond.toFixed(0)}/s done, ${refusedPerSecond.toFixed(0)}/s refused`;
  const times = `p99 of accepted ${acceptedP99Ms.toFixed(0)} ms, of refused ${refusedP99Ms.toFixed(0)} ms`;
  console.log(`${what}: ${rates}, ${times}, ${others} others`);
}

async function rssMiB(): Promise<number> {
  const status = await readFile(`/proc/${dev.ready.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** The most that was seen while `work` ran. */
async function mostRssMiB(work: Promise<unknown>): Promise<number> {
  let most = await rssMiB();
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    most = Math.max(most, await rssMiB());
  }
  await done;
  return most;
}

function signedHead(method: string, target: string, length: number) {
  const { host } = new URL(dev.ready.endpoint);
  const amzDate = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const headers = [['host', host] as const, ['content-length', String(length)] as const];
  return sign(dev.ready, { method, target, headers, payload: 'UNSIGNED-PAYLOAD', amzDate }).headers;
}

/** One large body up and down again, tried again where it is told to slow down; resolves with how often it was. */
async function stream(key: string, mebibytes: number): Promise<number> {
  let refused = 0;
  while ((await putLarge(`/load/streams/${key}`, mebibytes)) === 503) refused += 1 + (await pause(1_000));
  while ((await getLarge(`/load/streams/${key}`, mebibytes)) === 503) refused += 1 + (await pause(1_000));
  return refused;
}

async function pause(ms: number): Promise<0> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return 0;
}

function begin(method: string, path: string, bytes: number): ClientRequest {
  const { hostname: host, port } = new URL(dev.ready.endpoint);
  const asking = request({ host, port, method, path });
  for (const [name, value] of signedHead(method, path, bytes)) asking.setHeader(name, value);
  return asking;
}

async function putLarge(path: string, mebibytes: number): Promise<number> {
  const put = begin('PUT', path, mebibytes * MiB);
  const answered = once(put, 'response') as Promise<[IncomingMessage]>;
  put.on('error', () => undefined); // who is refused early may be cut while it still sends: the answer came before
  const stopped = answered.then(() => undefined);
  for (let at = 0; at < mebibytes && put.writable; at++) {
    if (!put.write(bytesOf({ seed: nextSeed++, bytes: MiB }))) await Promise.race([once(put, 'drain'), stopped]);
  }
  put.end();
  const [response] = await answered;
  await buffer(response);
  const status = response.statusCode ?? 0;
  expect([200, 503]).toContain(status);
  return status;
}

async function getLarge(path: string, mebibytes: number): Promise<number> {
  const [response] = (await once(begin('GET', path, 0).end(), 'response')) as [IncomingMessage];
  let bytes = 0;
  for await (const piece of response) bytes += piece.length;
  const status = response.statusCode ?? 0;
  expect(status === 503 ? mebibytes * MiB : bytes).toBe(mebibytes * MiB);
  expect([200, 503]).toContain(status);
  return status;
}

async function openConnections(count: number, first: (at: number) => string): Promise<Socket[]> {
  const port = Number(new URL(dev.ready.endpoint).port);
  const sockets: Socket[] = [];
  for (let at = 0; at < count; at++) {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => undefined); // one that is cut is one less
    await once(socket, 'connect');
    socket.write(first(at));
    sockets.push(socket);
  }
  return sockets;
}

function slowHead(at: number): string {
  const target = `/load/slow/${at}`;
  const lines = signedHead('PUT', target, 64 * 1024).map(([name, value]) => `${name}: ${value}`);
  return [`PUT ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}

const tenTimesTheLoad = ({ loadMs }: OverloadScale) =>
  test('ten times the load leaves what is done as it was, and the rest is refused soon', async () => {
    await offer(dev.ready, { connections: 32, overMs: loadMs / 2, ask: smallPut });
    const best = await offer(dev.ready, { connections: 32, overMs: loadMs, ask: smallPut });
    show('best, of 32 clients', best);
    const perSecond = 10 * best.goodPerSecond;
    const over = await offer(dev.ready, { connections: 640, overMs: 2 * loadMs, perSecond, ask: smallPut });
    show(`offered ${perSecond.toFixed(0)}/s by 640 clients`, over);
    const after = await offer(dev.ready, { connections: 32, overMs: loadMs, ask: smallPut });
    show('again, of 32 clients', after);
    console.log(`done under ten times the load: ${((100 * over.goodPerSecond) / best.goodPerSecond).toFixed(0)} %`);
    // far from what is shown above: a busy machine must not fail it, a collapse must
    expect(over.goodPerSecond).toBeGreaterThan(0.2 * Math.min(best.goodPerSecond, after.goodPerSecond));
    // a fast machine is through with all 640 before the first of them is too late
    expect(over.refusedPerSecond > 0 || over.acceptedP99Ms < 2_000).toBe(true);
    expect([over.acceptedP99Ms < 15_000, over.refusedP99Ms < 15_000, over.others]).toEqual([true, true, 0]);
  });

const smallBesideLarge = ({ largeBodies }: OverloadScale) =>
  test('small requests do not wait until large bodies are through', async () => {
    const sinceMs = performance.now();
    let areThrough = false;
    const bodies = Array.from({ length: largeBodies }, (_, at) => stream(`beside-${at}`, 32));
    const through = Promise.all(bodies).finally(() => {
      areThrough = true;
    });
    const times: number[] = [];
    for (let at = 0; !areThrough; at++) {
      const beginMs = performance.now();
      await client.put('load', `small/${at}`, bytesOf({ seed: nextSeed++, bytes: 4096 }));
      times.push(performance.now() - beginMs);
    }
    const refused = (await through).reduce((sum, each) => sum + each, 0);
    const allMs = performance.now() - sinceMs;
    const small = `${times.length} small ones, p99 ${p99(times).toFixed(0)} ms`;
    console.log(
      `${largeBodies} bodies of 32 MiB in ${allMs.toFixed(0)} ms, ${refused} times refused; beside them ${small}`,
    );
    expect(times.length).toBeGreaterThan(2); // they went on beside the large ones
  });

const idleAndSlow = ({ idleConnections, slowConnections, loadMs }: OverloadScale) =>
  test('idle and slow connections do not slow a fast client down', async () => {
    const one = { connections: 1, overMs: loadMs, ask: smallPut };
    const alone = await offer(dev.ready, one);
    show('one client alone', alone);
    const idle = await openConnections(idleConnections, () => '');
    const slow = await openConnections(slowConnections, slowHead);
    const drip = setInterval(() => {
      for (const socket of slow) socket.write('x'.repeat(512));
    }, 100);
    await pause(1_000); // all of them came at once; from here on they are waited for
    const beside = await offer(dev.ready, one);
    clearInterval(drip);
    for (const socket of [...idle, ...slow]) socket.destroy();
    show(`beside ${idleConnections} idle and ${slowConnections} slow ones`, beside);
    console.log(`p99 beside them: ${(beside.acceptedP99Ms / alone.acceptedP99Ms).toFixed(2)} times that alone`);
    expect(beside.others).toBe(0);
    expect(beside.refusedPerSecond).toBeLessThan(beside.goodPerSecond / 100); // all slow ones come, and end, at once
    expect(beside.acceptedP99Ms).toBeLessThan(Math.max(5 * alone.acceptedP99Ms, 5_000));
  });

const manyStreams = ({ streams, streamMiB }: OverloadScale) =>
  test('many streams take bounded memory', async () => {
    const one = await mostRssMiB(stream('one', 4 * streamMiB));
    const all = Array.from({ length: streams }, (_, at) => stream(`of-many-${at}`, streamMiB));
    const many = await mostRssMiB(Promise.all(all));
    const refused = (await Promise.all(all)).reduce((sum, each) => sum + each, 0);
    const figures = `1 stream ${one.toFixed(0)} MiB, ${streams} streams of ${streamMiB} MiB ${many.toFixed(0)} MiB`;
    console.log(`RSS: ${figures}, ${refused} times refused`);
    expect(many).toBeLessThan(512 + 128 + 96 + 364); // the budget, the memory tier, pools, and what the program is
  });

export function overloadConformance(scale: OverloadScale): void {
  describe('a store that is offered too much', () => {
    beforeAll(start);
    afterAll(stop);
    tenTimesTheLoad(scale);
    idleAndSlow(scale);
    smallBesideLarge(scale);
    manyStreams(scale);
  });
}
