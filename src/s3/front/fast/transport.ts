/** Why: a request and its reply as a raw socket carries them. Who waits here is settled when the connection ends. */
import { assert } from '../../../base/assert.ts';
import { throwIfAborted } from '../../../base/async/abort.ts';
import type { Awaitable } from '../../../base/async/awaitable.ts';
import type { Clock } from '../../../base/clock.ts';
import { CopysetError } from '../../../base/errors.ts';
import { type FileSpan, pageBytes } from '../../../base/libc.ts';
import { blockLeadBytes } from '../../../base/page-memory.ts';
import type { BodySource, Slab } from '../../../object/store.ts';
import type { S3Limits } from '../../limits.ts';
import { lingering } from '../linger.ts';
import { Pace } from '../pace.ts';
import { Patience } from '../patience.ts';
import type { ReplyHead, Transport } from '../transport.ts';
import { BodyQueue } from './body-queue.ts';
import type { FileSender } from './file-sender.ts';
import { formatReplyHead } from './reply-head.ts';
import type { ParsedHead } from './request-parser.ts';
import type { Writer } from './writer.ts';

/** What a transport asks of its connection. */
export type Carrier = {
  readonly clock: Clock;
  readonly limits: S3Limits;
  readonly remoteAddress: string;
  readonly writer: Writer;
  /** Undefined where the kernel cannot be asked for it. */
  readonly files: FileSender | undefined;
  /** There may be room to read again. */
  onRoom(): void;
  cut(reason: CopysetError): void;
};

/** Not drawn yet; besides it one read may be on its way. */
const maxQueuedBytes = 64 * 1024;
/** From here on a body is read into slabs. */
const largeBytes = 64 * 1024;
const nothing = new Uint8Array(0);
const lastChunk = Buffer.from('0\r\n\r\n');

export class FastTransport implements Transport {
  readonly head: ParsedHead;
  readonly patience: Patience;
  readonly sendFile: ((span: FileSpan) => Awaitable<number>) | undefined;
  /** Whether the connection ends with the reply. */
  isLast = false;
  receivedBytes = 0;
  readonly #carrier: Carrier;
  readonly #gone = new AbortController();
  readonly #body = new BodyQueue(maxQueuedBytes);
  readonly #pace: Pace;
  #isArriving: boolean;
  #arrivedBytes = 0;
  /** Up to where there is room for what arrives; nobody said yet when undefined. */
  #grantedBytes: number | undefined;
  /** Where what was granted last begins. */
  #grantBegins = 0;
  #isBroken = false;
  #proceeded = false;
  #hasBegun = false;
  #isChunked = false;
  /** Waits for the first bytes of the body, to leave with them. */
  #unsentHead = '';
  #writeEndsAtMs = Number.POSITIVE_INFINITY;
  #onArrived: (() => void) | undefined;

