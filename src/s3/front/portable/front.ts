/**
 * Why: the portable front: node:http, with every limit set, whose bodies are drawn and sent piece by piece. It serves
 * S3 and nothing else.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { CopysetError } from '../../../base/errors.ts';
import { type ParserError, refuse, tunnelFailure } from '../client-errors.ts';
import { Exchange, type ExchangeContext } from '../exchange.ts';
import type { Front } from '../front.ts';
import type { FrontOptions } from '../front-options.ts';
import { HttpDate } from '../http-date.ts';
import { Listener } from '../listener.ts';
import { WorkUnderWay } from '../work-under-way.ts';
import { PortableConnection } from './connection.ts';
import { PortableTransport } from './transport.ts';

export async function startPortableFront(options: FrontOptions): Promise<Front> {
  const { listener } = new PortableFront(options);
  await listener.listen(options.listen);
  return listener;
}

class PortableFront {
  readonly listener: Listener;
  readonly #options: FrontOptions;
  readonly #context: ExchangeContext;
  readonly #connections = new Map<Socket, PortableConnection>();

  constructor(options: FrontOptions) {
    const { clock } = options;
    this.#options = options;
    const connections = () => this.#connections.values();
    this.listener = new Listener({ server: this.#createServer(), clock, connections });
    this.#context = {
      ...options,
      date: new HttpDate(clock),
      work: new WorkUnderWay(options.limits),
      isDraining: () => this.listener.isDraining,
    };
  }

  #createServer(): Server {
    const { maxHeadBytes, headTimeoutMs, keepAliveTimeoutMs, idleTimeoutMs, maxConnections } = this.#options.limits;
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
    server.on('connect', (_, socket) => this.#refuse(socket as Socket, tunnelFailure()));
    server.on('connection', (socket) => void this.#connection(socket));
    server.on('clientError', (error: ParserError, socket) => {
      const known = socket as Socket;
      this.#connection(known).onMalformed(error, (failure) => this.#refuse(known, failure));
    });
    return server;
  }

  #refuse(socket: Socket, error: CopysetError): void {
    refuse(socket, error, { requestId: this.#options.newRequestId(), log: this.#options.log });
  }

  #connection(socket: Socket): PortableConnection {
    const known = this.#connections.get(socket);
    if (known !== undefined) return known;
    const connection = new PortableConnection(socket, () => this.listener.isDraining);
    this.#connections.set(socket, connection);
    socket.once('close', () => this.#connections.delete(socket));
    return connection;
  }

  #start(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const { clock, limits, newRequestId } = this.#options;
    const transport = new PortableTransport(request, response, { clock, limits, expectsContinue });
    const exchange = new Exchange(this.#context, transport, newRequestId());
    this.#connection(request.socket).run(transport, exchange);
  }
}
