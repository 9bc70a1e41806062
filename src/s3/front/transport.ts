/**
 * Why: the flow of a request (exchange.ts) knows nothing of sockets. A front carries a request and its reply through
 * this port; each driver implements it with its own means.
 */
import type { Awaitable } from '../../base/async/awaitable.ts';
import type { FileSpan } from '../../base/libc.ts';
import type { BodySource } from '../../object/store.ts';
import type { Patience } from './patience.ts';

/** What a request says before its body, as sent: names and values of its header fields in turn. */
export type RawHead = { readonly method: string; readonly target: string; readonly rawHeaders: readonly string[] };

export type ReplyHead = { readonly status: number; readonly headers: Readonly<Record<string, string>> };

export type Transport = {
  readonly head: RawHead;
  readonly remoteAddress: string;
  readonly patience: Patience;
  /** Aborts when nobody waits for the reply any more; its reason says why. Whatever waits here rejects then. */
  readonly signal: AbortSignal;
  /** Of the body, as far as it was drawn. */
  readonly receivedBytes: number;
  /** Whether bytes of the request are still to come: then nothing can follow it on its connection. */
  readonly isArriving: boolean;
  /** Whether the reply has begun: then no other can be given. */
  readonly hasBegun: boolean;
  /**
   * The body as it comes; empty when there is none. Drawing the first piece tells a client with `Expect: 100-continue`
   * to send. Rejects when the body is malformed, too slow or cut short. To be called once.
   */
  draw(): BodySource;
  /** The head of the reply; without a length the reply ends with `end`. Throws when it cannot be written. */
  begin(head: ReplyHead): void;
  /**
   * Settles when the bytes are the caller's again, with the kernel or copied; rejects when that takes too long.
   * Undefined: they are already. Throws as it rejects.
   */
  send(bytes: Uint8Array): Promise<void> | undefined;
  /**
   * As `send`, by the kernel, of a body whose length was told: the bytes from the first on for as long as they are in
   * memory, and how many those were, at once where nobody had to wait. The file stays open until it settles. Undefined
   * where that cannot be done.
   */
  readonly sendFile?: ((span: FileSpan) => Awaitable<number>) | undefined;
  /** After the last byte. Where the request still arrives, takes in a little more so that the reply is read. */
  end(): Promise<void> | undefined;
  /** Ends the connection at once: what was sent does not look whole. */
  cut(): void;
};
