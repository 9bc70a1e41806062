/**
 * Why: one client of the fast front. Its requests are taken one after the other: what it sends behind a request waits
 * unparsed, and when that is too much, unread. So a client may send as many as it likes without waiting for replies,
 * and what is no HTTP is answered where it stands among them.
 *
 *   head -> (body) -> reply -> head ... -> over
 */
import { Socket } from 'node:net';
import { CopysetError } from '../../../base/errors.ts';
import { libc } from '../../../base/libc.ts';
import type { Slab } from '../../../object/store.ts';
import { bodyFailure, headFailure, type ParserError, refuse, tunnelFailure } from '../client-errors.ts';
import { Exchange, type ExchangeContext } from '../exchange.ts';
import type { FrontConnection } from '../front.ts';
import type { FrontOptions } from '../front-options.ts';
import { tooSlow } from '../pace.ts';
import { FileSender } from './file-sender.ts';
import type { Llhttp } from './llhttp.ts';
import { type ParsedHead, RequestParser } from './request-parser.ts';
import type { FillingSlab, SlabPool } from './slab-pool.ts';
import type { SocketHandle } from './socket-handle.ts';
import { type Carrier, FastTransport } from './transport.ts';
import { type WriteBuffer, Writer } from './writer.ts';

/** What all connections of a front share. */
export type Shared = {
  readonly options: FrontOptions;
  readonly context: ExchangeContext;
  readonly llhttp: Llhttp;
  /** Heads and small bodies are read into it, by all connections, and taken before the next read. */
  readonly readBuffer: Uint8Array;
  /** Large bodies are read into them. */
  readonly slabs: SlabPool;
  readonly writeBuffer: WriteBuffer;
  readonly onClose: (connection: FastConnection) => void;
};

/** Of bytes behind the request that runs; besides them one read may be on its way. */
const maxHeldBytes = 64 * 1024;
/** Of a large body when it goes on; they are copied. */
const firstReadBytes = 2048;
/** Bodies up to here begin in a slab. */
const copiedBodyBytes = 4 * 2 ** 20;

export class FastConnection implements FrontConnection {
  readonly #shared: Shared;
  readonly #socket: Socket;
  readonly #parser: RequestParser;
  readonly #carrier: Carrier;
  #current: FastTransport | undefined;
  #last: Promise<void> = Promise.resolve();
  readonly #closed = Promise.withResolvers<void>();
  #slab: FillingSlab | undefined;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #isPaused = false;
  #hasEnded = false;
  #isOver = false;
  #requests = 0;
  /** When it was opened, or the last reply left, or the head began that is not whole. */
  #headSinceMs: number;

