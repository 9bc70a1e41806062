/**
 * Why: the other half of remote-store.ts, beside the real store: calls of one client run here as if its code did, and
 * what it holds is freed when it is gone.
 */
import { InFlight } from '../../base/async/in-flight.ts';
import { CopysetError } from '../../base/errors.ts';
import type { Body, BodySeal, ObjectReader, ObjectStore, Piece, ReadCondition, Slab } from '../store.ts';
import { Borrower } from './borrower.ts';
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
  /** Shared memory and places in files that the client has. */
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
  body?: SlabSink<Slab>;
  reader?: SlabSource;
  /** For who can send places in files. */
  pieces?: () => AsyncIterable<Piece>;
  asked?: PromiseWithResolvers<void>;
};

/** What is about one call or one body. */
type OfOne = Exclude<ClientMessage, { kind: 'release' | 'call' | 'rest' }>;

class StoreListener implements StoreServer {
  readonly #store: ObjectStore;
  readonly #outbox: Outbox<ServerMessage>;
  readonly #lender = new Lender();
  readonly #borrower: Borrower;
  readonly #running = new Map<number, Running>();
  readonly #works = new InFlight();
  #isClosed = false;

  constructor(store: ObjectStore, port: Port) {
    this.#store = store;
    this.#outbox = new Outbox(port);
    this.#borrower = new Borrower(this.#outbox);
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
    if (message.kind === 'release') this.#lender.giveBack(message.loan, message.isAbandoned);
    else if (message.kind === 'rest') this.#openRest(message);
    else if (message.kind === 'call') void this.#works.track(this.#run(message));
    else this.#takeOf(message);
  }

  #takeOf(message: OfOne): void {
    const running = this.#running.get(message.id);
    if (running !== undefined) this.#takeFor(running, message);
    else if (message.kind === 'piece') this.#borrower.refuse(message.piece);
  }

  #takeFor(running: Running, message: OfOne): void {
    switch (message.kind) {
      case 'cancel':
        running.giveUp.abort(fromForm(message.error));
        break;
      case 'answer':
        if (message.refusal === undefined) running.asked?.resolve();
        else running.asked?.reject(fromForm(message.refusal));
        break;
      case 'draw':
        running.reader?.give(message.credit, message.lent === true ? running.pieces : undefined);
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

  async #read({ id }: CallMessage, running: Running, reader: ObjectReader): Promise<ReaderHead> {
    const { info, range, slabs } = reader;
    if (range.to - range.from <= wholeBytes) return { info, range, ...(await readWhole(slabs)) };
    running.pieces = () => reader.pieces;
    running.reader = this.#source(id, slabs);
    if (this.#isClosed) running.reader.stop();
    return { info, range };
  }

  #openRest({ id, loan, sent }: Extract<ClientMessage, { kind: 'rest' }>): void {
    const rest = this.#lender.rest(loan, sent);
    if (rest !== undefined) this.#running.set(id, { giveUp: new AbortController(), reader: this.#source(id, rest) });
    else this.#outbox.add({ kind: 'broken', id, error: toForm(new CopysetError('closed', 'it was given back')) });
  }

  #source(id: number, slabs: AsyncIterable<Slab>): SlabSource {
    const onOver = () => void this.#running.delete(id);
    return new SlabSource(slabs, { id, outbox: this.#outbox, lender: this.#lender, onOver });
  }

  #bodyOf({ id, body }: CallMessage, running: Running): Body {
    const slabs = new SlabSink<Slab>({ id, borrow: (form) => this.#borrower.slab(form), outbox: this.#outbox });
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
