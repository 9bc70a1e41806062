import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PlannedRequest, writePlan } from '../../bench/load/plan.ts';
import { type LoadProgram, loadProgram, type PlanRun, runPlan } from '../../bench/load/program.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-plan-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Both in one: what the compiler makes, and what stands in for it. */
function programs(): readonly (readonly [string, () => LoadProgram])[] {
  const native = ['in C', () => loadProgram(folder)] as const;
  const fallback = ['in Node', () => loadProgram(folder, { compiler: 'no-such-compiler' })] as const;
  return process.platform === 'linux' ? [native, fallback] : [fallback];
}

type Seen = { readonly line: string; readonly body: Buffer };

/** Answers `/status/N` with that status, `/bytes/N` with as many bytes, `/chunks/N` without their length. */
async function answering(): Promise<{ readonly seen: Seen[]; readonly port: number; close(): void }> {
  const seen: Seen[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(request);
    seen.push({ line: `${request.method} ${request.url}`, body });
    const [, what = '', value = ''] = (request.url ?? '').split('/');
    if (what === 'drop') return void request.socket.destroy();
    if (what === 'last') response.setHeader('connection', 'close');
    if (what === 'bytes') response.setHeader('content-length', value);
    response.statusCode = what === 'status' ? Number(value) : 200;
    if (what === 'chunks') response.write('x');
    response.end(['bytes', 'chunks'].includes(what) ? Buffer.alloc(Number(value)) : undefined);
  };
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    seen,
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function ask(line: string, rest: Partial<PlannedRequest> = {}): PlannedRequest {
  const length = typeof rest.body === 'function' ? rest.body().byteLength : (rest.body ?? 0);
  const head = Buffer.from(`${line} HTTP/1.1\r\nhost: here\r\ncontent-length: ${length}\r\n\r\n`);
  return { body: 0, ...rest, head };
}

describe.each(programs())('the load %s', (_, program) => {
  async function load(requests: readonly PlannedRequest[], run: Partial<PlanRun> & Pick<PlanRun, 'port'>) {
    const plan = join(folder, 'plan');
    await writePlan(plan, requests);
    const whole = { plan, connections: 2, milliseconds: 60_000, limit: requests.length, ...run };
    return runPlan(program(), whole, { signal: new AbortController().signal });
  }

  test('sends the plan in turn and counts each answer by its kind', async () => {
    const server = await answering();
    try {
      const outcome = await load(
        [
          ask('GET /bytes/300000', { answerBytes: 300_000 }),
          ask('GET /chunks/300000'),
          ask('HEAD /bytes/5', { isHead: true }),
          ask('DELETE /status/204'),
          ask('GET /last/0'),
          ask('GET /bytes/10', { answerBytes: 11 }),
          ask('GET /status/404'),
          ask('GET /status/503'),
          ask('GET /drop/0'),
        ],
        { port: server.port, limit: 18 },
      );
      expect(outcome).toMatchObject({ requests: 10, misfit: 2, broken: 2 });
      expect(outcome.statuses).toEqual({ 200: 10, 204: 2, 404: 2, 503: 2 });
      expect(outcome.p50Ms).toBeGreaterThan(0);
      expect(outcome.p99Ms).toBeGreaterThanOrEqual(outcome.p50Ms ?? Number.NaN);
      expect(outcome.seconds).toBeGreaterThan(0);
      expect(server.seen.filter(({ line }) => line === 'HEAD /bytes/5')).toHaveLength(2);
    } finally {
      server.close();
    }
  });

  test('sends bodies whole: those of the plan as they are, its own with no 4 KiB twice', async () => {
    const server = await answering();
    try {
      const given = Buffer.from('as it is');
      const made = ask('PUT /status/200', { body: 3_000_000 });
      await load([ask('PUT /last/0', { body: () => given }), made, made, made], { port: server.port });
      const bodies = server.seen.map(({ body }) => body);
      expect(bodies.filter((body) => body.equals(given))).toHaveLength(1);
      const blocks = bodies.filter((body) => body.byteLength === 3_000_000).flatMap(blocksOf);
      expect(blocks).toHaveLength(3 * Math.ceil(3_000_000 / 4096));
      expect(new Set(blocks).size).toBe(blocks.length);
    } finally {
      server.close();
    }
  });

  test('stops when the time is over', async () => {
    const server = await answering();
    try {
      const outcome = await load([ask('GET /status/200')], { port: server.port, milliseconds: 300, limit: 0 });
      expect(outcome.seconds).toBeGreaterThan(0.25);
      expect(outcome.requests).toBeGreaterThan(2);
      expect(outcome.requests).toBe(server.seen.length);
    } finally {
      server.close();
    }
  });

  test('cuts off what is under way when the time is over, where that is asked', async () => {
    const silent = createTcpServer((socket) => void socket.on('error', () => undefined).resume()).listen(
      0,
      '127.0.0.1',
    );
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const outcome = await load([ask('GET /bytes/1')], { port, milliseconds: 200, limit: 0, cuts: true });
    silent.close();
    expect(outcome).toMatchObject({ requests: 0, broken: 0, cut: 2, statuses: {} });
    expect(outcome.seconds).toBeGreaterThan(0.15);
  });

  test('takes a refusal that comes before the body is sent, and goes on with another connection', async () => {
    const refusing = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.pause(); // the rest of the body stays where it is
        socket.write('HTTP/1.1 403 Forbidden\r\ncontent-length: 4\r\n\r\nno!\n');
      });
    }).listen(0, '127.0.0.1');
    await once(refusing, 'listening');
    const { port } = refusing.address() as AddressInfo;
    const large = ask('PUT /refused', { body: 64_000_000 });
    const outcome = await load([large, large], { port, connections: 1 });
    refusing.close();
    expect(outcome).toMatchObject({ requests: 0, p50Ms: null, p99Ms: null, broken: 0, statuses: { 403: 2 } });
  });

  test('says why it cannot begin', async () => {
    const server = await answering();
    server.close();
    const failed = load([ask('GET /status/200')], { port: server.port });
    await expect(failed).rejects.toThrow(/^the load failed: .*(ECONNREFUSED|Connection refused)/);
  });
});

function blocksOf(body: Buffer): readonly string[] {
  const starts = Array.from({ length: Math.ceil(body.byteLength / 4096) }, (_, at) => at * 4096);
  return starts.map((at) => body.toString('latin1', at, at + 4096));
}