  constructor(head: ParsedHead, carrier: Carrier) {
    const { clock, limits } = carrier;
    this.head = head;
    this.#carrier = carrier;
    this.#isArriving = head.hasBody;
    if (!head.hasBody) this.#body.end();
    this.patience = new Patience(clock);
    const { files } = carrier;
    this.sendFile = files && ((span) => this.#sendFile(files, span));
    this.#pace = new Pace({ bytesPerSecond: limits.minBytesPerSecond, stretchMs: limits.idleTimeoutMs });
  }

  get remoteAddress(): string {
    return this.#carrier.remoteAddress;
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  get isArriving(): boolean {
    return this.#isArriving;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Whether its body is still arriving, and nothing was said about it. */
  get canBeTold(): boolean {
    return this.#isArriving && !this.#hasBegun && !this.#isBroken;
  }

  /** Whether nothing more is to be read: so much came, or nobody has asked for the body yet. */
  get isFull(): boolean {
    return this.roomBytes === 0;
  }

  /** How much more may be read before somebody draws. */
  get roomBytes(): number {
    if (this.#isArriving && !this.#proceeded && !this.#hasBegun) return 0;
    if (this.#grantedBytes === undefined) return this.#body.isFull ? 0 : Number.POSITIVE_INFINITY;
    const grantedBytes = this.#grantedBytes - this.#arrivedBytes;
    if (grantedBytes > 0) return grantedBytes;
    return this.#body.isAwaited ? Number.POSITIVE_INFINITY : 0;
  }

  /** Where in a page the next byte lies best, so that the block that it belongs to can be written as it lies. */
  get leadBytes(): number {
    const place = (blockLeadBytes + this.#arrivedBytes - this.#grantBegins) % pageBytes;
    return place < 0 ? place + pageBytes : place; // a grant may begin behind what has arrived
  }

  /** While its body arrives and is read into slabs. */
  get slabBodyBytes(): number | undefined {
    const { bodyBytes = 0 } = this.head;
    return this.#isArriving && bodyBytes > largeBytes ? bodyBytes : undefined;
  }

  /** Whether the client took longer than it may to take what is sent. */
  isOverdue(nowMs: number): boolean {
    return nowMs > this.#writeEndsAtMs;
  }

  receive(slab: Slab): void {
    this.#arrivedBytes += slab.bytes.byteLength;
    this.#body.push(slab);
  }

  /** The body is there whole. */
  arrived(): void {
    this.#isArriving = false;
    this.#body.end();
    this.#onArrived?.();
  }

  /** Nothing more of the body will come, or count. */
  failBody(reason: CopysetError): void {
    this.#isBroken = true;
    this.#body.fail(reason);
    this.#onArrived?.();
  }

  /** Gives up what runs for it; what the store then does is the store's promise. */
  abort(reason: CopysetError): void {
    this.#gone.abort(reason);
    this.failBody(reason);
  }

  draw(): BodySource {
    return { grant: (bytes) => this.#grant(bytes), [Symbol.asyncIterator]: () => ({ next: () => this.#next() }) };
  }

  /** Counted from what was granted before, or was drawn beyond it. */
  #grant(bytes: number): void {
    this.#grantBegins = Math.max(this.#grantedBytes ?? 0, this.receivedBytes);
    this.#grantedBytes = this.#grantBegins + bytes;
    this.#carrier.onRoom();
  }

  begin(head: ReplyHead): void {
    const { keepAliveTimeoutMs } = this.#carrier.limits;
    const hasLength = head.status === 204 || head.status === 304 || head.headers['content-length'] !== undefined;
    this.#isChunked = !hasLength && this.head.minorVersion > 0;
    this.isLast = head.headers.connection === 'close' || !this.head.keepsAlive || !(hasLength || this.#isChunked);
    const framing = { isChunked: this.#isChunked, isLast: this.isLast, keepAliveTimeoutMs };
    this.#unsentHead = formatReplyHead(head, framing);
    this.#hasBegun = true;
  }

  send(bytes: Uint8Array): Promise<void> | undefined {
    if (bytes.byteLength === 0) return undefined;
    throwIfAborted(this.signal);
    const pending = this.#isChunked ? this.#writeChunk(bytes) : this.#write('', bytes);
    return pending && this.#taken(pending, bytes.byteLength);
  }

  #sendFile(files: FileSender, span: FileSpan): Awaitable<number> {
    throwIfAborted(this.signal);
    assert(!this.#isChunked, 'a file is sent as a body whose length was told');
    const head = this.#unsentHead;
    this.#unsentHead = '';
    return files.send(head, span, (pending, bytes) => this.#taken(pending, bytes));
  }

  end(): Promise<void> | undefined {
    const pending = this.#write('', this.#isChunked ? lastChunk : nothing);
    return pending === undefined && !this.#isArriving ? undefined : this.#end(pending);
  }

  async #end(pending: Promise<void> | undefined): Promise<void> {
    if (pending !== undefined) await this.#taken(pending, 0);
    if (this.#isArriving) await this.#linger();
  }

  cut(): void {
    this.#carrier.cut(new CopysetError('request.aborted', 'the reply cannot be sent whole'));
  }

  async #next(): Promise<IteratorResult<Slab, undefined>> {
    if (this.head.expectsContinue && !this.#proceeded && this.head.hasBody) {
      this.#carrier.writer.write('HTTP/1.1 100 Continue\r\n\r\n', nothing)?.catch(() => undefined);
    }
    this.#proceeded = true;
    const drawn = this.#body.draw();
    if (this.#body.isAwaited) this.patience.begin();
    this.#carrier.onRoom();
    try {
      const next = await drawn;
      if (!next.done) this.#count(next.value.bytes.byteLength);
      return next;
    } finally {
      this.patience.end();
    }
  }

  #count(bytes: number): void {
    this.receivedBytes += bytes;
    this.#pace.count(bytes, this.patience.end());
  }

  #write(prefix: string, bytes: Uint8Array): Promise<void> | undefined {
    const head = this.#unsentHead + prefix;
    this.#unsentHead = '';
    return head === '' && bytes.byteLength === 0 ? undefined : this.#carrier.writer.write(head, bytes);
  }

  #writeChunk(bytes: Uint8Array): Promise<void> | undefined {
    const framed = Buffer.concat([bytes, Buffer.from('\r\n')]);
    return this.#write(`${bytes.byteLength.toString(16)}\r\n`, framed);
  }

  /** The connection is cut when it takes too long, or goes; then this rejects. */
  async #taken(pending: Promise<void>, bytes: number): Promise<void> {
    this.#writeEndsAtMs = this.#carrier.clock.monotonicMs() + this.#pace.patienceMs(bytes);
    try {
      await this.patience.during(pending);
    } catch (error) {
      throwIfAborted(this.signal);
      throw error;
    } finally {
      this.#writeEndsAtMs = Number.POSITIVE_INFINITY;
    }
  }

  /** Takes in a little more, so that the client reads the reply before it sees the connection close. */
  async #linger(): Promise<void> {
    if ((this.head.expectsContinue && !this.#proceeded) || this.#isBroken) return;
    const { clock, limits } = this.#carrier;
    this.#body.discard();
    this.#grantedBytes = undefined;
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    this.#onArrived = resolve;
    this.#carrier.onRoom();
    await lingering(arrived, { clock, ms: limits.lingerMs });
  }
}
