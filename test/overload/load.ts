/**
 * Why: more than a store can serve must be offered without a client that waits for it: requests at a given rate over
 * many kept connections, each answered or refused, timed from the moment at which it was to be sent.
 */
import { connect, type Socket } from 'node:net';
import { sign } from '../support/s3-signer.ts';

export type LoadTarget = { readonly endpoint: string; readonly accessKeyId: string; readonly secretAccessKey: string };

export type Offered = {
  /** Answered with success, a second. */
  readonly goodPerSecond: number;
  /** Answered 503, a second. */
  readonly refusedPerSecond: number;
  /** Of what was accepted, and of what was refused. */
  readonly acceptedP99Ms: number;
  readonly refusedP99Ms: number;
  /** Neither success nor 503. */
  readonly others: number;
};

export type OfferOptions = {
  readonly connections: number;
  readonly overMs: number;
  /** Undefined: each connection asks again as soon as it has its answer. */
  readonly perSecond?: number | undefined;
  readonly ask: (at: number) => Uint8Array;
};

/** A signed PUT as bytes. */
export function putOf(target: LoadTarget, path: string, body: Uint8Array): Uint8Array {
  const url = new URL(target.endpoint);
  const { headers } = sign(target, {
    method: 'PUT',
    target: path,
    headers: [
      ['host', url.host],
      ['content-length', String(body.byteLength)],
    ],
    payload: 'UNSIGNED-PAYLOAD',
    amzDate: new Date().toISOString().replace(/[-:]|\.\d+/g, ''),
  });
  const head = [`PUT ${path} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

/** One kept connection, opened again when the store closes it. */
class Asker {
  readonly #port: number;
  #socket: Socket | undefined;
  #answer = '';
  #waiting: PromiseWithResolvers<number> | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** Resolves with the status; 0 when the connection ended without one. */
  ask(bytes: Uint8Array): Promise<number> {
    this.#socket ??= this.#open();
    this.#waiting = Promise.withResolvers();
    this.#socket.write(bytes);
    return this.#waiting.promise;
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    socket.on('error', () => undefined); // it shows as the end of the connection
    socket.on('data', (bytes: Buffer) => this.#take(bytes.toString('latin1')));
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#settle(0);
    });
    return socket;
  }

  #take(text: string): void {
    this.#answer += text;
    const end = this.#answer.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#answer.slice(0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#answer.length < end + 4 + length) return;
    this.#answer = '';
    if (/connection: close/i.test(head)) {
      this.#socket?.destroy();
      this.#socket = undefined;
    }
    this.#settle(Number(head.slice(9, 12)));
  }

  #settle(status: number): void {
    this.#waiting?.resolve(status);
    this.#waiting = undefined;
  }
}

/** Offers so much for so long; what is still under way then is not counted. */
export async function offer(target: LoadTarget, options: OfferOptions): Promise<Offered> {
  const port = Number(new URL(target.endpoint).port);
  const askers = Array.from({ length: options.connections }, () => new Asker(port));
  const startMs = performance.now();
  const endMs = startMs + options.overMs;
  const times = new Map<number, number[]>();
  const everyMs = options.perSecond === undefined ? 0 : (1000 * options.connections) / options.perSecond;
  let sent = 0;
  await Promise.all(
    askers.map(async (asker, number) => {
      for (let dueMs = startMs + (everyMs * number) / askers.length; dueMs < endMs; ) {
        const pauseMs = dueMs - performance.now();
        if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
        const sinceMs = performance.now();
        const late = new Promise<number>((resolve) => setTimeout(resolve, endMs + 2_000 - sinceMs, -1).unref());
        const status = await Promise.race([asker.ask(options.ask(sent++)), late]);
        const nowMs = performance.now();
        if (nowMs < endMs) noteTime(times, status, nowMs - sinceMs);
        dueMs = Math.max(dueMs + everyMs, nowMs);
      }
      asker.close();
    }),
  );
  return summed(times, options.overMs);
}

function noteTime(times: Map<number, number[]>, status: number, ms: number): void {
  const known = times.get(status);
  if (known === undefined) times.set(status, [ms]);
  else known.push(ms);
}

function summed(times: ReadonlyMap<number, readonly number[]>, overMs: number): Offered {
  const good = times.get(200) ?? [];
  const refused = times.get(503) ?? [];
  const all = [...times.values()].reduce((sum, each) => sum + each.length, 0);
  return {
    goodPerSecond: (good.length * 1000) / overMs,
    refusedPerSecond: (refused.length * 1000) / overMs,
    acceptedP99Ms: p99(good),
    refusedP99Ms: p99(refused),
    others: all - good.length - refused.length,
  };
}

export function p99(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
}
