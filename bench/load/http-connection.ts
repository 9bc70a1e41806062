/**
 * Why: a client library costs more than the server that it asks. This speaks just enough HTTP/1.1: one request at a
 * time over a kept connection, bodies counted and dropped.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const headEnd = '\r\n\r\n';
const lastChunk = Buffer.from('0\r\n\r\n');
const noBody: readonly number[] = [204, 304];

type Answer = { readonly status: number; readonly bodyBytes: number };
type Pending = { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void };

export class HttpConnection {
  readonly #socket: Socket;
  #pending: Pending | undefined;
  /** What came of a head that is not whole. */
  #head: Buffer = Buffer.alloc(0);
  #isHead = false;
  #body: { readonly status: number; readonly bytes: number | undefined; received: number } | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => this.#arrive(bytes));
    socket.on('error', (error) => this.#pending?.reject(error));
    socket.on('close', () => this.#pending?.reject(new Error('the server closed the connection')));
  }

  static async open(host: string, port: number): Promise<HttpConnection> {
    const socket = connect({ host, port, noDelay: true });
    await once(socket, 'connect');
    return new HttpConnection(socket);
  }

  /** `head` ends with its empty line; the answer to a HEAD names a length that does not come. */
  ask(head: Buffer, body?: Uint8Array, { isHead = false } = {}): Promise<Answer> {
    this.#isHead = isHead;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#pending = { resolve, reject };
    this.#socket.cork();
    this.#socket.write(head);
    if (body !== undefined) this.#socket.write(body);
    this.#socket.uncork();
    return promise;
  }

  close(): void {
    this.#pending = undefined;
    this.#socket.destroy();
  }

  #arrive(bytes: Buffer): void {
    if (this.#body === undefined) this.#arriveHead(bytes);
    else this.#arriveBody(bytes);
  }

  #arriveHead(bytes: Buffer): void {
    this.#head = this.#head.byteLength === 0 ? bytes : Buffer.concat([this.#head, bytes]);
    const end = this.#head.indexOf(headEnd);
    if (end < 0) return;
    const head = this.#head.toString('latin1', 0, end);
    const rest = this.#head.subarray(end + headEnd.length);
    this.#head = Buffer.alloc(0);
    const status = Number(head.slice(9, 12));
    if (status < 200) {
      if (rest.byteLength > 0) this.#arriveHead(rest); // 100 Continue
      return;
    }
    const isBodiless = this.#isHead || noBody.includes(status);
    const chunked = !isBodiless && /\r\ntransfer-encoding: *chunked/i.test(head);
    const length = isBodiless ? 0 : Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    this.#body = { status, bytes: chunked ? undefined : length, received: 0 };
    this.#arriveBody(rest);
  }

  #arriveBody(bytes: Buffer): void {
    const body = this.#body;
    if (body === undefined) return;
    body.received += bytes.byteLength;
    const ended = body.bytes === undefined ? bytes.subarray(-5).equals(lastChunk) : body.received >= body.bytes;
    if (!ended) return;
    this.#body = undefined;
    this.#pending?.resolve({ status: body.status, bodyBytes: body.received });
  }
}
