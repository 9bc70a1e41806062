/**
 * Why: what llhttp tells of one connection, request by request: its head, then which bytes are its body and where it
 * ends. All framing is llhttp's decision; here are only the limits.
 */
import type { ParserError } from '../client-errors.ts';
import type { RawHead } from '../transport.ts';
import { type Execution, type Llhttp, ok, type ParserEvents, paused, pausedForUpgrade } from './llhttp.ts';

export type ParsedHead = RawHead & {
  readonly minorVersion: number;
  /** Whether the client lets the connection be used again. */
  readonly keepsAlive: boolean;
  /** Whether bytes follow that belong to it. */
  readonly hasBody: boolean;
  /** Of the body, where the head states it. */
  readonly bodyBytes: number | undefined;
  readonly expectsContinue: boolean;
};

/** How much was taken; a failure ends the connection. */
export type Taken = { readonly taken: number; readonly failure: ParserError | undefined };

/** A piece of what was given that belongs to the body. */
export type OnBody = (from: number, to: number) => void;

const sliceBytes = 16 * 1024;
/** As in node:http. */
const maxChunkHeadBytes = 16 * 1024;

export class RequestParser implements ParserEvents {
  readonly #llhttp: Llhttp;
  readonly #parser: number;
  readonly #maxHeadBytes: number;
  #headBytes = 0;
  #target = '';
  #rawHeaders: string[] = [];
  /** Whether the last piece was of a name: a value follows, or more of the name. */
  #isInName = false;
  #isHeadComplete = false;
  #isComplete = false;
  #keepsAlive = false;
  #isChunked = false;
  #overheadBytes = 0;
  #bodyStart = 0;
  #onBody: OnBody = () => undefined;

  constructor(llhttp: Llhttp, maxHeadBytes: number) {
    this.#llhttp = llhttp;
    this.#parser = llhttp.open();
    this.#maxHeadBytes = maxHeadBytes;
  }

  close(): void {
    this.#llhttp.close(this.#parser);
  }

  /** Whether a head has begun. */
  get isInHead(): boolean {
    return this.#headBytes > 0;
  }

