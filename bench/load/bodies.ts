/**
 * Why: bodies must be new to the server, or one that shares equal blocks would store nothing; and cheap to make, or the
 * load would measure itself. Random bytes are stamped anew all 4 KiB.
 */
import { randomFillSync } from 'node:crypto';

const stampEveryBytes = 4 * 1024;
const stampBytes = 8;

/** One body at a time: the next one overwrites it. */
export class BodyMaker {
  readonly #bytes: Buffer;

  constructor(bytes: number) {
    this.#bytes = randomFillSync(Buffer.allocUnsafeSlow(bytes));
  }

  body(round: number, number: number): Buffer {
    for (let at = 0; at + stampBytes <= this.#bytes.byteLength; at += stampEveryBytes) {
      this.#bytes.writeUInt32LE(round, at);
      this.#bytes.writeUInt32LE(number, at + 4);
    }
    return this.#bytes;
  }
}
