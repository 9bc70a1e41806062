/** Why: black-box tests must be able to send what no HTTP client would, and to see exactly what comes back. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { HeaderList } from './s3-signer.ts';

export type RawResponse = {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Bytes that came before the final response, 100 Continue for one. */
  readonly interim: readonly number[];
};

/** One connection, on which requests and responses alternate. */
export class RawConnection {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #ended = false;
  #more = Promise.withResolvers<void>();

  readonly #pauseNow = () => void this.#socket.pause();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => this.#arrive(bytes));
    socket.on('error', () => undefined); // a cut connection shows as its end
    socket.on('close', () => this.#arrive(undefined));
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  #arrive(bytes: Buffer | undefined): void {
    if (bytes === undefined) this.#ended = true;
    else this.#received = Buffer.concat([this.#received, bytes]);
    this.#more.resolve();
    this.#more = Promise.withResolvers();
  }

  send(bytes: Uint8Array | string): void {
    this.#socket.write(bytes);
  }

  /** Sends a head; a body goes by `send`. */
  sendHead(method: string, target: string, headers: HeaderList): void {
    const lines = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`), '', ''];
    this.#socket.write(Buffer.from(lines.join('\r\n'), 'latin1'));
  }

  /** Whether the other side has closed; waits for it. */
  async closed(): Promise<void> {
    while (!this.#ended) await this.#more.promise;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.off('data', this.#pauseNow).resume(); // nothing may have come for a sip yet
  }

  /** Takes one piece of what came, and no more. */
  sip(): void {
    this.#socket.once('data', this.#pauseNow).resume();
  }

  end(): void {
    this.#socket.destroy();
  }

  /** Says that nothing more will be sent; replies are still read. */
  halfClose(): void {
    this.#socket.end();
  }

  /** The next response; rejects when the connection ends before it is whole. */
  async receive(method = 'GET'): Promise<RawResponse> {
    const interim: number[] = [];
    for (;;) {
      const head = (await this.#takeUntil('\r\n\r\n')).toString('latin1');
      const [statusLine = '', ...lines] = head.split('\r\n');
      const status = Number(statusLine.split(' ')[1]);
      const headers = new Map(lines.filter((line) => line !== '').map(parseHeader));
      if (status < 200) interim.push(status);
      else return { status, headers, body: await this.#takeBody(method, status, headers), interim };
    }
  }

  async #takeBody(method: string, status: number, headers: ReadonlyMap<string, string>): Promise<Buffer> {
    if (method === 'HEAD' || status === 204 || status === 304) return Buffer.alloc(0);
    if (headers.get('transfer-encoding') === 'chunked') return this.#takeChunks();
    return this.#take(Number(headers.get('content-length') ?? 0));
  }

  async #takeChunks(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for (;;) {
      const bytes = Number.parseInt((await this.#takeUntil('\r\n')).toString('latin1'), 16);
      chunks.push((await this.#take(bytes + 2)).subarray(0, bytes));
      if (bytes === 0) return Buffer.concat(chunks);
    }
  }

  async #takeUntil(mark: string): Promise<Buffer> {
    for (;;) {
      const at = this.#received.indexOf(mark);
      if (at >= 0) return this.#take(at + mark.length);
      await this.#wait();
    }
  }

  async #take(bytes: number): Promise<Buffer> {
    while (this.#received.byteLength < bytes) await this.#wait();
    const taken = this.#received.subarray(0, bytes);
    this.#received = this.#received.subarray(bytes);
    return taken;
  }

  async #wait(): Promise<void> {
    if (this.#ended) throw new Error(`the connection ended after: ${this.#received.toString('latin1').slice(0, 500)}`);
    await this.#more.promise;
  }
}

function parseHeader(line: string): [string, string] {
  const at = line.indexOf(':');
  return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
}
