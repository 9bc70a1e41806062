/**
 * Why: the fast front: raw sockets that read into one buffer, heads parsed by llhttp, replies that leave in one write.
 * It serves the same requests as the portable front with a fraction of the work.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { pageBytes } from '../../../base/libc.ts';
import type { Front } from '../front.ts';
import type { FrontOptions } from '../front-options.ts';
import { HttpDate } from '../http-date.ts';
import { Listener } from '../listener.ts';
import { WorkUnderWay } from '../work-under-way.ts';
import { FastConnection, type Shared } from './connection.ts';
import type { Llhttp } from './llhttp.ts';
import { SlabPool } from './slab-pool.ts';
import { takeHandle } from './socket-handle.ts';
import { WriteBuffer } from './writer.ts';

const readBytes = 64 * 1024;
/** A page more than a power of two, as the first one of a block begins within its first page. */
const slabBytes = 256 * 1024 + pageBytes;
const mostBetweenChecksMs = 1_000;
const trimEveryMs = 2_000;

export async function startFastFront(llhttp: Llhttp, options: FrontOptions): Promise<Front> {
  const { listener } = new FastFront(llhttp, options);
  await listener.listen(options.listen);
  return listener;
}

class FastFront {
  readonly listener: Listener;
  readonly #shared: Shared;
  readonly #connections = new Set<FastConnection>();
  #isChecking = false;

  constructor(llhttp: Llhttp, options: FrontOptions) {
    const { clock } = options;
    this.listener = new Listener({ server: this.#createServer(), clock, connections: () => this.#connections });
    this.#shared = {
      options,
      context: {
        ...options,
        date: new HttpDate(clock),
        work: new WorkUnderWay(options.limits),
        isDraining: () => this.listener.isDraining,
      },
      llhttp,
      readBuffer: Buffer.allocUnsafeSlow(readBytes),
      slabs: new SlabPool({ slabBytes, maxFreeBytes: options.limits.keptSlabBytes, isShared: options.sharesBodies }),
      writeBuffer: new WriteBuffer(),
      onClose: (connection) => void this.#connections.delete(connection),
    };
  }

  #createServer(): Server {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
    return server.on('connection', (accepted) => this.#accept(accepted));
  }

  #accept(accepted: Socket): void {
    if (this.#connections.size >= this.#shared.options.limits.maxConnections) {
      accepted.destroy();
      return;
    }
    this.#connections.add(new FastConnection(this.#shared, takeHandle(accepted)));
    if (!this.#isChecking) void this.#check();
  }

  /** One timer for all connections, while there are any. */
  async #check(): Promise<void> {
    const { clock, limits } = this.#shared.options;
    const { headTimeoutMs, keepAliveTimeoutMs, idleTimeoutMs } = limits;
    const everyMs = Math.min(mostBetweenChecksMs, headTimeoutMs / 4, keepAliveTimeoutMs / 4, idleTimeoutMs / 4);
    this.#isChecking = true;
    let trimmedAtMs = clock.monotonicMs();
    while (this.#connections.size > 0) {
      await clock.sleep(everyMs);
      const nowMs = clock.monotonicMs();
      for (const connection of this.#connections) connection.check(nowMs);
      if (nowMs - trimmedAtMs < trimEveryMs) continue;
      trimmedAtMs = nowMs;
      this.#shared.slabs.trim();
    }
    this.#isChecking = false;
  }
}
