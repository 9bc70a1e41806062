/**
 * Why: work that outlasts the patience of clients, and of what stands between, is kept alive by white space. It began
 * with status 200, so what went wrong is told in the document, as S3 does it
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html).
 */
import { type CallOptions, raceAbort } from '../../base/async/abort.ts';
import { utf8 } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { Reply } from '../reply.ts';
import { declaration } from '../xml/writer.ts';

type Send = (bytes: Uint8Array) => Promise<void>;
type Waiting = CallOptions & { readonly clock: Clock; readonly everyMs: number };

/** Whether the work has ended, well or not, within `everyMs`. */
export async function endsInTime(work: Promise<unknown>, { clock, everyMs, signal }: Waiting): Promise<boolean> {
  const ended = work.then(
    () => true,
    () => true,
  );
  const enough = new AbortController();
  const tooLate = clock.sleep(everyMs, { signal: enough.signal }).then(
    () => false,
    () => true, // the work ended first
  );
  try {
    return await raceAbort(Promise.race([ended, tooLate]), signal);
  } finally {
    enough.abort();
  }
}

/** White space, behind the declaration that must be first in a document, until the work has ended. */
export async function keepAlive(send: Send, work: Promise<unknown>, waiting: Waiting): Promise<void> {
  await send(utf8(declaration));
  do {
    await send(utf8(' '));
  } while (!(await endsInTime(work, waiting)));
}

/** A document without its declaration, which was sent. */
export function withoutDeclaration({ body }: Reply): Uint8Array {
  return body.kind === 'bytes' ? body.bytes.subarray(utf8(declaration).byteLength) : new Uint8Array(0);
}
