/**
 * Why: calls of etcd's services KV and Watch over gRPC: each with a deadline, each cancelled on the wire when it is
 * given up. An endpoint that does not answer is left for the next one; whether to ask again is the caller's choice.
 */
import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { type ClientDuplexStream, credentials, Client as GrpcClient, Metadata, type ServiceError } from '@grpc/grpc-js';
import { abortedError, type CallOptions, throwIfAborted } from '../../base/async/abort.ts';
import { type Clock, deadline } from '../../base/clock.ts';
import { CopysetError, isCopysetError } from '../../base/errors.ts';
import { etcdError } from './errors.ts';
import type { WatchCreateRequestSchema, WatchRequest, WatchResponse } from './generated/rpc_pb.js';
import { KV, Watch, WatchRequestSchema, WatchResponseSchema } from './generated/rpc_pb.js';

/** PEM. The certificate and key are the client's own, where etcd asks for one. */
export type EtcdTls = { readonly ca: Uint8Array; readonly certificate?: Uint8Array; readonly key?: Uint8Array };

export type EtcdClientOptions = {
  /** `host:port` each. */
  readonly endpoints: readonly string[];
  readonly tls?: EtcdTls | undefined;
  readonly clock: Clock;
  readonly callTimeoutMs: number;
};

type Method<I extends DescMessage, O extends DescMessage> = {
  readonly name: string;
  readonly parent: { readonly typeName: string };
  readonly input: I;
  readonly output: O;
};

/**
 * Answers are bounded by what was asked; a lost peer is noticed within 15 s. etcd refuses pings more often than every 5
 * s.
 */
const channelOptions = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2_000,
};

export class EtcdClient {
  readonly #options: EtcdClientOptions;
  readonly #channels: readonly GrpcClient[];
  #current = 0;

  constructor(options: EtcdClientOptions) {
    const { endpoints, tls } = options;
    if (endpoints.length === 0) throw new CopysetError('request.invalid', 'no etcd endpoint is given');
    this.#options = options;
    this.#channels = endpoints.map((endpoint) => new GrpcClient(endpoint, credentialsOf(tls), channelOptions));
  }

  range(request: MessageInitShape<typeof KV.method.range.input>, options?: CallOptions) {
    return this.#call(KV.method.range, request, options);
  }

  txn(request: MessageInitShape<typeof KV.method.txn.input>, options?: CallOptions) {
    return this.#call(KV.method.txn, request, options);
  }

  compact(request: MessageInitShape<typeof KV.method.compact.input>, options?: CallOptions) {
    return this.#call(KV.method.compact, request, options);
  }

  /** The answers to one watch, until the consumer leaves. Ends with an error when the member loses its leader. */
  async *watch(
    request: MessageInitShape<typeof WatchCreateRequestSchema>,
    options: CallOptions = {},
  ): AsyncGenerator<WatchResponse> {
    throwIfAborted(options.signal);
    const member = this.#current;
    const stream = this.#openWatch(member);
    const cancel = () => stream.cancel();
    options.signal?.addEventListener('abort', cancel, { once: true });
    try {
      stream.write(create(WatchRequestSchema, { requestUnion: { case: 'createRequest', value: request } }));
      for await (const response of stream) yield response as WatchResponse;
      throw new CopysetError('kv.unreachable', `etcd at ${this.#endpoint(member)} ended a watch`);
    } catch (error) {
      throw this.#failure(error, member, options.signal);
    } finally {
      options.signal?.removeEventListener('abort', cancel);
      cancel();
    }
  }

  /** A watch of the past, which is told within the time of a call or not at all. */
  async *history(
    request: MessageInitShape<typeof WatchCreateRequestSchema>,
    options: CallOptions = {},
  ): AsyncGenerator<WatchResponse> {
    const { clock, callTimeoutMs } = this.#options;
    using expiry = deadline(clock, callTimeoutMs, "etcd's history", options);
    yield* this.watch(request, expiry);
  }

  close(): void {
    for (const channel of this.#channels) channel.close();
  }

  async #call<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    request: MessageInitShape<I>,
    options: CallOptions = {},
  ): Promise<MessageShape<O>> {
    throwIfAborted(options.signal);
    const { clock, callTimeoutMs } = this.#options;
    const member = this.#current;
    using expiry = deadline(clock, callTimeoutMs, `etcd's ${method.name}`, options);
    const { signal } = expiry;
    try {
      return await unary(this.#channel(member), method, { message: create(method.input, request), signal });
    } catch (error) {
      throw this.#failure(error, member, signal);
    }
  }

  #openWatch(member: number): ClientDuplexStream<WatchRequest, WatchResponse> {
    const metadata = new Metadata();
    metadata.set('hasleader', 'true');
    return this.#channel(member).makeBidiStreamRequest(
      pathOf(Watch.method.watch),
      (message: WatchRequest) => Buffer.from(toBinary(WatchRequestSchema, message)),
      (bytes: Buffer) => fromBinary(WatchResponseSchema, plainBytes(bytes)),
      metadata,
    );
  }

  #failure(error: unknown, member: number, signal: AbortSignal | undefined): unknown {
    const failure = signal?.aborted ? abortedError(signal) : this.#translate(error, member);
    if (isCopysetError(failure, 'kv.unreachable', 'timeout') && member === this.#current) {
      this.#current = (member + 1) % this.#channels.length;
    }
    return failure;
  }

  #translate(error: unknown, member: number): unknown {
    return isServiceError(error) ? etcdError(error, this.#endpoint(member)) : error;
  }

  #channel(member: number): GrpcClient {
    return this.#channels[member] as GrpcClient;
  }

  #endpoint(member: number): string {
    return this.#options.endpoints[member] as string;
  }
}

function unary<I extends DescMessage, O extends DescMessage>(
  channel: GrpcClient,
  method: Method<I, O>,
  { message, signal }: { readonly message: MessageShape<I>; readonly signal: AbortSignal },
): Promise<MessageShape<O>> {
  const { promise, resolve, reject } = Promise.withResolvers<MessageShape<O>>();
  const call = channel.makeUnaryRequest(
    pathOf(method),
    (sent: MessageShape<I>) => Buffer.from(toBinary(method.input, sent)),
    (bytes: Buffer) => fromBinary(method.output, plainBytes(bytes)),
    message,
    (error: ServiceError | null, answer?: MessageShape<O>) =>
      error === null && answer !== undefined ? resolve(answer) : reject(error),
  );
  const cancel = () => call.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  return promise.finally(() => signal.removeEventListener('abort', cancel));
}

function credentialsOf(tls: EtcdTls | undefined) {
  if (tls === undefined) return credentials.createInsecure();
  const [ca, certificate, key] = [tls.ca, tls.certificate, tls.key].map((pem) => (pem ? Buffer.from(pem) : null));
  return credentials.createSsl(ca, key, certificate);
}

function pathOf({ parent, name }: { readonly parent: { readonly typeName: string }; readonly name: string }): string {
  return `/${parent.typeName}/${name}`;
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error && typeof error.details === 'string';
}

/** The same memory, so that what is decoded from it are plain byte arrays too. */
function plainBytes({ buffer, byteOffset, byteLength }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
