/**
 * Why: the store is asked from other threads by messages. A message costs a wake-up of the other thread, so those of
 * one turn of the event loop leave together.
 */
import { afterTurn } from '../../base/clock.ts';

/** What is used of a MessagePort, of a Worker and of its parent. */
export type Port = {
  postMessage(value: unknown, transferred?: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (value: unknown) => void): unknown;
};

/** What those need who only send. */
export type Sender<M> = { add(message: M, transferred?: readonly ArrayBuffer[]): void };

export class Outbox<M> implements Sender<M> {
  readonly #port: Port;
  #messages: M[] = [];
  #transferred: ArrayBuffer[] = [];

  constructor(port: Port) {
    this.#port = port;
  }

  /** `transferred`: memory that belongs to the receiver from then on, and may not be touched here. */
  add(message: M, transferred: readonly ArrayBuffer[] = []): void {
    if (this.#messages.length === 0) afterTurn(() => this.#flush());
    this.#messages.push(message);
    this.#transferred.push(...transferred);
  }

  #flush(): void {
    const [messages, transferred] = [this.#messages, this.#transferred];
    this.#messages = [];
    this.#transferred = [];
    this.#port.postMessage(messages, transferred);
  }
}

/** Calls `take` with what the outbox at the other end was given, in its order. */
export function receiveAll<M>(port: Port, take: (message: M) => void): void {
  port.on('message', (batch) => (batch as readonly M[]).forEach(take));
}
