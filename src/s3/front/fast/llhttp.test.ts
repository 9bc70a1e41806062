import { expect, test } from 'vitest';
import { Llhttp, ok, type ParserEvents, paused, pausedForUpgrade } from './llhttp.ts';

const head = 'PUT /a%20b?c HTTP/1.1\r\nHost: x\r\nEmpty:\r\nPadded:  y \t\r\nContent-Length: 5\r\n\r\n';

/** All events, as text. */
class Told implements ParserEvents {
  readonly events: string[] = [];
  readonly #llhttp: Llhttp;

  constructor(llhttp: Llhttp) {
    this.#llhttp = llhttp;
  }

  onTarget = (at: number, bytes: number) => this.#tell('target', this.#llhttp.text(at, bytes));
  onHeaderName = (at: number, bytes: number) => this.#tell('name', this.#llhttp.text(at, bytes));
  onHeaderValue = (at: number, bytes: number) => this.#tell('value', this.#llhttp.text(at, bytes));
  onHeadersComplete = (keepsAlive: boolean) => this.#tell('head', String(keepsAlive));
  onBody = (at: number, bytes: number) => this.#tell('body', `${this.#llhttp.offset(at)}+${bytes}`);
  onMessageComplete = () => this.#tell('end', '');

  #tell(what: string, text: string): void {
    this.events.push(`${what} ${text}`);
  }

  take(): string[] {
    return this.events.splice(0);
  }
}

function open() {
  const llhttp = new Llhttp();
  return { llhttp, told: new Told(llhttp), parser: llhttp.open() };
}

test("undici's llhttp stops at the first byte of a body, and names what came before", () => {
  const { llhttp, told, parser } = open();
  const { code, taken } = llhttp.execute(parser, Buffer.from(`${head}hello`), told);
  expect([code, taken]).toEqual([paused, head.length]);
  expect(told.take()).toEqual([
    ...['target /a%20b?c', 'name Host', 'value x', 'name Empty', 'value ', 'name Padded', 'value y \t'],
    ...['name Content-Length', 'value 5', 'head true'],
  ]);
  expect([llhttp.method(parser), llhttp.minorVersion(parser)]).toEqual(['PUT', 1]);
});

test('it counts the bytes of a stated length without looking at them, and stops behind the last', () => {
  const { llhttp, told, parser } = open();
  llhttp.execute(parser, Buffer.from(head), told);
  llhttp.resume(parser);
  told.take();
  expect(llhttp.count(parser, 3, told)).toEqual({ code: ok, taken: 3 });
  expect(llhttp.count(parser, 20, told)).toEqual({ code: paused, taken: 2 });
  expect(told.take()).toEqual(['body 0+3', 'body 0+2', 'end ']);
});

test('it counts more bytes than its memory holds: it would fail if it looked at one', () => {
  const { llhttp, told, parser } = open();
  const bytes = 2 ** 28;
  llhttp.execute(parser, Buffer.from(`PUT / HTTP/1.1\r\nContent-Length: ${2 * bytes}\r\n\r\n`), told);
  llhttp.resume(parser);
  told.take();
  expect(llhttp.count(parser, bytes, told)).toEqual({ code: ok, taken: bytes });
  expect(llhttp.count(parser, bytes + 7, told)).toEqual({ code: paused, taken: bytes });
  expect(told.take()).toEqual([`body 0+${bytes}`, `body 0+${bytes}`, 'end ']);
});

test('it ends a request without a body at its head, and takes what follows an upgrade as HTTP', () => {
  const { llhttp, told, parser } = open();
  const upgrade = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n';
  llhttp.execute(parser, Buffer.from(upgrade), told);
  llhttp.resume(parser);
  expect(llhttp.count(parser, 0, told).code).toBe(paused);
  llhttp.resume(parser);
  expect(llhttp.count(parser, 0, told).code).toBe(pausedForUpgrade);
  llhttp.resumeAfterUpgrade(parser);
  llhttp.count(parser, 0, told);
  expect(llhttp.finish(parser, told)).toBe(ok);
  expect(llhttp.execute(parser, Buffer.from(upgrade), told)).toEqual({ code: paused, taken: upgrade.length });
});

test('it names what it refuses as node:http does', () => {
  const { llhttp, told, parser } = open();
  const both = 'PUT / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n';
  const { code } = llhttp.execute(parser, Buffer.from(both), told);
  expect(llhttp.failure(parser, code)).toEqual({
    code: 'HPE_INVALID_TRANSFER_ENCODING',
    reason: "Transfer-Encoding can't be present with Content-Length",
  });
});

test('an end in the middle of a head is an error', () => {
  const { llhttp, told, parser } = open();
  llhttp.execute(parser, Buffer.from('GET / HT'), told);
  expect(llhttp.failure(parser, llhttp.finish(parser, told)).code).toBe('HPE_INVALID_EOF_STATE');
});

test('many parsers share its memory, also when that grows', () => {
  const { llhttp, told } = open();
  const parsers = Array.from({ length: 10_000 }, () => llhttp.open());
  for (const parser of parsers) llhttp.execute(parser, Buffer.from('GET /ab'), told);
  for (const parser of parsers) {
    told.take();
    llhttp.execute(parser, Buffer.from('c HTTP/1.1\r\n\r\n'), told);
    expect(told.take()).toEqual(['target c', 'head true']);
    llhttp.close(parser);
  }
});
