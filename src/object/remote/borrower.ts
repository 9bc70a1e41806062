/** Why: what another thread lent is to its reader a slab or an extent like any other, and goes back as one does. */
import { assert } from '../../base/assert.ts';
import { CopysetError } from '../../base/errors.ts';
import type { Extent, Piece, Slab } from '../store.ts';
import { bytesOf, type PieceForm, type StreamMessage } from './messages.ts';
import type { Sender } from './port.ts';

/** Asks for what is left of a place in a file that is lent. */
type AskRest = (loan: number, sent: number) => AsyncIterable<Slab>;

export class Borrower {
  readonly #outbox: Sender<StreamMessage>;
  readonly #askRest: AskRest;

  /** `askRest`: of those to whom places in files are lent. */
  constructor(outbox: Sender<StreamMessage>, askRest: AskRest = noRest) {
    this.#outbox = outbox;
    this.#askRest = askRest;
  }

  slab(form: PieceForm): Slab {
    const piece = this.piece(form);
    assert(!('span' in piece), 'places in files are lent only to who asked for pieces');
    return piece;
  }

  piece(form: PieceForm): Piece {
    switch (form.kind) {
      case 'value':
        return { bytes: form.bytes, release: () => undefined };
      case 'loan':
        return this.#memory(form);
      case 'span':
        return this.#extent(form);
    }
  }

  /** It was on its way when nobody wanted it more. */
  refuse(form: PieceForm): void {
    if (form.kind !== 'value') this.#outbox.add({ kind: 'release', loan: form.loan });
  }

  #memory(form: Extract<PieceForm, { kind: 'loan' }>): Slab {
    const { memory, from, loan } = form;
    const giveBack = this.#once();
    return {
      bytes: new Uint8Array(memory, from, bytesOf(form)),
      release: () => giveBack({ kind: 'release', loan }),
      abandon: () => giveBack({ kind: 'release', loan, isAbandoned: true }),
    };
  }

  #extent({ span, loan }: Extract<PieceForm, { kind: 'span' }>): Extent {
    const giveBack = this.#once();
    return { span, rest: (sent) => this.#askRest(loan, sent), release: () => giveBack({ kind: 'release', loan }) };
  }

  #once(): (message: StreamMessage) => void {
    let isReleased = false;
    return (message) => {
      assert(!isReleased, 'a slab is released once');
      isReleased = true;
      this.#outbox.add(message);
    };
  }
}

function noRest(): never {
  throw new CopysetError('bug', 'places in files are not lent to this end');
}
