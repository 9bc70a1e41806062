/**
 * Why: requests that a client sends without waiting for replies are run one after the other, so that a GET sees the PUT
 * before it; and only so many may wait.
 */
import type { Socket } from 'node:net';
import type { CopysetError } from '../../base/errors.ts';
import type { Exchange } from './exchange.ts';

const maxWaiting = 16;

export class Connection {
  readonly #socket: Socket;
  readonly #exchanges: Exchange[] = [];
  #last: Promise<void> = Promise.resolve();

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get isBusy(): boolean {
    return this.#exchanges.length > 0;
  }

  /** Runs it when those before are done. */
  run(exchange: Exchange): void {
    if (this.#exchanges.length >= maxWaiting) {
      this.#socket.destroy();
      return;
    }
    this.#exchanges.push(exchange);
    this.#last = this.#last.then(() => exchange.run()).then(() => void this.#exchanges.shift());
  }

  /** Settles when nothing runs any more. */
  get finished(): Promise<void> {
    return this.#last;
  }

  cut(reason: CopysetError): void {
    for (const exchange of this.#exchanges) exchange.abort(reason);
    this.#socket.destroy();
  }

  /** No byte went either way for a while. When it is us who are slow, the client has done nothing wrong. */
  onIdle(idleTimeoutMs: number): void {
    const [current] = this.#exchanges;
    if (current === undefined || current.patience.isExhausted(idleTimeoutMs / 2)) this.#socket.destroy();
    else this.#socket.setTimeout(idleTimeoutMs);
  }
}
