/** Why: the way of one request, from its head to the last byte of its reply or to the cut; the same on every front. */
import type { Action } from '../../access/action.ts';
import { throwIfAborted } from '../../base/async/abort.ts';
import type { Clock } from '../../base/clock.ts';
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
import type { HttpDate } from './http-date.ts';
import { sendSlabs } from './send-body.ts';
import { endsInTime, keepAlive, withoutDeclaration } from './send-late.ts';
import type { Transport } from './transport.ts';
import type { Work, WorkUnderWay } from './work-under-way.ts';

export type ExchangeContext = {
  readonly door: Door;
  readonly clock: Clock;
  readonly date: HttpDate;
  readonly limits: S3Limits;
  readonly log: S3Log;
  readonly work: WorkUnderWay;
  /** How many requests wait for memory. */
  readonly waiting: () => number;
  /** Whether the server stops: then each response is the last of its connection. */
  readonly isDraining: () => boolean;
};

type Outcome = { operation?: string; action?: Action; status: number; error?: CopysetError };

export class Exchange {
  readonly #context: ExchangeContext;
  readonly #transport: Transport;
  readonly #requestId: RequestId;
  readonly #head: RequestHead;
  readonly #startedAtMs: number;
  #crossOrigin: CorsHeaders = {};
  #firstByteMs: number | undefined;

  constructor(context: ExchangeContext, transport: Transport, requestId: RequestId) {
    const { method, target, rawHeaders } = transport.head;
    this.#context = context;
    this.#transport = transport;
    this.#requestId = requestId;
    this.#head = { method, target, headers: new HeaderFields(rawHeaders) };
    this.#startedAtMs = context.clock.monotonicMs();
  }

  /** Never rejects: every failure becomes a reply, or a cut connection when the reply had begun. */
  async run(): Promise<void> {
    const outcome: Outcome = { status: 0 };
    const work = this.#beginWork();
    try {
      if (work === undefined) await refuseAsTooMany();
      await this.#answer(outcome);
    } catch (thrown) {
      outcome.error = toCopysetError(thrown);
      await this.#fail(outcome.error, outcome);
    }
    this.#transport.patience.onChange = undefined;
    work?.end(this.#context.clock.monotonicMs());
    this.#report(outcome);
    if (work === undefined) await this.#rest();
  }

  /** Whoever asks again at once, though told to wait, is not read from until then: refusing takes time as well. */
  async #rest(): Promise<void> {
    const { clock, limits } = this.#context;
    const { isArriving, signal } = this.#transport;
    if (!isArriving) await clock.sleep(limits.refusedRestMs, { signal }).catch(() => undefined); // it went away
  }

