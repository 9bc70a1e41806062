/**
 * Why: requests are parsed by llhttp, Node's own strict parser, and never by one of ours. This is its WebAssembly build
 * that comes inside npm's undici: one instance for a front, one small parser in it for each connection. The path is
 * internal to undici; llhttp.test.ts holds what is used of it.
 */
import { createRequire } from 'node:module';
import { assert } from '../../../base/assert.ts';

/** What a parser tells while it executes; places are in the memory of the instance. */
export type ParserEvents = {
  onTarget(at: number, bytes: number): void;
  onHeaderName(at: number, bytes: number): void;
  onHeaderValue(at: number, bytes: number): void;
  onHeadersComplete(keepsAlive: boolean): void;
  onBody(at: number, bytes: number): void;
  onMessageComplete(): void;
};

/** Why it stopped, and behind how many of the bytes that it was given. */
export type Execution = { readonly code: number; readonly taken: number };

/** Of the global that Node has and its types leave to those of browsers. */
type WasmGlobal = {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

type Exports = {
  readonly memory: { readonly buffer: ArrayBuffer };
  _initialize(): void;
  malloc(bytes: number): number;
  llhttp_alloc(type: number): number;
  llhttp_free(parser: number): void;
  llhttp_execute(parser: number, at: number, bytes: number): number;
  llhttp_finish(parser: number): number;
  llhttp_resume(parser: number): void;
  llhttp_resume_after_upgrade(parser: number): void;
  llhttp_get_error_pos(parser: number): number;
  llhttp_get_error_reason(parser: number): number;
  llhttp_errno_name(code: number): number;
  llhttp_get_method(parser: number): number;
  llhttp_method_name(method: number): number;
  llhttp_get_http_minor(parser: number): number;
};

/** Of the parser; then a place and a length, or the flags of a head. */
type Callback = (...told: [parser: number, at: number, bytes: number, keepsAlive: number]) => number;

const request = 1;
export const ok = 0;
export const paused = 21;
export const pausedForUpgrade = 22;

export class Llhttp {
  /** Of bytes that a parser can be given at once. */
  static readonly scratchBytes = 64 * 1024;
  readonly #exports: Exports;
  readonly #scratch: number;
  readonly #methods: string[] = [];
  #events: ParserEvents | undefined;
  #memory: Buffer;

  /** Throws where there is no such module, or no WebAssembly for it. */
  constructor() {
    const { WebAssembly: wasm } = globalThis as unknown as { readonly WebAssembly: WasmGlobal };
    const module = new wasm.Module(loadModule());
    this.#exports = new wasm.Instance(module, { env: this.#callbacks() }).exports as Exports;
    this.#exports._initialize();
    this.#scratch = this.#exports.malloc(Llhttp.scratchBytes);
    this.#memory = Buffer.from(this.#exports.memory.buffer);
  }

  open(): number {
    return this.#exports.llhttp_alloc(request);
  }

  close(parser: number): void {
    this.#exports.llhttp_free(parser);
  }

  /** Parses a copy of `bytes`. */
  execute(parser: number, bytes: Uint8Array, events: ParserEvents): Execution {
    assert(bytes.byteLength <= Llhttp.scratchBytes, 'a parser is given a bounded piece');
    this.#view().set(bytes, this.#scratch);
    return this.#run(parser, bytes.byteLength, events);
  }

  /**
   * As `execute`, in a body of a stated length: there llhttp counts bytes and looks at none of them, so they need not
   * be copied for it and may be more than its memory holds.
   */
  count(parser: number, bytes: number, events: ParserEvents): Execution {
    return this.#run(parser, bytes, events);
  }

  #run(parser: number, bytes: number, events: ParserEvents): Execution {
    this.#events = events;
    const code = this.#exports.llhttp_execute(parser, this.#scratch, bytes);
    this.#events = undefined;
    return { code, taken: code === ok ? bytes : this.#exports.llhttp_get_error_pos(parser) - this.#scratch };
  }

  /** What is wrong with ending here; `ok` when nothing is. */
  finish(parser: number, events: ParserEvents): number {
    this.#events = events;
    const code = this.#exports.llhttp_finish(parser);
    this.#events = undefined;
    return code;
  }

  resume(parser: number): void {
    this.#exports.llhttp_resume(parser);
  }

  /** What follows is read as HTTP again: the other protocol was not agreed to. */
  resumeAfterUpgrade(parser: number): void {
    this.#exports.llhttp_resume_after_upgrade(parser);
  }

  /** How far behind the start of what was given a place is. */
  offset(at: number): number {
    return at - this.#scratch;
  }

  text(at: number, bytes: number): string {
    return this.#view().toString('latin1', at, at + bytes);
  }

  method(parser: number): string {
    const method = this.#exports.llhttp_get_method(parser);
    this.#methods[method] ??= this.#words(this.#exports.llhttp_method_name(method));
    return this.#methods[method];
  }

  /** The version is 1.0 or 1.1: llhttp refuses others that are not HTTP/2 or 0.9. */
  minorVersion(parser: number): number {
    return this.#exports.llhttp_get_http_minor(parser);
  }

  /** As node:http names them: `HPE_INVALID_METHOD`. */
  failure(parser: number, code: number): { readonly code: string; readonly reason: string } {
    const name = this.#exports.llhttp_errno_name(code);
    return { code: this.#words(name), reason: this.#words(this.#exports.llhttp_get_error_reason(parser)) };
  }

  /** Text up to its NUL. */
  #words(at: number): string {
    const view = this.#view();
    return view.toString('latin1', at, view.indexOf(0, at));
  }

  /** Memory that has grown is another buffer. */
  #view(): Buffer {
    const { buffer } = this.#exports.memory;
    if (this.#memory.buffer !== buffer) this.#memory = Buffer.from(buffer);
    return this.#memory;
  }

  #callbacks(): Record<string, Callback> {
    const of = (): ParserEvents => {
      assert(this.#events !== undefined, 'llhttp calls back while it executes');
      return this.#events;
    };
    const span = (act: (events: ParserEvents, at: number, bytes: number) => void): Callback => {
      return (_, at, bytes) => {
        act(of(), at, bytes);
        return ok;
      };
    };
    return {
      wasm_on_message_begin: () => ok,
      wasm_on_status: () => ok,
      wasm_on_url: span((events, at, bytes) => events.onTarget(at, bytes)),
      wasm_on_header_field: span((events, at, bytes) => events.onHeaderName(at, bytes)),
      wasm_on_header_value: span((events, at, bytes) => events.onHeaderValue(at, bytes)),
      wasm_on_body: span((events, at, bytes) => events.onBody(at, bytes)),
      wasm_on_headers_complete: (...[, , , keepsAlive]) => {
        of().onHeadersComplete(keepsAlive === 1);
        return paused;
      },
      wasm_on_message_complete: () => {
        of().onMessageComplete();
        return paused;
      },
    };
  }
}

/** Code that WebAssembly is made of. */
function loadModule(): Uint8Array {
  const require = createRequire(import.meta.url);
  return require('undici/lib/llhttp/llhttp_simd-wasm.js') as Uint8Array;
}
