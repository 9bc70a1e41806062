/**
 * Why: one thread with an S3 door as its owner has it; when it ends, however it does, all that it held is given back.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { CopysetError } from '../../base/errors.ts';
import { fromForm } from '../../object/remote/error-form.ts';
import { Outbox, receiveAll } from '../../object/remote/port.ts';
import { type StoreServer, serveStore } from '../../object/remote/serve-store.ts';
import type { ObjectStore } from '../../object/store.ts';
import type { S3Log } from '../../s3/request-log.ts';
import { type DoorOrder, type DoorReport, type DoorTask, recordOf, type ThreadData } from './messages.ts';

export type Listening = Omit<Extract<DoorReport, { kind: 'listening' }>, 'kind'>;

export class DoorThread {
  readonly #log: S3Log;
  readonly #port: MessagePort;
  readonly #calls: StoreServer;
  readonly #worker: Worker;
  readonly #orders: Outbox<DoorOrder>;
  readonly #listening = Promise.withResolvers<Listening>();
  readonly #drained = Promise.withResolvers<void>();
  readonly #gone = Promise.withResolvers<CopysetError>();
  readonly #ended = Promise.withResolvers<void>();
  #failure = new CopysetError('closed', 'a thread of the S3 door ended');

  constructor(task: DoorTask, { store, log }: { readonly store: ObjectStore; readonly log: S3Log }) {
    const { port1, port2 } = new MessageChannel();
    const workerData: ThreadData = { ...task, store: port2 };
    this.#log = log;
    this.#port = port1;
    this.#calls = serveStore(store, port1);
    this.#worker = new Worker(new URL('./thread-main.ts', import.meta.url), { workerData, transferList: [port2] });
    this.#orders = new Outbox(this.#worker);
    receiveAll<DoorReport>(this.#worker, (report) => this.#take(report));
    this.#worker.on('error', (cause) => {
      this.#failure = new CopysetError('bug', 'a thread of the S3 door failed', { cause });
    });
    this.#worker.on('exit', () => void this.#onExit());
    this.#listening.promise.catch(() => undefined); // whoever waits for it is told
  }

  /** Rejects when it cannot. */
  get listening(): Promise<Listening> {
    return this.#listening.promise;
  }

  /** Resolves, with the reason, when it runs no more. */
  get gone(): Promise<CopysetError> {
    return this.#gone.promise;
  }

  /** Resolves when it is gone, all that it held was given back, and nothing runs for it any more. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Of memory and places in files. */
  get loans(): number {
    return this.#calls.loans;
  }

  /** It takes no more connections and finishes what runs; resolves when it has, or is gone. */
  async drain(deadlineMs: number): Promise<void> {
    this.#orders.add({ kind: 'drain', deadlineMs });
    await Promise.race([this.#drained.promise, this.#gone.promise]);
  }

  /** At once, whatever it does but start: native code that is loaded in a thread that ends aborts the process. */
  async stop(): Promise<void> {
    await this.#listening.promise.catch(() => undefined);
    await this.#worker.terminate();
    await this.#ended.promise;
  }

  #take(report: DoorReport): void {
    switch (report.kind) {
      case 'listening':
        this.#listening.resolve(report);
        break;
      case 'failed':
        this.#failure = fromForm(report.error);
        this.#listening.reject(this.#failure);
        void this.#worker.terminate();
        break;
      case 'answered':
        this.#log(recordOf(report.record));
        break;
      case 'drained':
        this.#drained.resolve();
        break;
    }
  }

  /** Not before: until then its sockets may look at what it borrowed. */
  async #onExit(): Promise<void> {
    this.#listening.reject(this.#failure);
    this.#gone.resolve(this.#failure);
    await this.#calls.close(this.#failure);
    this.#port.close();
    this.#ended.resolve();
  }
}