  /** Undefined when there is more to do than is done in time. */
  #beginWork(): Work | undefined {
    const { clock, waiting, work } = this.#context;
    const begun = work.begin(clock.monotonicMs(), waiting());
    this.#transport.patience.onChange = (isWaiting) => (isWaiting ? begun?.rest() : begun?.goOn());
    return begun;
  }

  async #answer(outcome: Outcome): Promise<void> {
    const { signal } = this.#transport;
    throwIfAborted(signal);
    this.#checkHead();
    const head = this.#head;
    const crossOrigin = this.#context.door.crossOrigin.headersFor(head, { signal });
    this.#crossOrigin = crossOrigin instanceof Promise ? await crossOrigin : crossOrigin;
    const reply = head.method === 'OPTIONS' ? await this.#preflight(outcome) : await this.#serve(outcome);
    if (reply.body.kind === 'late') await this.#sendLate(reply, reply.body.reply, outcome);
    else await this.#send(reply);
    outcome.status = reply.status;
  }

  async #preflight(outcome: Outcome): Promise<Reply> {
    const reply = await this.#context.door.crossOrigin.preflight(this.#head, { signal: this.#transport.signal });
    outcome.operation = 'Preflight';
    return reply;
  }

  async #serve(outcome: Outcome): Promise<Reply> {
    const { door } = this.#context;
    const { signal } = this.#transport;
    const admitted = door.admit(this.#head, { signal });
    const admission = admitted instanceof Promise ? await admitted : admitted;
    outcome.operation = admission.operation.name;
    outcome.action = actionOf(admission.operation, admission.query);
    const reply = await door.serve(admission, { source: this.#transport.draw(), signal });
    return reply.body.kind === 'late' ? await this.#inTime(reply, reply.body.reply) : reply;
  }

  /** A late reply that comes soon is one like any other. */
  async #inTime(late: Reply, reply: Promise<Reply>): Promise<Reply> {
    return (await endsInTime(reply, this.#waiting())) ? await reply : late;
  }

  async #sendLate(reply: Reply, work: Promise<Reply>, outcome: Outcome): Promise<void> {
    const transport = this.#transport;
    this.#begin(reply);
    await keepAlive(async (bytes) => transport.send(bytes), work, this.#waiting());
    const last = await work.catch((thrown: unknown) => {
      outcome.error = toCopysetError(thrown);
      return this.#errorReply(outcome.error);
    });
    await transport.send(withoutDeclaration(last));
    await transport.end();
  }

  #waiting() {
    const { clock, limits } = this.#context;
    return { clock, everyMs: limits.lateReplyMs, signal: this.#transport.signal };
  }

  #checkHead(): void {
    if (this.#transport.head.rawHeaders.length / 2 > this.#context.limits.maxHeaders) {
      throw s3Error('RequestHeaderSectionTooLarge');
    }
    checkTravel(this.#head.headers);
  }

  async #fail(error: CopysetError, outcome: Outcome): Promise<void> {
    const transport = this.#transport;
    const reply = this.#errorReply(error);
    const isLate = transport.hasBegun || transport.signal.aborted;
    try {
      if (isLate) transport.cut();
      else await this.#send(reply);
      if (!isLate) outcome.status = reply.status;
    } catch {
      transport.cut(); // the client is gone: there is nobody to tell; the first error is the one logged
    }
  }

  #errorReply(error: CopysetError): Reply {
    const resource = splitTarget(this.#head.target).path;
    return errorReply(toFailure(error), { resource, requestId: this.#requestId });
  }

  async #send(reply: Reply): Promise<void> {
    const sending =
      reply.body.kind === 'slabs'
        ? sendSlabs(this.#transport, reply.body, () => this.#begin(reply))
        : this.#sendWhole(reply);
    if (sending !== undefined) await sending;
    const ending = this.#transport.end();
    if (ending !== undefined) await ending;
  }

  #sendWhole(reply: Reply): Promise<void> | undefined {
    this.#begin(reply);
    if (reply.body.kind !== 'bytes' || this.#head.method === 'HEAD') return undefined;
    return this.#transport.send(reply.body.bytes);
  }

  #begin(reply: Reply): void {
    const headers = { ...reply.headers, ...this.#crossOrigin, ...this.#ownHeaders(reply) };
    this.#transport.begin({ status: reply.status, headers });
    this.#firstByteMs ??= this.#elapsedMs();
  }

  #ownHeaders({ status, headers, body }: Reply): Record<string, string> {
    const own: Record<string, string> = {
      'x-amz-request-id': this.#requestId,
      'x-amz-id-2': Buffer.from(this.#requestId).toString('base64'),
      server: 'Copyset',
      date: this.#context.date.now(),
    };
    const hasLength = status !== 204 && status !== 304 && headers['content-length'] === undefined;
    if (hasLength && body.kind !== 'late') own['content-length'] = String(bodyBytes(body));
    // what the client still sends, or waits to be told to send, would be taken for its next request
    if (this.#transport.isArriving || this.#context.isDraining()) own.connection = 'close';
    return own;
  }

  #report({ operation, action, status, error }: Outcome): void {
    const { door, log } = this.#context;
    const head = this.#head;
    log({
      requestId: this.#requestId,
      method: head.method,
      path: splitTarget(head.target).path,
      remoteAddress: this.#transport.remoteAddress,
      accessKeyId: claimedAccessKeyId(head),
      action: action ?? door.actionOf(head),
      operation,
      status,
      error,
      code: error && toFailure(error).code,
      receivedBytes: this.#transport.receivedBytes,
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

/** Not before a body that came with its head was taken: its connection may then be kept. */
async function refuseAsTooMany(): Promise<never> {
  await Promise.resolve();
  throw new CopysetError('busy', 'more requests are under way than are done in time');
}

function bodyBytes(body: Exclude<ReplyBody, { kind: 'late' }>): number {
  if (body.kind === 'none') return 0;
  return body.kind === 'bytes' ? body.bytes.byteLength : body.bytes;
}