  constructor(shared: Shared, handle: SocketHandle) {
    const { clock, limits } = shared.options;
    this.#shared = shared;
    this.#parser = new RequestParser(shared.llhttp, limits.maxHeadBytes);
    this.#headSinceMs = clock.monotonicMs();
    const onread = { buffer: () => this.#nextBuffer(), callback: (bytes: number) => this.#onRead(bytes) };
    this.#socket = new Socket({ handle, allowHalfOpen: true, onread } as object);
    const writer = new Writer(this.#socket, shared.writeBuffer);
    this.#carrier = {
      clock,
      limits,
      remoteAddress: this.#socket.remoteAddress ?? '', // a closed socket has forgotten it
      writer,
      files: libc && new FileSender({ libc, socket: this.#socket, handle, writer }),
      onRoom: () => this.#readOn(),
      cut: (reason) => this.cut(reason),
    };
    this.#listen(limits.idleTimeoutMs);
  }

  get isBusy(): boolean {
    return this.#current !== undefined;
  }

  get finished(): Promise<void> {
    return this.#closed.promise.then(() => this.#last);
  }

  cut(reason: CopysetError): void {
    this.#isOver = true;
    this.#current?.abort(reason);
    this.#socket.destroy();
  }

  /** Called now and then: gives up a client that takes too long for a head, between requests, or to take a reply. */
  check(nowMs: number): void {
    const { headTimeoutMs, keepAliveTimeoutMs } = this.#shared.options.limits;
    if (this.#isOver) return;
    if (this.#current?.isOverdue(nowMs)) {
      this.cut(new CopysetError('timeout', 'the client took too long to take the reply'));
    }
    if (this.#current !== undefined) return;
    const sinceMs = nowMs - this.#headSinceMs;
    const isBetween = this.#requests > 0 && !this.#parser.isInHead;
    if (isBetween && sinceMs > keepAliveTimeoutMs) this.#socket.destroy();
    if (!isBetween && sinceMs > headTimeoutMs) this.#refuse(headFailure({ code: 'ERR_HTTP_REQUEST_TIMEOUT' }));
  }

  #listen(idleTimeoutMs: number): void {
    const socket = this.#socket;
    socket.setTimeout(idleTimeoutMs);
    socket.on('timeout', () => this.#onIdle(idleTimeoutMs));
    socket.on('error', () => undefined); // it shows as the end of the connection
    socket.on('end', () => this.#onEnd());
    socket.on('close', () => this.#onClose());
  }

  #onClose(): void {
    this.#isOver = true;
    this.#current?.abort(new CopysetError('request.aborted', 'the client went away in the middle of its request'));
    this.#parser.close();
    this.#slab?.drop();
    this.#slab = undefined;
    this.#shared.onClose(this);
    this.#closed.resolve();
  }

  /** No byte went either way for a while. When it is us who are slow, the client has done nothing wrong. */
  #onIdle(idleTimeoutMs: number): void {
    const current = this.#current;
    const isPatient = current !== undefined && !current.patience.isExhausted(idleTimeoutMs / 2);
    if (isPatient) this.#socket.setTimeout(idleTimeoutMs);
    else if (current?.canBeTold) current.failBody(tooSlow(`Nothing of the body came for ${idleTimeoutMs} ms`));
    else this.#socket.destroy();
  }

  /** The client sends nothing more; it may still wait for replies. */
  #onEnd(): void {
    this.#hasEnded = true;
    if (this.#current === undefined) this.#endInput();
    else if (this.#current.isArriving) this.#current.failBody(bodyFailure(this.#parser.finish() ?? {}));
  }

  #endInput(): void {
    if (this.#isOver) return;
    const failure = this.#parser.finish();
    if (failure === undefined) this.#close();
    else this.#refuse(headFailure(failure));
  }

  /**
   * Where the next read goes, asked for behind every read. A slab is dropped only here and at the end: until then the
   * socket may read into it. Who has to wait holds none: the first read when it goes on is copied instead.
   */
  #nextBuffer(): Uint8Array {
    const { readBuffer, slabs } = this.#shared;
    const wantsSlab = this.#current?.slabBodyBytes !== undefined;
    if (!wantsSlab || this.#isPaused || this.#slab?.isFull) {
      this.#slab?.drop();
      this.#slab = undefined;
    }
    if (!wantsSlab) return readBuffer;
    if (this.#isPaused) return readBuffer.subarray(0, firstReadBytes);
    this.#slab ??= slabs.take(this.#current?.leadBytes);
    return this.#slab.room.subarray(0, this.#current?.roomBytes);
  }

  /** Whether to go on reading. */
  #onRead(bytes: number): boolean {
    const read = this.#slab?.fill(bytes) ?? this.#shared.readBuffer.subarray(0, bytes);
    if (!this.#isOver) this.#take(read, this.#slab);
    this.#isPaused = this.#mustPause();
    return !this.#isPaused;
  }

  #mustPause(): boolean {
    return this.#heldBytes >= maxHeldBytes || this.#current?.isFull === true;
  }

  #readOn(): void {
    if (!this.#isPaused || this.#mustPause()) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  /** `slab`: which they lie in, if any. */
  #take(bytes: Uint8Array, slab?: FillingSlab): void {
    let rest = bytes;
    while (rest.byteLength > 0 && !this.#isOver) {
      const current = this.#current;
      if (current === undefined) rest = this.#takeHead(rest);
      else if (current.isArriving) rest = this.#takeBody(rest, { current, slab });
      else rest = this.#hold(rest);
    }
  }

  /** Until the request that runs is answered. */
  #hold(bytes: Uint8Array): Uint8Array {
    this.#held.push(Buffer.from(bytes));
    this.#heldBytes += bytes.byteLength;
    return bytes.subarray(bytes.byteLength);
  }

  /** Returns what is left. */
  #takeHead(bytes: Uint8Array): Uint8Array {
    if (!this.#parser.isInHead) this.#headSinceMs = this.#shared.options.clock.monotonicMs();
    const { taken, failure, head } = this.#parser.takeHead(bytes);
    if (failure !== undefined) this.#refuse(headFailure(failure));
    else if (head?.method === 'CONNECT') this.#refuse(tunnelFailure());
    else if (head !== undefined) this.#start(head);
    return bytes.subarray(taken);
  }

  #takeBody(bytes: Uint8Array, { current, slab }: { current: FastTransport; slab: FillingSlab | undefined }) {
    const { taken, failure } = this.#parser.takeBody(bytes, (from, to) => {
      const piece = bytes.subarray(from, to);
      current.receive(slab?.view(piece) ?? this.#copied(piece, current));
    });
    if (failure !== undefined) return this.#breakBody(failure, current);
    if (this.#parser.isComplete) current.arrived();
    return bytes.subarray(taken);
  }

  /**
   * What lies in memory of all connections. Into a slab where copies would be much garbage for how much follows; where
   * more follows, a slab would be held by each of many that wait. Never into the one that the socket reads into: it may
   * have been given another place to read to.
   */
  #copied(piece: Uint8Array, current: FastTransport): Slab {
    const { slabBodyBytes = Number.POSITIVE_INFINITY } = current;
    const goesIntoSlab = slabBodyBytes <= copiedBodyBytes && piece.byteLength > firstReadBytes;
    if (!goesIntoSlab) return { bytes: Buffer.from(piece), release: () => undefined };
    const slab = this.#shared.slabs.take(current.leadBytes);
    slab.room.set(piece);
    const view = slab.view(slab.fill(piece.byteLength));
    slab.drop();
    return view;
  }

  /** What follows cannot be understood; the reply is the last. */
  #breakBody(failure: ParserError, current: FastTransport): Uint8Array {
    this.#isOver = true;
    current.failBody(bodyFailure(failure));
    return new Uint8Array(0);
  }

  #start(head: ParsedHead): void {
    const transport = new FastTransport(head, this.#carrier);
    const exchange = new Exchange(this.#shared.context, transport, this.#shared.options.newRequestId());
    this.#current = transport;
    this.#requests += 1;
    this.#last = exchange.run().then(() => this.#onReplied(transport));
  }

  #onReplied({ isLast, isArriving }: FastTransport): void {
    this.#current = undefined;
    this.#headSinceMs = this.#shared.options.clock.monotonicMs();
    const isStopping = this.#shared.context.isDraining();
    if (isLast || isArriving || isStopping || this.#isOver) this.#close();
    else this.#goOn();
  }

  /** With what came behind the request. */
  #goOn(): void {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    for (const bytes of held) this.#take(bytes);
    if (this.#hasEnded && this.#current === undefined) this.#endInput();
    this.#readOn();
  }

  #refuse(error: CopysetError): void {
    const { newRequestId, log } = this.#shared.options;
    this.#isOver = true;
    refuse(this.#socket, error, { requestId: newRequestId(), log });
  }

  /** Behind what was written. */
  #close(): void {
    this.#isOver = true;
    this.#socket.destroySoon();
  }
}
