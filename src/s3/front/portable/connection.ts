/**
 * Why: requests that a client sends without waiting for replies are run one after the other, so that a GET sees the PUT
 * before it; only so many may wait; and what is no HTTP is told where it stands among them.
 */
import type { Socket } from 'node:net';
import type { CopysetError } from '../../../base/errors.ts';
import { bodyFailure, headFailure, type ParserError } from '../client-errors.ts';
import type { Exchange } from '../exchange.ts';
import type { FrontConnection } from '../front.ts';
import { tooSlow } from '../pace.ts';
import type { PortableTransport } from './transport.ts';

const maxWaiting = 16;

export class PortableConnection implements FrontConnection {
  readonly #socket: Socket;
  readonly #isDraining: () => boolean;
  readonly #transports: PortableTransport[] = [];
  #last: Promise<void> = Promise.resolve();
  #isMalformed = false;

  constructor(socket: Socket, isDraining: () => boolean) {
    this.#socket = socket;
    this.#isDraining = isDraining;
  }

  get isBusy(): boolean {
    return this.#transports.length > 0;
  }

  get finished(): Promise<void> {
    return this.#last;
  }

  /** Runs it when those before are done. */
  run(transport: PortableTransport, exchange: Exchange): void {
    if (this.#transports.length >= maxWaiting) {
      this.#socket.destroy();
      return;
    }
    this.#transports.push(transport);
    this.#last = this.#last.then(() => exchange.run()).then(() => this.#onReplied(transport));
  }

  /** A reply that began before the server stops has not told that it is the last. */
  #onReplied(transport: PortableTransport): void {
    this.#transports.shift();
    if (this.#isDraining() && !this.isBusy) void transport.closed.then(() => this.#socket.destroySoon());
  }

  cut(reason: CopysetError): void {
    for (const transport of this.#transports) transport.abort(reason);
    this.#socket.destroy();
  }

  /** No byte went either way for a while. When it is us who are slow, the client has done nothing wrong. */
  onIdle(idleTimeoutMs: number): void {
    const [current] = this.#transports;
    const isPatient = current !== undefined && !current.patience.isExhausted(idleTimeoutMs / 2);
    if (isPatient) this.#socket.setTimeout(idleTimeoutMs);
    else if (current?.canBeTold) current.failBody(tooSlow(`Nothing of the body came for ${idleTimeoutMs} ms`));
    else this.#socket.destroy();
  }

  /**
   * What arrived is no HTTP. In a body it is the answer to its request; behind whole requests `refuse` is called once
   * they are answered.
   */
  onMalformed(error: ParserError, refuse: (failure: CopysetError) => void): void {
    if (error.code === 'ECONNRESET') this.#socket.destroy();
    if (this.#isMalformed || this.#socket.destroyed) return;
    this.#isMalformed = true;
    const arriving = this.#transports.find(({ isArriving }) => isArriving);
    if (arriving !== undefined) arriving.failBody(bodyFailure(error));
    else this.#afterAll(() => refuse(headFailure(error)));
  }

  #afterAll(act: () => void): void {
    const before = this.#transports.at(-1)?.closed;
    this.#last = this.#last.then(() => before).then(act);
  }
}
