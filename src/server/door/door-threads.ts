/**
 * Why: many threads with an S3 door are one door to those who start and stop it. Each listens on a socket of its own at
 * the same address, and the kernel shares out the connections; one that dies is replaced.
 */
import { createServer } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { CopysetError } from '../../base/errors.ts';
import type { ObjectStore } from '../../object/store.ts';
import type { Log } from '../../observe/log.ts';
import type { Front, FrontStatus } from '../../s3/front/front.ts';
import { type Address, type ListenOptions, listenOn } from '../../s3/front/listen.ts';
import { defaultS3Limits, type S3Limits } from '../../s3/limits.ts';
import type { S3Log } from '../../s3/request-log.ts';
import { DoorThread, type Listening } from './door-thread.ts';
import type { DoorTask } from './messages.ts';
import { partOfLimits } from './part-of-limits.ts';

export type DoorThreadsOptions = Pick<DoorTask, 'key' | 'front' | 'domains' | 'region'> & {
  readonly threads: number;
  readonly store: ObjectStore;
  readonly listen: Address;
  readonly clock: Clock;
  readonly record: S3Log;
  readonly log: Log;
  /** Of all threads together. */
  readonly limits?: Partial<S3Limits>;
  /** How many requests wait for memory, of all threads. */
  readonly waiting: () => number;
};

/** One that died sooner than that is likely to die again: its successor waits. */
const leastLivedMs = 10_000;
const restMs = 1_000;
/** How old what threads know of waiting requests may be. */
const waitingEveryMs = 50;
/** Beyond the deadline of a drain, to say that it is over. */
const lastWordMs = 2_000;

export async function startDoorThreads(options: DoorThreadsOptions): Promise<DoorThreads> {
  const door = new DoorThreads(options, await freeAddress(options.listen));
  try {
    await door.open();
  } catch (error) {
    await door.abort();
    throw error;
  }
  return door;
}

/** Tried without sharing it: nobody else listens there, of whom half of the connections would be taken. */
async function freeAddress(listen: ListenOptions): Promise<Address> {
  const server = createServer();
  const address = await listenOn(server, listen);
  await new Promise((resolve) => server.close(resolve));
  return address;
}

export class DoorThreads implements Front {
  readonly address: Address;
  readonly #options: DoorThreadsOptions;
  readonly #waiting = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  /** Those that have not ended. */
  readonly threads = new Set<DoorThread>();
  readonly #stopping = new AbortController();
  readonly #keepers: Promise<void>[] = [];
  #status: FrontStatus = { kind: 'portable', reason: 'no thread listens' };
  #serving = 0;

  constructor(options: DoorThreadsOptions, address: Address) {
    this.#options = options;
    this.address = address;
  }

  get status(): FrontStatus {
    return this.#status;
  }

  /** How many threads listen. */
  get serving(): number {
    return this.#serving;
  }

  async open(): Promise<void> {
    const threads = Array.from({ length: this.#options.threads }, () => this.#start());
    const listening = await Promise.all(threads.map((thread) => thread.listening));
    this.#status = (listening[0] as Listening).status;
    this.#keepers.push(...threads.map((thread) => this.#keep(thread)), this.#tellWaiting());
  }

  async drain(deadlineMs: number): Promise<void> {
    this.#stopping.abort();
    const { clock } = this.#options;
    const cancel = new AbortController();
    const tooLate = clock.sleep(deadlineMs + lastWordMs, cancel).catch(() => undefined); // all said so in time
    const drained = Promise.all([...this.threads].map((thread) => thread.drain(deadlineMs)));
    await Promise.race([drained, tooLate]);
    cancel.abort();
    await this.abort();
  }

  async abort(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.threads].map((thread) => thread.stop()));
    await Promise.all(this.#keepers);
  }

  #start(): DoorThread {
    const { store, record, key, front, domains, region, threads } = this.#options;
    const limits = partOfLimits({ ...defaultS3Limits, ...this.#options.limits }, threads);
    const waiting = this.#waiting.buffer;
    const task = { key, front, domains, region, limits, waiting, listen: this.address };
    const thread = new DoorThread(task, { store, log: record });
    this.threads.add(thread);
    void thread.ended.then(() => this.threads.delete(thread));
    void this.#count(thread);
    return thread;
  }

  async #count(thread: DoorThread): Promise<void> {
    try {
      await thread.listening;
    } catch {
      return; // whoever started it is told
    }
    this.#serving += 1;
    await thread.gone;
    this.#serving -= 1;
  }

  /** Until all are stopped there is such a thread, or soon will be. */
  async #keep(first: DoorThread): Promise<void> {
    const { clock, log } = this.#options;
    for (let thread = first; ; thread = this.#start()) {
      const startedAtMs = clock.monotonicMs();
      const error = await thread.gone;
      if (this.#isStopping) return;
      log.error('a thread of the S3 door died, and its connections with it; another takes its place', { error });
      if (clock.monotonicMs() - startedAtMs < leastLivedMs) await this.#rest(restMs);
      if (this.#isStopping) return;
    }
  }

  /** A request that waits is one of some thread: each takes its part for its own. */
  async #tellWaiting(): Promise<void> {
    const { threads, waiting } = this.#options;
    while (!this.#isStopping) {
      Atomics.store(this.#waiting, 0, Math.floor(waiting() / threads));
      await this.#rest(waitingEveryMs);
    }
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #rest(ms: number): Promise<void> {
    try {
      await this.#options.clock.sleep(ms, { signal: this.#stopping.signal });
    } catch (error) {
      if (!(error instanceof CopysetError)) throw error; // it stops
    }
  }
}
