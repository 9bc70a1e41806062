/**
 * Why: the portable front of the S3 door: node:http, with every limit set, whose bodies are drawn and sent piece by
 * piece. It serves S3 and nothing else.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { assert } from '../base/assert.ts';
import { CopysetError } from '../base/errors.ts';
import { newId, type RequestId } from '../base/ids.ts';
import type { Random } from '../base/random.ts';
import { Door, type DoorOptions } from './door.ts';
import { s3Error, toFailure } from './errors.ts';
import { type ParserError, refuseConnection } from './front/client-errors.ts';
import { Connection } from './front/connection.ts';
import { Exchange, type ExchangeContext } from './front/exchange.ts';
import { defaultS3Limits, type S3Limits } from './limits.ts';
import type { S3Log } from './request-log.ts';

export type S3Options = Omit<DoorOptions, 'limits'> & {
  readonly random: Random;
  readonly log: S3Log;
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly limits?: Partial<S3Limits>;
};

export type S3Server = {
  readonly address: { readonly host: string; readonly port: number };
  /** Takes no more connections, lets what runs finish, and cuts what is left after `deadlineMs`. */
  drain(deadlineMs: number): Promise<void>;
  /** Cuts everything now; settles when no request touches the store any more. */
  abort(): Promise<void>;
};

export async function startS3(options: S3Options): Promise<S3Server> {
  const front = new NodeFront(options);
  await front.listen(options.listen);
  return front;
}

class NodeFront implements S3Server {
  readonly #options: S3Options;
  readonly #limits: S3Limits;
  readonly #server: Server;
  readonly #context: ExchangeContext;
  readonly #connections = new Map<Socket, Connection>();
  #address: S3Server['address'] | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: S3Options) {
    const { clock, log } = options;
    this.#options = options;
    this.#limits = { ...defaultS3Limits, ...options.limits };
    const door = new Door({ ...options, limits: this.#limits });
    const isDraining = () => this.#closed !== undefined;
    this.#context = { door, clock, log, limits: this.#limits, isDraining };
    this.#server = this.#createServer();
  }

  get address() {
    assert(this.#address !== undefined, 'the address is known once it listens');
    return this.#address;
  }

  async listen({ host, port }: S3Options['listen']): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject).listen(port, host, resolve);
    try {
      await promise;
    } catch (cause) {
      throw new CopysetError('request.invalid', `cannot listen on ${host}:${port}: ${(cause as Error).message}`, {
        cause,
      });
    }
    this.#server.off('error', reject);
    const bound = this.#server.address() as AddressInfo;
    this.#address = { host: bound.address, port: bound.port };
  }

  async drain(deadlineMs: number): Promise<void> {
    const cancel = new AbortController();
    const tooLate = this.#options.clock.sleep(deadlineMs, cancel).then(
      () => this.#cut(),
      () => undefined, // all was finished in time
    );
    await this.#close();
    cancel.abort();
    await tooLate;
  }

  async abort(): Promise<void> {
    const closed = this.#close();
    this.#cut();
    await closed;
  }

  async #close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => this.#server.close(() => resolve()));
    const connections = [...this.#connections.values()];
    for (const connection of connections) if (!connection.isBusy) connection.cut(stopping());
    await this.#closed;
    await Promise.all(connections.map(({ finished }) => finished));
  }

  #cut(): void {
    for (const connection of this.#connections.values()) connection.cut(stopping());
  }

  #createServer(): Server {
    const { maxHeadBytes, headTimeoutMs, keepAliveTimeoutMs, idleTimeoutMs, maxConnections } = this.#limits;
    const server = createServer({
      maxHeaderSize: maxHeadBytes,
      headersTimeout: headTimeoutMs,
      requestTimeout: 0, // a body may take as long as it makes progress
      connectionsCheckingInterval: Math.min(headTimeoutMs, 5_000),
      keepAliveTimeout: keepAliveTimeoutMs,
      insecureHTTPParser: false,
      requireHostHeader: false, // refused in the exchange, with a code
      noDelay: true,
    });
    server.maxConnections = maxConnections;
    server.maxHeadersCount = 0; // counted in the exchange: node:http would drop the rest unseen
    server.setTimeout(idleTimeoutMs, (socket) => this.#connection(socket).onIdle(idleTimeoutMs));
    // a client may say that it sends no more and still wait for its reply
    Object.assign(server, { httpAllowHalfOpen: true });
    server.on('request', (request, response) => this.#start(request, response, false));
    server.on('checkContinue', (request, response) => this.#start(request, response, true));
    server.on('checkExpectation', (request, response) => this.#start(request, response, false));
    server.on('connect', (_, socket) => {
      this.#refuse(socket as Socket, s3Error('NotImplemented', 'CONNECT is not supported: this is no proxy'));
    });
    server.on('connection', (socket) => void this.#connection(socket));
    server.on('clientError', (error: ParserError, socket) => {
      const known = socket as Socket;
      this.#connection(known).onMalformed(error, (failure) => this.#refuse(known, failure));
    });
    return server;
  }

  /** Answers what is no request, and records it: who sends such things is to be seen as well. */
  #refuse(socket: Socket, error: CopysetError): void {
    const requestId = this.#newRequestId();
    const failure = toFailure(error);
    const nothing = { accessKeyId: undefined, action: undefined, operation: undefined, firstByteMs: undefined };
    const unread = { method: '', path: '', receivedBytes: 0, durationMs: 0 };
    const { remoteAddress = '' } = socket;
    const { status, code } = failure;
    this.#options.log({ ...nothing, ...unread, requestId, remoteAddress, status, code, error });
    refuseConnection(socket, failure, requestId);
  }

  #newRequestId(): RequestId {
    return newId<RequestId>(this.#options.random).toUpperCase() as RequestId;
  }

  #connection(socket: Socket): Connection {
    const known = this.#connections.get(socket);
    if (known !== undefined) return known;
    const connection = new Connection(socket);
    this.#connections.set(socket, connection);
    socket.once('close', () => this.#connections.delete(socket));
    return connection;
  }

  #start(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const about = { requestId: this.#newRequestId(), expectsContinue };
    const exchange = new Exchange(this.#context, request, response, about);
    this.#connection(request.socket).run(exchange);
  }
}

function stopping(): CopysetError {
  return new CopysetError('closed', 'the server stops');
}
