/**
 * Why: the waist as a thread has it that does not own the store: each verb is asked of the thread that does. It waits
 * for the answer even when the caller gave up, as the store itself would: only then does nothing touch the body.
 */
import { abortedError, type CallOptions, throwIfAborted } from '../../base/async/abort.ts';
import type { CopysetError } from '../../base/errors.ts';
import type { Body, CopySource, ObjectReader, ObjectStore, Piece, ReadCondition, Slab } from '../store.ts';
import { Borrower } from './borrower.ts';
import { fromForm, toForm } from './error-form.ts';
import { Lender } from './lender.ts';
import type { CallMessage, ClientMessage, PieceForm, ReaderHead, ServerMessage, Verb } from './messages.ts';
import { Outbox, type Port, receiveAll } from './port.ts';
import { SlabSink } from './slab-sink.ts';
import { SlabSource } from './slab-source.ts';
import { type AnyVerb, optionsOf, verbs } from './verbs.ts';

export type RemoteStore = {
  readonly store: ObjectStore;
  /** The store is gone: whoever waits for it is told, and who asks from now on. */
  close(reason: CopysetError): void;
};

export function connectStore(port: Port): RemoteStore {
  const client = new StoreClient(port);
  return { store: client.verbs(), close: (reason) => client.close(reason) };
}

/** What stays here of a call. */
type Kept = {
  readonly body?: Body | undefined;
  readonly condition?: ReadCondition | undefined;
  readonly signal?: AbortSignal | undefined;
};

type Pending = Kept & {
  /** Of a call. */
  readonly reply?: PromiseWithResolvers<unknown>;
  readonly stopListening: () => void;
  source?: SlabSource | undefined;
  sink?: SlabSink<Piece> | SlabSink<Slab> | undefined;
};

type Request = Pick<CallMessage, 'verb' | 'args' | 'options'>;

class StoreClient {
  readonly #outbox: Outbox<ClientMessage>;
  readonly #lender = new Lender();
  readonly #borrower: Borrower;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #closed: CopysetError | undefined;

