/** Why: the way of a request, free of sockets: through the gate, its body opened as declared, into the one handler. */
import type { Action } from '../access/action.ts';
import type { CallOptions } from '../base/async/abort.ts';
import type { Awaitable } from '../base/async/awaitable.ts';
import { type Permit, Semaphore } from '../base/async/semaphore.ts';
import { CopysetError } from '../base/errors.ts';
import type { BodySource, ObjectStore } from '../object/store.ts';
import { withoutChecksums } from './body/checksum.ts';
import { expectEmpty } from './body/document.ts';
import { Payload, type PayloadOptions } from './body/payload.ts';
import { readBodyPromise } from './body/promise.ts';
import { CrossOrigin, type CrossOriginOptions } from './cross-origin.ts';
import { s3Error } from './errors.ts';
import { type Admission, Gate, type GateOptions } from './gate.ts';
import type { RequestHead } from './head.ts';
import type { S3Limits } from './limits.ts';
import type { Call } from './operation.ts';
import { operations } from './operations/operations.ts';
import { defaultRegion } from './region.ts';
import { lateReply, type Reply } from './reply.ts';
import type { AnyOperation } from './router/route-table.ts';

export type DoorOptions = GateOptions &
  CrossOriginOptions & {
    readonly store: ObjectStore;
    readonly limits: S3Limits;
    /** That clients are told; `us-east-1` when left out. */
    readonly region?: string;
  };

/** The bytes behind a head as they come, and whether the caller still wants an answer. */
export type Incoming = { readonly source: BodySource; readonly signal: AbortSignal };

export class Door {
  readonly crossOrigin: CrossOrigin;
  readonly #store: ObjectStore;
  readonly #limits: S3Limits;
  readonly #region: string;
  readonly #gate: Gate;
  readonly #chunks: Semaphore;
  readonly #documents: Semaphore;

  constructor(options: DoorOptions) {
    const { store, limits } = options;
    this.#store = store;
    this.#limits = limits;
    this.#region = options.region ?? defaultRegion;
    this.#gate = new Gate(options, operations);
    this.crossOrigin = new CrossOrigin(options);
    this.#chunks = new Semaphore('signed chunks in memory', limits.heldChunkBytes, limits.maxHoldWaiters);
    this.#documents = new Semaphore('documents in memory', limits.heldDocumentBytes, limits.maxHoldWaiters);
  }

  /** Throws, or rejects, for whoever may not, and whatever is not understood. */
  admit(head: RequestHead, options: CallOptions): Awaitable<Admission> {
    return this.#gate.admit(head, options);
  }

  /** What a request asks for, where that can be told without proof of who asks. */
  actionOf(head: RequestHead): Action | undefined {
    return this.#gate.actionOf(head);
  }

  /** Runs what was admitted. The first byte of `source` is drawn here, never before. */
  async serve(admission: Admission, incoming: Incoming): Promise<Reply> {
    const { query, may, head, operation, identity } = admission;
    const { signal } = incoming;
    const body = this.#openBody(admission, incoming);
    const [store, region] = [this.#store, this.#region];
    const call = { query, may, body, identity, headers: head.headers, store, region, signal };
    if (operation.body === 'document') return await this.#serveDocument(admission, call);
    if (operation.body === 'none' && !body.isNone) await expectEmpty(body);
    return await handle(admission, call);
  }

  async #serveDocument(admission: Admission, call: Omit<Call, 'target'>): Promise<Reply> {
    using held = new DisposableStack();
    held.use(await this.#holdDocument(call.body, { signal: call.signal }));
    const reply = await handle(admission, call);
    return reply.body.kind === 'late' ? lateReply(afterwards(reply.body.reply, held.move())) : reply;
  }

  #holdDocument({ declaredBytes }: Payload, options: CallOptions): Promise<Permit> {
    return this.#documents.acquire(Math.max(1, declaredBytes ?? this.#limits.maxDocumentBytes), options);
  }

  #openBody({ head, mode, seed, operation }: Admission, incoming: Incoming): Payload {
    const { headers } = head;
    if (operation.body === 'object' && !headers.has('content-length') && !headers.has('transfer-encoding')) {
      throw s3Error('MissingContentLength');
    }
    return new Payload({
      ...incoming,
      mode,
      seed,
      promise: readBodyPromise(operation.checksumIsOfObject ? withoutChecksums(headers) : headers, mode),
      ...this.#limitOf(operation),
      maxHeldBytes: this.#limits.maxChunkBytes,
      budget: this.#chunks,
    });
  }

  #limitOf({ body }: AnyOperation): Pick<PayloadOptions, 'maxBytes' | 'tooLarge'> {
    if (body === 'object') return { maxBytes: this.#limits.maxBodyBytes, tooLarge: 'EntityTooLarge' };
    return { maxBytes: this.#limits.maxDocumentBytes, tooLarge: 'MaxMessageLengthExceeded' };
  }
}

/** The target has the level of the operation: the route table saw to it; here the compiler does. */
function handle({ operation, target }: Admission, call: Omit<Call, 'target'>): Promise<Reply> {
  if (operation.level === 'service' && target.level === 'service') return operation.handle({ ...call, target });
  if (operation.level === 'bucket' && target.level === 'bucket') return operation.handle({ ...call, target });
  if (operation.level === 'object' && target.level === 'object') return operation.handle({ ...call, target });
  throw new CopysetError('bug', `${operation.name} was routed to a target of another level`);
}

/** What is held for a request is held until its work is done. */
async function afterwards(work: Promise<Reply>, held: DisposableStack): Promise<Reply> {
  using _ = held;
  return await work;
}
