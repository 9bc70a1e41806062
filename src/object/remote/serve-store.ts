/**
 * Why: the other half of remote-store.ts, beside the real store: calls of one client run here as if its code did, and
 * what it holds is freed when it is gone.
 */
import { InFlight } from '../../base/async/in-flight.ts';
import type { CopysetError } from '../../base/errors.ts';
import type { Body, BodySeal, ObjectReader, ObjectStore, ReadCondition } from '../store.ts';
import { fromForm, toForm } from './error-form.ts';
import { Lender } from './lender.ts';
import type { CallMessage, ClientMessage, ReaderHead, ServerMessage } from './messages.ts';
import { Outbox, type Port, receiveAll } from './port.ts';
import { SlabSink } from './slab-sink.ts';
import { SlabSource } from './slab-source.ts';
import type { AnyVerb } from './verbs.ts';

export type StoreServer = {
  /** Calls that run and readers that are open. */
  readonly running: number;
  /** Shared memory that the client has. */
  readonly loans: number;
  /** The client is gone: gives up all that runs for it; settles when nothing does any more. */
  close(reason: CopysetError): Promise<void>;
};

export function serveStore(store: ObjectStore, port: Port): StoreServer {
  return new StoreListener(store, port);
}

/** Contents up to this size go with the answer. */
const wholeBytes = 64 * 1024;

type Running = {
  readonly giveUp: AbortController;
  body?: SlabSink;
  reader?: SlabSource;
  asked?: PromiseWithResolvers<void>;
};

class StoreListener implements StoreServer {
  readonly #store: ObjectStore;
  readonly #outbox: Outbox<ServerMessage>;
  readonly #lender = new Lender();
  readonly #running = new Map<number, Running>();
  readonly #works = new InFlight();
  #isClosed = false;

  constructor(store: ObjectStore, port: Port) {
    this.#store = store;
    this.#outbox = new Outbox(port);
    receiveAll<ClientMessage>(port, (message) => this.#take(message));
  }

  get running(): number {
    return this.#running.size;
  }

  get loans(): number {
    return this.#lender.loans;
  }

  async close(reason: CopysetError): Promise<void> {
    this.#isClosed = true;
    for (const [id, { giveUp, body, reader, asked }] of [...this.#running]) {
      giveUp.abort(reason);
      body?.fail(reason);
      reader?.stop();
      asked?.reject(reason);
      if (reader !== undefined) this.#running.delete(id);
    }
    this.#lender.giveBackAll();
    await this.#works.settled();
  }

  #take(message: ClientMessage): void {
    if (this.#isClosed) return;
    if (message.kind === 'release') this.#lender.giveBack(message.loan);
    else if (message.kind === 'call') void this.#works.track(this.#run(message));
    else this.#takeOf(message);
  }

  #takeOf(message: Exclude<ClientMessage, { kind: 'release' | 'call' }>): void {
    const running = this.#running.get(message.id);
    if (running !== undefined) this.#takeFor(running, message);
    else if (message.kind === 'piece' && message.piece.kind === 'loan')
      this.#outbox.add({ kind: 'release', loan: message.piece.loan }); // it was on its way when nobody wanted it more
  }

  #takeFor(running: Running, message: Exclude<ClientMessage, { kind: 'release' | 'call' }>): void {
    switch (message.kind) {
      case 'cancel':
        running.giveUp.abort(fromForm(message.error));
        break;
      case 'answer':
        if (message.refusal === undefined) running.asked?.resolve();
        else running.asked?.reject(fromForm(message.refusal));
        break;
      case 'draw':
        running.reader?.give(message.credit);
        break;
      case 'stop':
        running.reader?.stop();
        break;
      case 'piece':
        running.body?.push(message.piece);
        break;
      case 'end':
        running.body?.end(message);
        break;
      case 'broken':
        running.body?.fail(fromForm(message.error));
        break;
    }
  }

  /** Never rejects. A reader goes on running until it is over. */
  async #run(call: CallMessage): Promise<void> {
    const { id } = call;
    const running: Running = { giveUp: new AbortController() };
    this.#running.set(id, running);
    try {
      const value = await this.#answer(call, running);
      this.#outbox.add({ kind: 'done', id, value });
    } catch (error) {
      this.#outbox.add({ kind: 'failed', id, error: toForm(error) });
    }
    if (running.reader === undefined) this.#running.delete(id);
  }

  async #answer(call: CallMessage, running: Running): Promise<unknown> {
    const { verb, args } = call;
    const options = { ...call.options, signal: running.giveUp.signal };
    const run = this.#store[verb] as AnyVerb;
    if (verb === 'get') return this.#read(call, running, (await run(...args, options)) as ObjectReader);
    if (verb === 'putPart') return await run(...args, this.#bodyOf(call, running), options);
    if (verb === 'put') {
      const [bucket, key, object] = args;
      return await run(bucket, key, { ...(object as object), body: this.#bodyOf(call, running) }, options);
    }
    if (verb === 'copy' || verb === 'copyPart') {
      const [from, to] = args;
      return await run({ ...(from as object), ...this.#conditionOf(call, running) }, to, options);
    }
    return await run(...args, options);
  }

  async #read({ id }: CallMessage, running: Running, { info, range, slabs }: ObjectReader): Promise<ReaderHead> {
    if (range.to - range.from <= wholeBytes) return { info, range, ...(await readWhole(slabs)) };
    const onOver = () => void this.#running.delete(id);
    running.reader = new SlabSource(slabs, { id, outbox: this.#outbox, lender: this.#lender, onOver });
    if (this.#isClosed) running.reader.stop();
    return { info, range };
  }

  #bodyOf({ id, body }: CallMessage, running: Running): Body {
    const slabs = new SlabSink({ id, outbox: this.#outbox });
    running.body = slabs;
    const seal = async () => (await slabs.last()) as BodySeal;
    return { declaredBytes: body?.declaredBytes, md5: body?.md5, slabs, seal };
  }

  #conditionOf({ id, asks }: CallMessage, running: Running): { readonly condition?: ReadCondition } {
    if (asks !== true) return {};
    const condition: ReadCondition = async (source) => {
      running.asked = Promise.withResolvers();
      this.#outbox.add({ kind: 'ask', id, source });
      await running.asked.promise;
    };
    return { condition };
  }
}

/** The pieces are copies: what was read goes back at once. */
async function readWhole(slabs: ObjectReader['slabs']): Promise<Pick<ReaderHead, 'whole' | 'broken'>> {
  const whole: Uint8Array[] = [];
  try {
    for await (const slab of slabs) {
      whole.push(new Uint8Array(slab.bytes));
      slab.release();
    }
    return { whole };
  } catch (error) {
    return { whole, broken: toForm(error) };
  }
}
