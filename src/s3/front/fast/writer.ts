/**
 * Why: what leaves on a connection leaves in as few calls as it can: a head and a small body in one buffer and one
 * write. Nearly always the kernel has it at once, and then nothing is waited for.
 */
import type { Socket } from 'node:net';
import { CopysetError } from '../../../base/errors.ts';

/** Up to here a body is copied behind its head. */
export const smallBytes = 64 * 1024;
/** A larger head leaves on its own. */
const headBytes = 16 * 1024;

const nothing = new Uint8Array(0);

/** Memory that all connections of a front write from, one after the other. */
export class WriteBuffer {
  #bytes = Buffer.allocUnsafeSlow(smallBytes + headBytes);

  /** Head and body in one piece; undefined where they are too large for it. */
  join(head: string, body: Uint8Array): Buffer | undefined {
    const total = head.length + body.byteLength;
    if (total > this.#bytes.byteLength) return undefined;
    this.#bytes.write(head, 0, 'latin1');
    this.#bytes.set(body, head.length);
    return this.#bytes.subarray(0, total);
  }

  /** The kernel has not taken what was joined: it is left to it, and others get new memory. */
  leave(): void {
    this.#bytes = Buffer.allocUnsafeSlow(smallBytes + headBytes);
  }
}

export class Writer {
  readonly #socket: Socket;
  readonly #buffer: WriteBuffer;

  constructor(socket: Socket, buffer: WriteBuffer) {
    this.#socket = socket;
    this.#buffer = buffer;
  }

  /** Undefined when the kernel has it already; else settles when it has, or never will. */
  write(head: string, body: Uint8Array): Promise<void> | undefined {
    const joined = body.byteLength <= smallBytes ? this.#buffer.join(head, body) : undefined;
    if (joined === undefined) return this.#writeBoth(Buffer.from(head, 'latin1'), body);
    const pending = this.#write(joined);
    if (pending !== undefined) this.#buffer.leave();
    return pending;
  }

  #writeBoth(head: Buffer, body: Uint8Array): Promise<void> | undefined {
    if (head.byteLength === 0) return this.#write(body);
    this.#socket.cork();
    this.#socket.write(head);
    this.#socket.write(body);
    this.#socket.uncork();
    return this.#settled();
  }

  #write(bytes: Uint8Array): Promise<void> | undefined {
    this.#socket.write(bytes);
    return this.#settled();
  }

  /** Undefined when all that was written is the kernel's. A write of nothing tells when those before it are done. */
  #settled(): Promise<void> | undefined {
    if (this.#socket.writableLength === 0 && !this.#socket.destroyed) return undefined;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#socket.write(nothing, (cause) => {
      if (cause) reject(new CopysetError('request.aborted', 'the client went away', { cause }));
      else resolve();
    });
    return promise;
  }
}
