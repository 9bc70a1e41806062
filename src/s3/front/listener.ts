/** Why: all fronts begin to listen, drain and abort in the same way. */
import type { Server } from 'node:net';
import { assert } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import { CopysetError } from '../../base/errors.ts';
import type { Front, FrontConnection } from './front.ts';
import { type ListenOptions, listenOn } from './listen.ts';

export type ListenerParts = {
  readonly server: Server;
  readonly clock: Clock;
  readonly connections: () => Iterable<FrontConnection>;
};

export class Listener implements Front {
  readonly #parts: ListenerParts;
  #address: Front['address'] | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
  }

  get address() {
    assert(this.#address !== undefined, 'the address is known once it listens');
    return this.#address;
  }

  get isDraining(): boolean {
    return this.#closed !== undefined;
  }

  async listen(options: ListenOptions): Promise<void> {
    this.#address = await listenOn(this.#parts.server, options);
  }

  async drain(deadlineMs: number): Promise<void> {
    const cancel = new AbortController();
    const tooLate = this.#parts.clock.sleep(deadlineMs, cancel).then(
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
    this.#closed ??= new Promise((resolve) => this.#parts.server.close(() => resolve()));
    const connections = [...this.#parts.connections()];
    for (const connection of connections) if (!connection.isBusy) connection.cut(stopping());
    await this.#closed;
    await Promise.all(connections.map(({ finished }) => finished));
  }

  #cut(): void {
    for (const connection of this.#parts.connections()) connection.cut(stopping());
  }
}

function stopping(): CopysetError {
  return new CopysetError('closed', 'the server stops');
}
