/**
 * Why: what every front of the S3 door is: it listens, hands requests to the door and carries the replies. There are
 * two drivers: `portable` on node:http, which runs wherever Node does, and `fast` on raw sockets.
 *
 * Promises
 * - Heads and framing are read by llhttp, strictly; what it refuses is answered once and ends the connection.
 * - Requests of one connection are run one after the other, replies leave in their order.
 * - A client may half close and still gets all replies. One that is silent or slow is given up, but never while it is
 *   the store that keeps it waiting.
 * - More than is done in time is refused at once, before its body is asked for, and told when to come again.
 * - What one connection holds in memory is bounded, whatever it sends.
 */
import type { CopysetError } from '../../base/errors.ts';

export type FrontKind = 'fast' | 'portable';

/** `auto`: the fast one where it can run, else the portable one. */
export type FrontChoice = 'auto' | FrontKind;

/** Which front serves, and why this one. */
export type FrontStatus = { readonly kind: FrontKind; readonly reason: string };

export type Front = {
  readonly address: { readonly host: string; readonly port: number };
  /** Takes no more connections, lets what runs finish, and cuts what is left after `deadlineMs`. */
  drain(deadlineMs: number): Promise<void>;
  /** Cuts everything now; settles when no request touches the store any more. */
  abort(): Promise<void>;
};

/** What a front keeps of each client. */
export type FrontConnection = {
  /** Whether a request is under way. */
  readonly isBusy: boolean;
  /** Settles when nothing runs any more, at the latest behind a cut. */
  readonly finished: Promise<void>;
  cut(reason: CopysetError): void;
};
