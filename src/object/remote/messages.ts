/**
 * Why: the waist (store.ts) as messages between two threads of one process: a client asks, a server stands beside
 * the real store. Both run the same program, so what arrives is what was sent and is not checked again.
 *
 *   call -> (ask -> answer) -> done | failed          every verb; `cancel` gives it up, and it still ends by itself
 *   draw -> piece ... -> end | broken, or stop        a body to the server, or a reader's bytes to the client
 *
 * Bytes go either way by the same rules. Their source sends while it has credit, which `draw` gives and `costOf` takes;
 * so neither bytes nor pieces can pile up. A piece of shared memory is a loan that the receiver gives back by
 * `release`. So is a place in an open file, which `get` yields to who draws pieces: what is not sent of it is asked for
 * by `rest`, and comes as another body.
 */
import type { FileSpan } from '../../base/libc.ts';
import type { Body, ObjectInfo, ObjectReader, ObjectStore } from '../store.ts';
import type { ErrorForm } from './error-form.ts';

export type Verb = keyof ObjectStore;

/** A piece of a body as it crosses. */
export type PieceForm =
  /** A copy of its own. */
  | { readonly kind: 'value'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'loan';
      readonly memory: SharedArrayBuffer;
      readonly from: number;
      readonly bytes: number;
      readonly loan: number;
    }
  | { readonly kind: 'span'; readonly span: FileSpan; readonly loan: number };

export type BodyHead = Pick<Body, 'declaredBytes' | 'md5'>;

/** What `get` answers: small contents at once, larger ones as pieces under the id of the call. */
export type ReaderHead = Pick<ObjectReader, 'info' | 'range'> & {
  readonly whole?: readonly Uint8Array[];
  /** Why the small content could not be read. */
  readonly broken?: ErrorForm;
};

export type CallMessage = {
  readonly kind: 'call';
  readonly id: number;
  readonly verb: Verb;
  /** Without the options, and without what cannot be sent: bodies and conditions. */
  readonly args: readonly unknown[];
  /** Without the signal. */
  readonly options: object;
  readonly body?: BodyHead | undefined;
  /** Whether the source of a copy is to be judged by the client. */
  readonly asks?: boolean | undefined;
};

export type StreamMessage =
  /** `lent`: of a reader: its pieces are drawn, not its slabs. */
  | { readonly kind: 'draw'; readonly id: number; readonly credit: number; readonly lent?: boolean | undefined }
  | { readonly kind: 'stop'; readonly id: number }
  | { readonly kind: 'piece'; readonly id: number; readonly piece: PieceForm }
  /** `last`: what `finish` of the source said; `failure`: or why it did not. */
  | { readonly kind: 'end'; readonly id: number; readonly last?: unknown; readonly failure?: ErrorForm | undefined }
  | { readonly kind: 'broken'; readonly id: number; readonly error: ErrorForm }
  /** `isAbandoned`: somebody may look at it still, so its memory is not used again. */
  | { readonly kind: 'release'; readonly loan: number; readonly isAbandoned?: boolean };

export type ClientMessage =
  | CallMessage
  | { readonly kind: 'cancel'; readonly id: number; readonly error: ErrorForm }
  /** Opens a body under a new id: what is left of a lent place in a file. */
  | { readonly kind: 'rest'; readonly id: number; readonly loan: number; readonly sent: number }
  | { readonly kind: 'answer'; readonly id: number; readonly refusal: ErrorForm | undefined }
  | StreamMessage;

export type ServerMessage =
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: ErrorForm }
  | { readonly kind: 'ask'; readonly id: number; readonly source: ObjectInfo }
  | StreamMessage;

/** What a receiver may have before it took anything. */
export const windowBytes = 2 ** 20;
/** A piece costs something however small it is. */
const pieceBytes = 1024;

export function costOf(bytes: number): number {
  return bytes + pieceBytes;
}

export function bytesOf(form: PieceForm): number {
  if (form.kind === 'value') return form.bytes.byteLength;
  return form.kind === 'span' ? form.span.bytes : form.bytes;
}
