/** Why: one request and its response on a node:http connection, from the head to the last byte or to the cut. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Action } from '../../access/action.ts';
import { raceAbort, throwIfAborted } from '../../base/async/abort.ts';
import { type Clock, deadline } from '../../base/clock.ts';
import { CopysetError, toCopysetError } from '../../base/errors.ts';
import type { RequestId } from '../../base/ids.ts';
import { splitTarget } from '../../sigv4/canonical.ts';
import { claimedAccessKeyId } from '../claimed-identity.ts';
import type { CorsHeaders } from '../cors.ts';
import type { Door } from '../door.ts';
import { s3Error, toFailure } from '../errors.ts';
import { HeaderFields, type RequestHead } from '../head.ts';
import type { S3Limits } from '../limits.ts';
import { actionOf } from '../operation.ts';
import { errorReply, type Reply, type ReplyBody } from '../reply.ts';
import type { S3Log } from '../request-log.ts';
import { httpTime } from '../time.ts';
import { Pace } from './pace.ts';
import { Patience } from './patience.ts';
import { receiveBody } from './receive-body.ts';
import { sendBytes, sendSlabs } from './send-body.ts';
import { endsInTime, keepAlive, withoutDeclaration } from './send-late.ts';

export type ExchangeContext = {
  readonly door: Door;
  readonly clock: Clock;
  readonly limits: S3Limits;
  readonly log: S3Log;
  /** Whether the server stops: then each response is the last of its connection. */
  readonly isDraining: () => boolean;
};

type Outcome = { operation?: string; action?: Action; status: number; error?: CopysetError };

export class Exchange {
  readonly patience: Patience;
  /** Settles when the response has left, or never will. */
  readonly closed: Promise<void>;
  readonly #context: ExchangeContext;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #requestId: RequestId;
  readonly #gone = new AbortController();
  readonly #cut = new AbortController();
  readonly #pace: Pace;
  readonly #startedAtMs: number;
  readonly #remoteAddress: string;
  readonly #expectsContinue: boolean;
  #crossOrigin: CorsHeaders = {};
  #proceeded = false;
  #receivedBytes = 0;
  #firstByteMs: number | undefined;

  constructor(
    context: ExchangeContext,
    request: IncomingMessage,
    response: ServerResponse,
    options: { readonly requestId: RequestId; readonly expectsContinue: boolean },
  ) {
    this.#context = context;
    this.#request = request;
    this.#response = response;
    this.#requestId = options.requestId;
    this.#expectsContinue = options.expectsContinue;
    this.#startedAtMs = context.clock.monotonicMs();
    this.#remoteAddress = request.socket.remoteAddress ?? ''; // a closed socket has forgotten it
    this.patience = new Patience(context.clock);
    const { minBytesPerSecond, idleTimeoutMs } = context.limits;
    this.#pace = new Pace({ bytesPerSecond: minBytesPerSecond, stretchMs: idleTimeoutMs });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    response.once('close', resolve);
    response.once('close', () => this.abort(new CopysetError('request.aborted', 'the client went away')));
  }

  /** Whether bytes of the request are still to come. */
  get isArriving(): boolean {
    return !this.#request.complete;
  }

  /** Whether its body is still arriving, and nothing was said about it. */
  get canBeTold(): boolean {
    return this.isArriving && !this.#response.headersSent && !this.#cut.signal.aborted;
  }

  /** Nothing more of the body will come, or count. */
  failBody(reason: CopysetError): void {
    this.#cut.abort(reason);
  }

