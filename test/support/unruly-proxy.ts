/**
 * Why: what goes wrong between a client and a true endpoint: it is throttled, answered with an error, cut, or left
 * without an answer. All other requests go through as they came.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * `throttle` and `full` answer instead of the endpoint; `cut` closes in the middle of the endpoint's answer, `lose`
 * lets it do its work and closes before the answer; `hang` says nothing.
 */
export type Unruly = 'throttle' | 'full' | 'cut' | 'lose' | 'hang';

export type Asked = { readonly method: string; readonly target: string };

export class UnrulyProxy {
  /** What to do with a request; undefined lets it through. */
  decide: (asked: Asked) => Unruly | undefined = () => undefined;
  readonly asked: Asked[] = [];
  readonly #server: Server;
  readonly #targetPort: number;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    const handle = (incoming: IncomingMessage, outgoing: ServerResponse) => this.#handle(incoming, outgoing);
    this.#server = createServer(handle).on('checkContinue', handle).listen(0, '127.0.0.1');
  }

  static async start(targetPort: number): Promise<UnrulyProxy> {
    const proxy = new UnrulyProxy(targetPort);
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next `times` requests that `which` picks. */
  next(times: number, unruly: Unruly, which: (asked: Asked) => boolean = () => true): void {
    let left = times;
    this.decide = (asked) => (which(asked) && left-- > 0 ? unruly : undefined);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const asked = { method: incoming.method ?? '', target: incoming.url ?? '' };
    this.asked.push(asked);
    const unruly = this.decide(asked);
    if (unruly === 'throttle') answer(outgoing, 503, 'SlowDown', { 'retry-after': '0' });
    else if (unruly === 'full') answer(outgoing, 507, 'InsufficientStorage');
    else if (unruly !== 'hang') this.#pass(incoming, outgoing, unruly);
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse, unruly: 'cut' | 'lose' | undefined): void {
    const { method, url: path, rawHeaders: headers } = incoming;
    const passed = request({ host: '127.0.0.1', port: this.#targetPort, method, path, headers, setHost: false });
    passed.on('continue', () => outgoing.writeContinue());
    passed.on('error', () => incoming.socket.destroy());
    const cut = () => incoming.socket.destroy();
    passed.on('response', (response) => {
      if (unruly === 'lose') return void response.resume().on('end', cut);
      outgoing.writeHead(response.statusCode ?? 0, response.rawHeaders);
      if (unruly === undefined) return void response.pipe(outgoing);
      response.on('end', cut);
      response.once('data', (piece: Buffer) => outgoing.write(piece.subarray(0, piece.byteLength / 2), cut));
    });
    incoming.pipe(passed);
  }
}

function answer(outgoing: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void {
  const body = `<Error><Code>${code}</Code><Message>as the test wants it</Message></Error>`;
  outgoing.writeHead(status, { ...headers, connection: 'close' }).end(body);
}