  constructor(port: Port) {
    this.#outbox = new Outbox(port);
    this.#borrower = new Borrower(this.#outbox, (loan, sent) => this.#rest(loan, sent));
    receiveAll<ServerMessage>(port, (message) => this.#take(message));
  }

  verbs(): ObjectStore {
    const plain = Object.keys(verbs).map((verb) => [verb, this.#verb(verb as Verb)]);
    const get: AnyVerb = async (...given) => this.#reader(...splitCall('get', given));
    return { ...Object.fromEntries(plain), get } as ObjectStore;
  }

  close(reason: CopysetError): void {
    this.#closed ??= reason;
    for (const [id, { reply, sink, source }] of [...this.#pending]) {
      reply?.reject(reason);
      sink?.fail(reason);
      source?.stop();
      this.#forget(id);
    }
    this.#lender.giveBackAll();
  }

  #verb(verb: Verb): AnyVerb {
    return async (...given) => {
      const [request, kept] = splitCall(verb, given);
      const [id, answer] = this.#call(request, kept);
      try {
        return await answer;
      } finally {
        this.#forget(id);
      }
    };
  }

  async #reader(request: Request, kept: Kept): Promise<ObjectReader> {
    const [id, answer] = this.#call(request, kept);
    let isRead = false;
    try {
      const { info, range, whole, broken } = (await answer) as ReaderHead;
      if (whole !== undefined) {
        const slabs = wholeSlabs(whole, broken && fromForm(broken));
        const only = broken === undefined && whole.length === 1 ? whole[0] : undefined;
        return { info, range, slabs, pieces: slabs, atHand: () => only && slabOf(only) };
      }
      isRead = true;
      return { info, range, ...this.#streams(id) };
    } finally {
      if (!isRead) this.#forget(id);
    }
  }

  /** Two ways to draw one stream. */
  #streams(id: number): Pick<ObjectReader, 'slabs' | 'pieces' | 'atHand'> {
    const pending = this.#pending.get(id) as Pending;
    const borrow = (form: PieceForm) => this.#borrower.piece(form);
    const sink = new SlabSink<Piece>({ id, borrow, outbox: this.#outbox, onOver: () => this.#forget(id) });
    pending.sink = sink;
    const slabs = sink as unknown as SlabSink<Slab>; // the server lends places in files only where pieces are drawn
    return { slabs, pieces: { [Symbol.asyncIterator]: () => sink.drawLent() }, atHand: () => undefined };
  }

  #rest(loan: number, sent: number): AsyncIterable<Slab> {
    if (this.#closed !== undefined) throw this.#closed;
    const id = this.#newId();
    const borrow = (form: PieceForm) => this.#borrower.slab(form);
    const sink = new SlabSink<Slab>({ id, borrow, outbox: this.#outbox, onOver: () => this.#forget(id) });
    this.#pending.set(id, { sink, stopListening: () => undefined });
    this.#outbox.add({ kind: 'rest', id, loan, sent });
    return sink;
  }

  #newId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #call({ verb, args, options }: Request, kept: Kept): readonly [id: number, answer: Promise<unknown>] {
    if (this.#closed !== undefined) throw this.#closed;
    throwIfAborted(kept.signal);
    const id = this.#newId();
    const reply = Promise.withResolvers<unknown>();
    const pending: Pending = { ...kept, reply, stopListening: this.#cancelWith(id, kept.signal) };
    this.#pending.set(id, pending);
    const { body, condition } = kept;
    if (body !== undefined) pending.source = this.#sourceOf(id, body);
    const head = body && { declaredBytes: body.declaredBytes, md5: body.md5 };
    this.#outbox.add({ kind: 'call', id, verb, args, options, body: head, asks: condition && true });
    return [id, reply.promise];
  }

  #sourceOf(id: number, body: Body): SlabSource {
    const finish = () => body.seal();
    return new SlabSource(body.slabs, { id, outbox: this.#outbox, lender: this.#lender, finish });
  }

  #cancelWith(id: number, signal: AbortSignal | undefined): () => void {
    if (signal === undefined) return () => undefined;
    const cancel = () => this.#outbox.add({ kind: 'cancel', id, error: toForm(abortedError(signal)) });
    signal.addEventListener('abort', cancel, { once: true });
    return () => signal.removeEventListener('abort', cancel);
  }

  #forget(id: number): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.stopListening();
  }

  #take(message: ServerMessage): void {
    if (message.kind === 'release') {
      this.#lender.giveBack(message.loan, message.isAbandoned);
      return;
    }
    const pending = this.#pending.get(message.id);
    if (pending !== undefined) this.#takeFor(pending, message);
    else if (message.kind === 'piece') this.#borrower.refuse(message.piece);
  }

  #takeFor(pending: Pending, message: Exclude<ServerMessage, { kind: 'release' }>): void {
    switch (message.kind) {
      case 'done':
        pending.source?.stop();
        pending.reply?.resolve(message.value);
        break;
      case 'failed':
        pending.source?.stop();
        pending.reply?.reject(fromForm(message.error));
        break;
      case 'ask':
        void this.#answer(pending, message);
        break;
      case 'draw':
        pending.source?.give(message.credit);
        break;
      case 'stop':
        pending.source?.stop();
        break;
      case 'piece':
        pending.sink?.push(message.piece);
        break;
      case 'end':
        pending.sink?.end(message);
        break;
      case 'broken':
        pending.sink?.fail(fromForm(message.error));
        break;
    }
  }

  async #answer({ condition }: Pending, { id, source }: Extract<ServerMessage, { kind: 'ask' }>): Promise<void> {
    try {
      await condition?.(source);
      this.#outbox.add({ kind: 'answer', id, refusal: undefined });
    } catch (error) {
      this.#outbox.add({ kind: 'answer', id, refusal: toForm(error) });
    }
  }
}

/** What is sent of a call, and what stays. */
function splitCall(verb: Verb, given: readonly unknown[]): readonly [Request, Kept] {
  const count = verbs[verb].args;
  const behind: CallOptions = given[count] ?? {};
  const { signal } = behind;
  const options = optionsOf(verb, behind);
  const args = given.slice(0, count);
  if (verb === 'put') {
    const { body, ...object } = args[2] as { readonly body: Body };
    return [
      { verb, args: [args[0], args[1], object], options },
      { signal, body },
    ];
  }
  if (verb === 'putPart')
    return [
      { verb, args: args.slice(0, 2), options },
      { signal, body: args[2] as Body },
    ];
  if (verb === 'copy' || verb === 'copyPart') {
    const { condition, ...from } = args[0] as CopySource;
    return [
      { verb, args: [from, args[1]], options },
      { signal, condition },
    ];
  }
  return [{ verb, args, options }, { signal }];
}

async function* wholeSlabs(pieces: readonly Uint8Array[], broken: CopysetError | undefined): AsyncGenerator<Slab> {
  for (const bytes of pieces) yield slabOf(bytes);
  if (broken !== undefined) throw broken;
}

function slabOf(bytes: Uint8Array): Slab {
  return { bytes, release: () => undefined };
}
