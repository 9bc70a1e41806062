/** Why: a request and its reply as node:http has them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { raceAbort } from '../../../base/async/abort.ts';
import { type Clock, deadline } from '../../../base/clock.ts';
import { CopysetError } from '../../../base/errors.ts';
import type { Slab } from '../../../object/store.ts';
import type { S3Limits } from '../../limits.ts';
import { lingering } from '../linger.ts';
import { Pace } from '../pace.ts';
import { Patience } from '../patience.ts';
import type { RawHead, ReplyHead, Transport } from '../transport.ts';
import { receiveBody } from './receive-body.ts';

export type PortableOptions = {
  readonly clock: Clock;
  readonly limits: S3Limits;
  readonly expectsContinue: boolean;
};

export class PortableTransport implements Transport {
  readonly head: RawHead;
  readonly remoteAddress: string;
  readonly patience: Patience;
  /** Settles when the response has left, or never will. */
  readonly closed: Promise<void>;
  receivedBytes = 0;
  readonly #options: PortableOptions;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #gone = new AbortController();
  readonly #cut = new AbortController();
  readonly #pace: Pace;
  #proceeded = false;

  constructor(request: IncomingMessage, response: ServerResponse, options: PortableOptions) {
    const { method = '', url: target = '', rawHeaders } = request;
    const { clock, limits } = options;
    this.head = { method, target, rawHeaders };
    this.remoteAddress = request.socket.remoteAddress ?? ''; // a closed socket has forgotten it
    this.#options = options;
    this.#request = request;
    this.#response = response;
    this.patience = new Patience(clock);
    this.#pace = new Pace({ bytesPerSecond: limits.minBytesPerSecond, stretchMs: limits.idleTimeoutMs });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    response.once('close', () => this.#onClose(resolve));
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  get isArriving(): boolean {
    return !this.#request.complete;
  }

  get hasBegun(): boolean {
    return this.#response.headersSent;
  }

  /** Whether its body is still arriving, and nothing was said about it. */
  get canBeTold(): boolean {
    return this.isArriving && !this.hasBegun && !this.#cut.signal.aborted;
  }

  /** Nothing more of the body will come, or count. */
  failBody(reason: CopysetError): void {
    this.#cut.abort(reason);
  }

  /** Gives up what runs for it; what the store then does is the store's promise. */
  abort(reason: CopysetError): void {
    if (!this.#response.writableFinished) this.#gone.abort(reason);
  }

  async *draw(): AsyncGenerator<Slab> {
    if (!this.#hasBody()) return;
    if (this.#options.expectsContinue) this.#response.writeContinue();
    this.#proceeded = true;
    const receiving = { clock: this.#options.clock, patience: this.patience, pace: this.#pace, cut: this.#cut.signal };
    for await (const slab of receiveBody(this.#request, receiving)) {
      this.receivedBytes += slab.bytes.byteLength;
      yield slab;
    }
  }

  begin({ status, headers }: ReplyHead): void {
    this.#response.sendDate = false;
    this.#response.writeHead(status, headers);
  }

  async send(bytes: Uint8Array): Promise<void> {
    const patienceMs = this.#pace.patienceMs(bytes.byteLength);
    using tooLate = deadline(this.#options.clock, patienceMs, 'the client that takes the reply');
    await this.patience.during(raceAbort(raceAbort(write(this.#response, bytes), this.signal), tooLate.signal));
  }

  async end(): Promise<void> {
    if (this.isArriving) await this.#linger();
    this.#response.end();
  }

  cut(): void {
    this.#response.destroy();
  }

  #onClose(resolve: () => void): void {
    resolve();
    if (!this.#response.writableFinished) this.abort(new CopysetError('request.aborted', 'the client went away'));
  }

  #hasBody(): boolean {
    const { headers } = this.#request;
    return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  }

  /** Takes in a little more, so that the client reads the reply before it sees the connection close. */
  async #linger(): Promise<void> {
    const { clock, limits, expectsContinue } = this.#options;
    if ((expectsContinue && !this.#proceeded) || this.#cut.signal.aborted) return;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.#request.once('close', resolve).once('end', resolve).resume();
    await lingering(ended, { clock, ms: limits.lingerMs });
  }
}

function write(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  response.write(bytes, (cause) => {
    if (cause) reject(new CopysetError('request.aborted', 'the client went away', { cause }));
    else resolve();
  });
  return promise;
}
