/**
 * Why: one request and its answer over one connection. The body waits for `100 Continue` where it is large, so that a
 * refusal costs no transfer (RFC 9110, 10.1.1), and stops when the answer is there before its end.
 */
import { type Agent, type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { abortedError, anySignal, type CallOptions } from '../../base/async/abort.ts';
import type { Clock } from '../../base/clock.ts';
import { CopysetError } from '../../base/errors.ts';
import type { HeaderPair } from '../../sigv4/sign.ts';
import { Answer } from './answer.ts';
import { transportError } from './failure.ts';

export type Outgoing = {
  readonly isSecure: boolean;
  readonly host: string;
  readonly port: number;
  readonly method: string;
  readonly target: string;
  readonly headers: readonly HeaderPair[];
  /** Of the body as it goes over the wire. */
  readonly bytes: number;
  readonly body: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
};

export type Line = {
  readonly agent: Agent;
  readonly clock: Clock;
  readonly stallTimeoutMs: number;
  readonly maxDocumentBytes: number;
};

const expectedFromBytes = 2 ** 20;
/** A server that knows nothing of `Expect` says nothing. */
const continueTimeoutMs = 1000;

/** Resolves with the answer's head; `onRelease` is called once, when the exchange is over or did not come to be. */
export async function exchange(
  outgoing: Outgoing,
  line: Line,
  options: CallOptions & { readonly onRelease: () => void },
): Promise<Answer> {
  const asked = `${outgoing.method} ${outgoing.target.split('?')[0]}`;
  const request = start(outgoing, line);
  const stop = stopOn(request, { ...line, asked, signal: options.signal });
  const release = () => {
    stop.disarm();
    if (!request.writableEnded) request.destroy();
    options.onRelease();
  };
  request.once('close', release);
  try {
    const response = await converse(request, outgoing, line);
    return new Answer({ ...line, response, asked, failure: stop.failure, onRelease: release });
  } catch (error) {
    request.destroy();
    release();
    throw stop.failure() ?? transportError(error, asked);
  }
}

function start(outgoing: Outgoing, { agent }: Line): ClientRequest {
  const { isSecure, host, port, method, target, bytes } = outgoing;
  const headers: Record<string, string> = Object.fromEntries(outgoing.headers);
  if (bytes > 0 || method === 'PUT' || method === 'POST') headers['content-length'] = String(bytes);
  if (bytes >= expectedFromBytes) headers.expect = '100-continue';
  const open = isSecure ? secureRequest : plainRequest;
  const request = open({ host, port, method, path: target, headers, agent, setHost: false });
  request.on('error', () => undefined); // whoever waits hears of it; a later one shows as an answer cut short
  return request;
}

/** Ends the request on the signal, and when nothing moves; `failure` tells which of both it was. */
function stopOn(request: ClientRequest, { asked, signal, stallTimeoutMs }: CallOptions & Line & { asked: string }) {
  let failure: CopysetError | undefined;
  const end = (error: CopysetError) => {
    failure ??= error;
    request.destroy(error);
  };
  const onAbort = () => end(abortedError(signal as AbortSignal));
  request.on('timeout', () => end(new CopysetError('timeout', `${asked}: nothing moved for ${stallTimeoutMs} ms`)));
  if (signal?.aborted) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  return { failure: () => failure, disarm: () => signal?.removeEventListener('abort', onAbort) };
}

async function converse(request: ClientRequest, outgoing: Outgoing, line: Line): Promise<IncomingMessage> {
  const answered = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request.once('response', (response: IncomingMessage) => {
    response.on('error', () => undefined); // whoever draws the body hears of it
    resolve(response);
    answered.abort();
  });
  request.once('error', (error) => {
    reject(error);
    answered.abort();
  });
  const sending = send(request, outgoing, { ...line, signal: answered.signal });
  return Promise.race([promise, sending.then(() => promise)]);
}

type Sending = Line & { readonly signal: AbortSignal };

/** Resolves when all is written or the answer came first; rejects when the body itself fails. */
async function send(request: ClientRequest, { bytes, body }: Outgoing, sending: Sending): Promise<void> {
  if (bytes >= expectedFromBytes) await continued(request, sending);
  else if (bytes > 0 && request.socket === null) await either(request, 'socket', sending.signal);
  if (sending.signal.aborted) return;
  request.socket?.setTimeout(0); // a slow source is no stalled endpoint
  for await (const piece of body()) {
    if (sending.signal.aborted) return;
    request.socket?.setTimeout(sending.stallTimeoutMs);
    if (!request.write(piece)) await either(request, 'drain', sending.signal);
    request.socket?.setTimeout(0);
  }
  if (sending.signal.aborted) return;
  request.socket?.setTimeout(sending.stallTimeoutMs);
  request.end();
}

async function continued(request: ClientRequest, { clock, signal }: Sending): Promise<void> {
  const asked = new AbortController();
  request.once('continue', () => asked.abort());
  await clock.sleep(continueTimeoutMs, { signal: anySignal(asked.signal, signal) }).catch(() => undefined);
}

/** Resolves at the event, or when the request is answered or has failed. */
async function either(request: ClientRequest, event: 'drain' | 'socket', signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const proceed = () => resolve();
  request.once(event, proceed);
  signal.addEventListener('abort', proceed, { once: true });
  await promise;
  request.off(event, proceed);
  signal.removeEventListener('abort', proceed);
}