  /** Whether the request whose head was taken last is there whole. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Until a head is whole, which then is `head`; what follows it is not taken. */
  takeHead(bytes: Uint8Array): Taken & { readonly head: ParsedHead | undefined } {
    let taken = 0;
    while (taken < bytes.byteLength) {
      const { code, taken: more } = this.#llhttp.execute(this.#parser, bytes.subarray(taken, taken + sliceBytes), this);
      taken += more;
      this.#headBytes += more;
      if (this.#headBytes > this.#maxHeadBytes) return { taken, failure: tooLarge, head: undefined };
      if (this.#isHeadComplete) return { taken, failure: undefined, head: this.#finishHead() };
      if (code !== ok) return { taken, failure: this.#failure(code), head: undefined };
    }
    return { taken, failure: undefined, head: undefined };
  }

  /** Until the body ends; what follows it is not taken. */
  takeBody(bytes: Uint8Array, onBody: OnBody): Taken {
    this.#onBody = onBody;
    let taken = 0;
    while (taken < bytes.byteLength && !this.#isComplete) {
      this.#bodyStart = taken;
      const { code, taken: more } = this.#step(bytes.subarray(taken));
      taken += more;
      this.#overheadBytes += more;
      if (this.#isChunked && this.#overheadBytes > maxChunkHeadBytes) return { taken, failure: chunkHeadTooLarge };
      if (code === paused) this.#finishMessage();
      else if (code !== ok) return { taken, failure: this.#failure(code) };
    }
    return { taken, failure: undefined };
  }

  /** What is wrong with an end of the connection here. */
  finish(): ParserError | undefined {
    const code = this.#llhttp.finish(this.#parser, this);
    return code === ok || code === paused ? undefined : this.#failure(code);
  }

  onTarget(at: number, bytes: number): void {
    this.#target += this.#llhttp.text(at, bytes);
  }

  onHeaderName(at: number, bytes: number): void {
    if (this.#isHeadComplete) return; // a trailer: nothing is told by them
    const text = this.#llhttp.text(at, bytes);
    if (this.#isInName) this.#rawHeaders.push((this.#rawHeaders.pop() as string) + text);
    else this.#rawHeaders.push(text);
    this.#isInName = true;
  }

  onHeaderValue(at: number, bytes: number): void {
    if (this.#isHeadComplete) return;
    const text = this.#llhttp.text(at, bytes);
    if (this.#isInName) this.#rawHeaders.push(text);
    else this.#rawHeaders.push((this.#rawHeaders.pop() as string) + text);
    this.#isInName = false;
  }

  onHeadersComplete(keepsAlive: boolean): void {
    this.#isHeadComplete = true;
    this.#keepsAlive = keepsAlive;
  }

  onBody(at: number, bytes: number): void {
    this.#overheadBytes = -bytes; // they are counted with the rest
    const from = this.#bodyStart + this.#llhttp.offset(at);
    this.#onBody(from, from + bytes);
  }

  onMessageComplete(): void {
    this.#isComplete = true;
  }

  /** The bytes of a stated length are only counted, chunks are looked at. */
  #step(bytes: Uint8Array): Execution {
    if (this.#isChunked) return this.#llhttp.execute(this.#parser, bytes.subarray(0, sliceBytes), this);
    return this.#llhttp.count(this.#parser, bytes.byteLength, this);
  }

  #finishHead(): ParsedHead {
    const [llhttp, parser] = [this.#llhttp, this.#parser];
    const fields = readFields(this.#rawHeaders);
    const minorVersion = llhttp.minorVersion(parser);
    this.#isComplete = false;
    this.#isChunked = fields.isChunked;
    this.#overheadBytes = 0;
    llhttp.resume(parser);
    llhttp.count(parser, 0, this); // ends a request without a body
    const head = {
      method: llhttp.method(parser),
      target: this.#target,
      rawHeaders: this.#rawHeaders,
      minorVersion,
      keepsAlive: this.#keepsAlive,
      hasBody: !this.#isComplete,
      bodyBytes: fields.bodyBytes,
      expectsContinue: fields.expectsContinue && minorVersion > 0,
    };
    if (this.#isComplete) this.#finishMessage();
    return head;
  }

  /** Makes ready for the next head. */
  #finishMessage(): void {
    const [llhttp, parser] = [this.#llhttp, this.#parser];
    llhttp.resume(parser);
    if (llhttp.count(parser, 0, this).code === pausedForUpgrade) {
      llhttp.resumeAfterUpgrade(parser);
      llhttp.count(parser, 0, this);
    }
    this.#isHeadComplete = false;
    this.#isInName = false;
    this.#headBytes = 0;
    this.#target = '';
    this.#rawHeaders = [];
  }

  #failure(code: number): ParserError {
    return this.#llhttp.failure(this.#parser, code);
  }
}

const tooLarge: ParserError = { code: 'HPE_HEADER_OVERFLOW' };
const chunkHeadTooLarge: ParserError = { code: 'HPE_CHUNK_EXTENSIONS_OVERFLOW', reason: 'Chunk extensions overflow' };

type Fields = {
  readonly isChunked: boolean;
  readonly bodyBytes: number | undefined;
  readonly expectsContinue: boolean;
};

/** What llhttp checked, for who works with it; values lose the blanks behind them, as in node:http. */
function readFields(rawHeaders: string[]): Fields {
  let isChunked = false;
  let bodyBytes: number | undefined;
  let expectsContinue = false;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const value = trimEnd(rawHeaders[at + 1] as string);
    rawHeaders[at + 1] = value;
    const name = rawHeaders[at] as string;
    if (isNamed(name, 'transfer-encoding')) isChunked = true;
    else if (isNamed(name, 'content-length')) bodyBytes = Number(value);
    else if (isNamed(name, 'expect')) expectsContinue = value.toLowerCase() === '100-continue';
  }
  return { isChunked, bodyBytes, expectsContinue };
}

function isNamed(name: string, wanted: string): boolean {
  return name.length === wanted.length && name.toLowerCase() === wanted;
}

function trimEnd(value: string): string {
  const last = value.charCodeAt(value.length - 1);
  return last === 0x20 || last === 0x09 ? value.replace(/[ \t]+$/, '') : value;
}
