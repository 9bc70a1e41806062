/**
 * Why: all verbs are calls of one shape: placed, signed, sent within the bound of connections, tried again where it
 * helps, and refused in our words.
 */
import { Agent, type AgentOptions } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { anySignal, type CallOptions, throwIfAborted } from '../../base/async/abort.ts';
import { Semaphore } from '../../base/async/semaphore.ts';
import type { Clock } from '../../base/clock.ts';
import { CopysetError, throwIfBug } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { type HeaderPair, presignTarget, type SignedHeaders, type Signer, signHeaders } from '../../sigv4/sign.ts';
import { uriEncode } from '../../sigv4/uri.ts';
import type { S3Body } from '../client.ts';
import { defaultS3ClientLimits, type S3ClientLimits, type S3ClientOptions } from '../options.ts';
import type { Answer } from './answer.ts';
import { type Endpoint, parseEndpoint, placeOf } from './endpoint.ts';
import { exchange, type Line } from './exchange.ts';
import { refusalError } from './failure.ts';
import { type Payload, payloadOf } from './payload.ts';
import { retry } from './retry.ts';
import { findText, type XmlNode } from './xml.ts';

export type Call = {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly bucket?: string;
  readonly key?: string;
  /** Undefined ones are left out. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: readonly HeaderPair[];
  readonly body?: S3Body;
};

/** Of AWS: seven days. */
const maxExpirySeconds = 604_800;

export class Caller {
  readonly region: string;
  readonly #endpoint: Endpoint;
  readonly #signer: Signer | undefined;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #limits: S3ClientLimits;
  readonly #line: Line;
  readonly #connections: Semaphore;
  readonly #closed = new AbortController();

  constructor(options: S3ClientOptions) {
    const { credentials, clock, random, region = 'us-east-1' } = options;
    this.region = region;
    this.#endpoint = parseEndpoint(options.endpoint, options.addressing);
    this.#signer = credentials && { ...credentials, region };
    this.#clock = clock;
    this.#random = random;
    this.#limits = { ...defaultS3ClientLimits, ...options.limits };
    this.#line = { agent: newAgent(this.#endpoint, this.#limits, options.trustedAuthorities), clock, ...this.#limits };
    const { maxConnections, maxWaiting } = this.#limits;
    this.#connections = new Semaphore(`requests to ${this.#endpoint.authority}`, maxConnections, maxWaiting);
  }

  /** Settles as `read` does; an answer that is cut while it is read makes another attempt. */
  call<T>(call: Call, read: (answer: Answer) => Promise<T>, options: CallOptions = {}): Promise<T> {
    return this.#retry(async () => {
      const answer = await this.#attempt(call, options);
      try {
        return await read(answer);
      } finally {
        answer.release();
      }
    }, options);
  }

  /** Resolves with an answer whose body is still to come; whoever has it draws or releases it. */
  open(call: Call, options: CallOptions = {}): Promise<Answer> {
    return this.#retry(() => this.#attempt(call, options), options);
  }

  /** For calls that are answered with nothing of interest. */
  do(call: Call, options: CallOptions = {}): Promise<void> {
    return this.call(call, (answer) => answer.discard(), options);
  }

  /** The document that answers a call; `<Error>` under a 200 is an error (CopyObject, CompleteMultipartUpload). */
  document(call: Call, options: CallOptions = {}): Promise<XmlNode> {
    return this.call(
      call,
      async (answer) => {
        const root = await answer.document();
        if (root.name === 'Error') throw refused(call, answer, root);
        return root;
      },
      options,
    );
  }

  /** The URL of a call that needs no key until it expires. */
  presign({ method, bucket, key }: Call, expiresSeconds: number): string {
    const { authority, path } = placeOf(this.#endpoint, bucket, key);
    if (this.#signer === undefined) throw new CopysetError('request.invalid', 'a URL cannot be signed without a key');
    if (!Number.isInteger(expiresSeconds) || expiresSeconds < 1 || expiresSeconds > maxExpirySeconds) {
      throw new CopysetError('request.invalid', `a signed URL expires after 1 to ${maxExpirySeconds} seconds`);
    }
    const request = { method, target: path, headers: [['host', authority]] as const };
    const signing = { signer: this.#signer, atMs: this.#clock.wallMs(), expiresSeconds };
    return `${this.#endpoint.isSecure ? 'https' : 'http'}://${authority}${presignTarget(request, signing)}`;
  }

  close(): void {
    this.#closed.abort(new CopysetError('closed', `the client of ${this.#endpoint.authority} is closed`));
    this.#line.agent.destroy();
  }

  #retry<T>(attempt: () => Promise<T>, { signal }: CallOptions): Promise<T> {
    const both = anySignal(signal, this.#closed.signal);
    return retry(attempt, {
      policy: this.#limits,
      clock: this.#clock,
      random: this.#random,
      isOver: () => both.aborted,
      signal: both,
    });
  }

  /** Resolves with an answer that means success. */
  async #attempt(call: Call, options: CallOptions): Promise<Answer> {
    const signal = anySignal(options.signal, this.#closed.signal);
    const permit = await this.#connections.acquire(1, { signal });
    const onRelease = () => permit.release();
    const answer = await exchange(this.#outgoing(call, onRelease), this.#line, { signal, onRelease });
    if (answer.status >= 200 && answer.status < 300) return answer;
    try {
      const document = call.method === 'HEAD' ? undefined : await errorDocument(answer);
      throwIfAborted(signal);
      throw refused(call, answer, document);
    } finally {
      answer.release();
    }
  }

  #outgoing(call: Call, onFailure: () => void) {
    try {
      const { isSecure, port } = this.#endpoint;
      const { host, authority, path } = placeOf(this.#endpoint, call.bucket, call.key);
      const payload = payloadOf(call.body ?? [], isSecure || this.#signer === undefined);
      const target = path + queryText(call.query ?? {});
      const headers = joined([['host', authority], ...payload.headers, ...(call.headers ?? [])]);
      const signed = this.#sign({ method: call.method, target, headers }, payload);
      const body = () => payload.open(signed.seed);
      return { isSecure, host, port, method: call.method, target, headers: signed.headers, bytes: payload.bytes, body };
    } catch (error) {
      onFailure();
      throw error;
    }
  }

  #sign(
    request: Parameters<typeof signHeaders>[0],
    { hash }: Payload,
  ): Partial<SignedHeaders> & Pick<SignedHeaders, 'headers'> {
    if (this.#signer === undefined) return request;
    return signHeaders(request, { signer: this.#signer, atMs: this.#clock.wallMs(), payloadHash: hash });
  }
}

function newAgent({ isSecure }: Endpoint, limits: S3ClientLimits, ca: string | undefined): Agent {
  const { maxConnections, stallTimeoutMs } = limits;
  const options: AgentOptions = { keepAlive: true, maxSockets: maxConnections, timeout: stallTimeoutMs };
  return isSecure ? new SecureAgent({ ...options, ...(ca !== undefined && { ca }) }) : new Agent(options);
}

/** Each name once: the codings of a body are those of its way and its own, in this order. */
function joined(pairs: readonly HeaderPair[]): HeaderPair[] {
  const values = new Map<string, string>();
  for (const [name, value] of pairs) values.set(name, values.has(name) ? `${values.get(name)},${value}` : value);
  return [...values];
}

function queryText(query: NonNullable<Call['query']>): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const encoded = pairs.map(([name, value]) => `${name}=${uriEncode(value, { keepSlash: false })}`);
  return encoded.length === 0 ? '' : `?${encoded.join('&')}`;
}

/** Undefined when what came is no error document: a proxy's page, or nothing. */
async function errorDocument(answer: Answer): Promise<XmlNode | undefined> {
  try {
    const root = await answer.document();
    return root.name === 'Error' ? root : undefined;
  } catch (error) {
    throwIfBug(error);
    return undefined; // the status alone says enough
  }
}

function refused(call: Call, answer: Answer, document: XmlNode | undefined): CopysetError {
  const path = [call.bucket, call.key].filter((part) => part !== undefined).join('/');
  return refusalError({
    asked: `${call.method} /${path}`,
    status: answer.status,
    s3Code: (document && findText(document, 'Code')) ?? '',
    message: (document && findText(document, 'Message')) ?? '',
    retryAfterMs: retryAfterMs(answer.header('retry-after'), answer.header('date')),
    region: answer.header('x-amz-bucket-region'),
  });
}

/** Seconds, or a time, which is compared with the endpoint's own clock. */
export function retryAfterMs(text: string | undefined, date: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const waitMs = Date.parse(text) - Date.parse(date ?? '');
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : undefined;
}
