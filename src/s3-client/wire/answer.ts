/**
 * Why: an answer is drawn piece by piece or as one document, and must be as long as it said. Its connection goes back
 * when it was drawn to its end, and is closed otherwise.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { concatBytes } from '../../base/bytes.ts';
import { CopysetError } from '../../base/errors.ts';
import { transportError } from './failure.ts';
import { parseXml, type XmlNode } from './xml.ts';

export type AnswerParts = {
  readonly response: IncomingMessage;
  /** Method and path, for messages. */
  readonly asked: string;
  readonly stallTimeoutMs: number;
  readonly maxDocumentBytes: number;
  /** What ended the exchange from this side, if something did. */
  readonly failure: () => CopysetError | undefined;
  readonly onRelease: () => void;
};

export class Answer {
  readonly #parts: AnswerParts;
  #isReleased = false;

  constructor(parts: AnswerParts) {
    this.#parts = parts;
  }

  get status(): number {
    return this.#parts.response.statusCode ?? 0;
  }

  get headers(): IncomingHttpHeaders {
    return this.#parts.response.headers;
  }

  header(name: string): string | undefined {
    const value = this.headers[name];
    return Array.isArray(value) ? value.join(',') : value;
  }

  /** The body; releases the answer, however it ends. Whoever draws slowly is not taken for a stalled endpoint. */
  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    const { response, asked, stallTimeoutMs } = this.#parts;
    try {
      const pieces = response[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
      for (;;) {
        response.socket.setTimeout(stallTimeoutMs);
        const next = await pieces.next();
        if (next.done === true) return; // the connection may serve another request by now
        response.socket.setTimeout(0);
        yield next.value;
      }
    } catch (error) {
      throw this.#parts.failure() ?? transportError(error, asked);
    } finally {
      this.release();
    }
  }

  /** The whole body; `limit` is what it may hold. */
  async bytes(maxBytes: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let held = 0;
    for await (const piece of this.chunks()) {
      held += piece.byteLength;
      if (held > maxBytes) {
        throw new CopysetError('request.too_large', `${this.#parts.asked} was answered more than ${maxBytes} bytes`);
      }
      pieces.push(piece);
    }
    return concatBytes(...pieces);
  }

  /** The document that came, whatever it is. */
  async document(): Promise<XmlNode> {
    return parseXml(await this.bytes(this.#parts.maxDocumentBytes));
  }

  async discard(): Promise<void> {
    await this.bytes(this.#parts.maxDocumentBytes);
  }

  /** Harmless when it is released already. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    const { response } = this.#parts;
    // a connection comes back when nothing is left to draw
    if (response.complete) response.resume();
    else response.destroy();
    this.#parts.onRelease();
  }
}