  /** Gives up what runs for it; what the store then does is the store's promise. */
  abort(reason: CopysetError): void {
    if (!this.#response.writableFinished) this.#gone.abort(reason);
  }

  /** Never rejects: every failure becomes a reply, or a cut connection when the reply had begun. */
  async run(): Promise<void> {
    const outcome: Outcome = { status: 0 };
    try {
      await this.#answer(outcome);
    } catch (thrown) {
      outcome.error = toCopysetError(thrown);
      await this.#fail(outcome.error, outcome);
    }
    this.#report(outcome);
  }

  async #answer(outcome: Outcome): Promise<void> {
    const { signal } = this.#gone;
    throwIfAborted(signal);
    const head = this.#readHead();
    this.#crossOrigin = await this.#context.door.crossOrigin.headersFor(head, { signal });
    const reply = head.method === 'OPTIONS' ? await this.#preflight(head, outcome) : await this.#serve(head, outcome);
    if (reply.body.kind === 'late') await this.#sendLate(reply, reply.body.reply, outcome);
    else await this.#send(reply);
    outcome.status = reply.status;
  }

  async #preflight(head: RequestHead, outcome: Outcome): Promise<Reply> {
    const reply = await this.#context.door.crossOrigin.preflight(head, { signal: this.#gone.signal });
    outcome.operation = 'Preflight';
    return reply;
  }

  async #serve(head: RequestHead, outcome: Outcome): Promise<Reply> {
    const { door } = this.#context;
    const { signal } = this.#gone;
    const admission = await door.admit(head, { signal });
    outcome.operation = admission.operation.name;
    outcome.action = actionOf(admission.operation, admission.query);
    return await this.#inTime(await door.serve(admission, { source: this.#source(), signal }));
  }

  /** A late reply that comes soon is one like any other. */
  async #inTime(reply: Reply): Promise<Reply> {
    if (reply.body.kind !== 'late') return reply;
    return (await endsInTime(reply.body.reply, this.#waiting())) ? await reply.body.reply : reply;
  }

  async #sendLate(reply: Reply, work: Promise<Reply>, outcome: Outcome): Promise<void> {
    this.#begin(reply);
    await keepAlive((bytes) => sendBytes(this.#response, bytes, this.#sending()), work, this.#waiting());
    const last = await work.catch((thrown: unknown) => {
      outcome.error = toCopysetError(thrown);
      return this.#errorReply(outcome.error);
    });
    await sendBytes(this.#response, withoutDeclaration(last), this.#sending());
    this.#response.end();
  }

  #waiting() {
    const { clock, limits } = this.#context;
    return { clock, everyMs: limits.lateReplyMs, signal: this.#gone.signal };
  }

  get #head(): RequestHead {
    const { method = '', url = '', rawHeaders } = this.#request;
    return { method, target: url, headers: new HeaderFields(rawHeaders) };
  }

  #readHead(): RequestHead {
    if (this.#request.rawHeaders.length / 2 > this.#context.limits.maxHeaders) {
      throw s3Error('RequestHeaderSectionTooLarge');
    }
    const head = this.#head;
    checkTravel(head.headers);
    return head;
  }

  /** Drawing the first byte is what tells a client with `Expect: 100-continue` to send. */
  async *#source(): AsyncGenerator<Uint8Array> {
    if (!this.#hasBody()) return;
    if (this.#expectsContinue) this.#response.writeContinue();
    this.#proceeded = true;
    const receiving = { clock: this.#context.clock, patience: this.patience, pace: this.#pace, cut: this.#cut.signal };
    for await (const bytes of receiveBody(this.#request, receiving)) {
      this.#receivedBytes += bytes.byteLength;
      yield bytes;
    }
  }

  #hasBody(): boolean {
    const { headers } = this.#request;
    return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  }

  async #fail(error: CopysetError, outcome: Outcome): Promise<void> {
    const reply = this.#errorReply(error);
    const isLate = this.#response.headersSent || this.#gone.signal.aborted;
    try {
      if (isLate) this.#response.destroy();
      else await this.#send(reply);
      if (!isLate) outcome.status = reply.status;
    } catch {
      this.#response.destroy(); // the client is gone: there is nobody to tell; the first error is the one logged
    }
  }

  #errorReply(error: CopysetError): Reply {
    const resource = splitTarget(this.#request.url ?? '').path;
    return errorReply(toFailure(error), { resource, requestId: this.#requestId });
  }

  async #send(reply: Reply): Promise<void> {
    if (reply.body.kind === 'slabs') await this.#sendSlabs(reply, reply.body);
    else await this.#sendWhole(reply);
    if (this.#mustClose()) await this.#linger();
    this.#response.end();
  }

  #sendSlabs(reply: Reply, body: Extract<ReplyBody, { kind: 'slabs' }>): Promise<void> {
    const begin = () => this.#begin(reply);
    return sendSlabs(this.#response, body, { ...this.#sending(), begin });
  }

  #sending() {
    const { clock } = this.#context;
    return { clock, patience: this.patience, pace: this.#pace, signal: this.#gone.signal };
  }

  async #sendWhole(reply: Reply): Promise<void> {
    this.#begin(reply);
    if (reply.body.kind !== 'bytes' || this.#request.method === 'HEAD') return;
    await sendBytes(this.#response, reply.body.bytes, this.#sending());
  }

  #begin(reply: Reply): void {
    this.#response.sendDate = false;
    this.#response.writeHead(reply.status, { ...reply.headers, ...this.#crossOrigin, ...this.#ownHeaders(reply) });
    this.#firstByteMs ??= this.#elapsedMs();
  }

  #ownHeaders({ status, headers, body }: Reply): Record<string, string> {
    const own: Record<string, string> = {
      'x-amz-request-id': this.#requestId,
      'x-amz-id-2': Buffer.from(this.#requestId).toString('base64'),
      server: 'Copyset',
      date: httpTime(this.#context.clock.wallMs()),
    };
    const hasLength = status !== 204 && status !== 304 && headers['content-length'] === undefined;
    if (hasLength && body.kind !== 'late') own['content-length'] = String(bodyBytes(body));
    if (this.#mustClose() || this.#context.isDraining()) own.connection = 'close';
    return own;
  }

  /** What the client still sends, or waits to be told to send, would be taken for its next request. */
  #mustClose(): boolean {
    return !this.#request.complete;
  }

  /** Takes in a little more, so that the client reads the reply before it sees the connection close. */
  async #linger(): Promise<void> {
    if ((this.#expectsContinue && !this.#proceeded) || this.#cut.signal.aborted) return;
    const { clock, limits } = this.#context;
    using enough = deadline(clock, limits.lingerMs, 'the rest of the request');
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.#request.once('close', resolve).once('end', resolve).resume();
    await raceAbort(ended, enough.signal).catch(() => undefined); // it may stay unfinished: the connection closes
  }

  #report({ operation, action, status, error }: Outcome): void {
    const { door, log } = this.#context;
    const head = this.#head;
    log({
      requestId: this.#requestId,
      method: head.method,
      path: splitTarget(head.target).path,
      remoteAddress: this.#remoteAddress,
      accessKeyId: claimedAccessKeyId(head),
      action: action ?? door.actionOf(head),
      operation,
      status,
      error,
      code: error && toFailure(error).code,
      receivedBytes: this.#receivedBytes,
      durationMs: this.#elapsedMs(),
      firstByteMs: this.#firstByteMs,
    });
  }

  #elapsedMs(): number {
    return this.#context.clock.monotonicMs() - this.#startedAtMs;
  }
}

/**
 * What says how the request travels is understood whole or refused: another coding would be stored as if it were data.
 */
function checkTravel(headers: HeaderFields): void {
  headers.required('host');
  const coding = headers.get('transfer-encoding') ?? 'chunked';
  if (coding.toLowerCase() !== 'chunked') {
    throw s3Error('NotImplemented', `Transfer-Encoding: ${coding} is not supported; only chunked is`);
  }
  const expected = headers.get('expect') ?? '100-continue';
  if (expected.toLowerCase() !== '100-continue') {
    throw s3Error('InvalidRequest', `Expect: ${expected} is not supported; only 100-continue is`);
  }
}

function bodyBytes(body: Exclude<ReplyBody, { kind: 'late' }>): number {
  if (body.kind === 'none') return 0;
  return body.kind === 'bytes' ? body.bytes.byteLength : body.bytes;
}
