/**
 * Why: a file's pages go to a socket by the kernel, without passing through this process. The calls are made at once
 * and never wait: when the socket is full, an ordinary write of a few bytes of the same file tells when there is room
 * again.
 */
import { readSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Awaitable } from '../../../base/async/awaitable.ts';
import { CopysetError } from '../../../base/errors.ts';
import { type FileSpan, type Libc, linuxErrors } from '../../../base/libc.ts';
import type { SocketHandle } from './socket-handle.ts';
import type { Writer } from './writer.ts';

/** Waits for what the kernel has not taken yet; `bytes`: what the client may have to take before. */
export type Taken = (pending: Promise<void>, bytes: number) => Promise<void>;

/** Of one call; looked for in memory right before it. */
const callBytes = 2 ** 20;
/** Other connections have their turn behind so many. */
const turnBytes = 8 * 2 ** 20;
/** From here on only full segments leave: it costs two calls. */
const corkBytes = 2 ** 20;
/** Written the ordinary way when the socket is full. */
const probeBytes = 16 * 1024;

type Sending = { readonly span: FileSpan; readonly taken: Taken; readonly isCorked: boolean };

const nothing = new Uint8Array(0);

export type FileSenderParts = {
  readonly libc: Libc;
  readonly socket: Socket;
  readonly handle: SocketHandle;
  readonly writer: Writer;
};

export class FileSender {
  readonly #parts: FileSenderParts;

  constructor(parts: FileSenderParts) {
    this.#parts = parts;
  }

  /**
   * Sends a head, then the bytes of the file, in order behind what was written before. Resolves with the number of
   * bytes of the file that it sent: fewer than asked for when the next ones are not in memory, for which nobody waits
   * here. Gives that number at once where the socket takes all in one call.
   */
  send(head: string, span: FileSpan, taken: Taken): Awaitable<number> {
    const sending = { span, taken, isCorked: span.bytes >= corkBytes };
    if (this.#parts.socket.writableLength > 0) return this.#sendBehind(head, sending);
    const rest = this.#begin(head, sending);
    if (rest.byteLength > 0) return this.#sendAll(rest, sending, 0);
    const done = this.#sendOnce(span);
    if (done < span.bytes) return this.#sendAll(rest, sending, done);
    this.#end(sending);
    return done;
  }

  async #sendBehind(head: string, sending: Sending): Promise<number> {
    await this.#written(nothing, sending.taken);
    return await this.#sendAll(this.#begin(head, sending), sending, 0);
  }

  /** What is left of the head. */
  #begin(head: string, { isCorked }: Sending): Uint8Array {
    const { libc } = this.#parts;
    if (isCorked) libc.cork(this.#descriptor(), true);
    if (head === '') return nothing;
    const bytes = Buffer.from(head, 'latin1');
    const sent = libc.sendMore(this.#descriptor(), bytes);
    if (sent < 0 && sent !== linuxErrors.again) throw failed('send', sent);
    return bytes.subarray(Math.max(sent, 0));
  }

  #end({ isCorked }: Sending): void {
    if (isCorked) this.#parts.libc.cork(this.#descriptor(), false);
  }

  #sendOnce(span: FileSpan): number {
    const first = span.bytes <= callBytes ? span : { ...span, bytes: callBytes };
    return this.#parts.libc.isResident(first) ? (this.#sendfile(first) ?? 0) : 0;
  }

  /** `before`: bytes of the file that were sent before. */
  async #sendAll(head: Uint8Array, sending: Sending, before: number): Promise<number> {
    const { span, taken } = sending;
    await this.#written(head, taken);
    let done = before;
    let sinceWait = before;
    while (done < span.bytes) {
      const rest = { ...span, position: span.position + done, bytes: Math.min(span.bytes - done, callBytes) };
      if (!this.#parts.libc.isResident(rest)) break;
      const sent = this.#sendfile(rest);
      done += sent ?? (await this.#sendSome(rest, (pending, bytes) => taken(pending, sinceWait + bytes)));
      sinceWait = sent === undefined ? 0 : sinceWait + sent;
      if (sinceWait >= turnBytes) sinceWait = await this.#yield();
    }
    this.#end(sending);
    return done;
  }

  /** Undefined when the socket is full. */
  #sendfile(rest: FileSpan): number | undefined {
    const { libc } = this.#parts;
    const sent = libc.sendfile(this.#descriptor(), rest);
    if (sent > 0) return sent;
    if (sent === linuxErrors.again) return undefined;
    if (sent === 0) throw endedEarly();
    throw failed('sendfile', sent);
  }

  /** Settles when there is room again. */
  async #sendSome({ fd, position, bytes }: FileSpan, taken: Taken): Promise<number> {
    const some = Buffer.allocUnsafe(Math.min(bytes, probeBytes));
    const read = readSync(fd, some, 0, some.byteLength, position);
    if (read === 0) throw endedEarly();
    await this.#written(some.subarray(0, read), taken);
    return read;
  }

  /** The socket's own queue is empty behind it. */
  async #written(bytes: Uint8Array, taken: Taken): Promise<void> {
    const { writer, socket } = this.#parts;
    if (bytes.byteLength === 0 && socket.writableLength === 0) return;
    const pending = writer.write('', bytes);
    if (pending !== undefined) await taken(pending, bytes.byteLength);
  }

  /** The socket does not see what goes past it: it is told that something does. */
  async #yield(): Promise<0> {
    const { socket } = this.#parts;
    socket.setTimeout(socket.timeout ?? 0);
    await nextTurn();
    return 0;
  }

  /** A descriptor that was closed may be another's. */
  #descriptor(): number {
    const { socket, handle } = this.#parts;
    if (socket.destroyed) throw new CopysetError('request.aborted', 'the client went away');
    return handle.fd;
  }
}

function failed(call: string, result: number): CopysetError {
  return new CopysetError('request.aborted', `the client went away (${call}: errno ${-result})`);
}

function endedEarly(): CopysetError {
  return new CopysetError('disk.io', 'a file ended before the bytes that were to be sent from it');
}
