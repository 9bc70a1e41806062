/**
 * Why: a range of an object becomes a part. Reading it and writing it both take memory from one budget, so both are
 * reserved at once: copies that each hold what they read and wait for what they write would wait for ever.
 */
import type { CallOptions } from '../base/async/abort.ts';
import { MemoryBudget } from '../base/async/memory-budget.ts';
import { alwaysOnesTurn } from '../base/async/turns.ts';
import { findBucket } from '../catalog/buckets.ts';
import type { VersionRecord } from '../catalog/records/version.ts';
import { readContent } from './content/read-content.ts';
import { walkContent } from './content/references.ts';
import type { ObjectContext } from './context.ts';
import { copyContent, findSource } from './copy.ts';
import { resolveRange } from './range.ts';
import type { Body, CopySource, PartInfo, RangeRequest, Slab } from './store.ts';
import { type PartPath, recordPart, uploadPart } from './uploads.ts';

/** For what the same copy gives back: no deadline, but that of the request. */
const longestWaitMs = 24 * 60 * 60 * 1000;

export async function copyPart(
  context: ObjectContext,
  from: CopySource,
  to: PartPath,
  options: CallOptions & { readonly range?: RangeRequest | undefined },
): Promise<PartInfo> {
  const { signal } = options;
  const source = await findSource(context, from, { signal });
  const range = resolveRange(options.range, source.bytes);
  const bucket = (await findBucket(context.kv, to.bucket, { signal })).record;
  const isWhole = range.to - range.from === source.bytes;
  if (isWhole && bucket.copies === source.classId) return sharePart(context, source, to, { signal });
  return rewritePart(context, { source, range, to, blockBytes: bucket.blockBytes }, { signal });
}

function sharePart(
  context: ObjectContext,
  source: VersionRecord,
  to: PartPath,
  options: CallOptions,
): Promise<PartInfo> {
  const { bytes, etag } = source;
  // one made of the checksums of parts is no checksum of these bytes, and a part has no other
  const checksum = source.checksum?.type === 'whole' ? source.checksum : undefined;
  return recordPart(
    context,
    to,
    async (session, _bucket, call) => {
      return { content: await copyContent(context, session, { source, options: call }), bytes, etag, checksum };
    },
    options,
  );
}

type Rewriting = {
  readonly source: VersionRecord;
  readonly range: { readonly from: number; readonly to: number };
  readonly to: PartPath;
  readonly blockBytes: number;
};

async function rewritePart(
  context: ObjectContext,
  { source, range, to, blockBytes }: Rewriting,
  options: CallOptions,
): Promise<PartInfo> {
  const declaredBytes = range.to - range.from;
  const reading = 2 * Math.max(1, await largestBlockBytes(context, { source, range }, options));
  const writing = Math.max(1, Math.min(declaredBytes, 2 * blockBytes));
  const bytes = writing + reading;
  using _memory = await context.memory.acquire(bytes, options);
  const own = { ...context, memory: memoryOf(context, bytes), turns: alwaysOnesTurn };
  const slabs = copied(readContent(own, source, range, options));
  const body: Body = { slabs, declaredBytes, md5: undefined, seal: async () => ({ checksum: undefined }) };
  return await uploadPart(own, to, body, options);
}

/** Of one copy: all is kept for it already, and nobody else takes of it. */
function memoryOf({ clock }: ObjectContext, capacityBytes: number): MemoryBudget {
  const shares = { smallBytes: 0, keptForSmallBytes: 0, keptForLargeBytes: 0 };
  return new MemoryBudget({ ...shares, capacityBytes, clock, maxWaitMs: longestWaitMs });
}

async function largestBlockBytes(
  context: ObjectContext,
  { source, range }: Pick<Rewriting, 'source' | 'range'>,
  options: CallOptions,
): Promise<number> {
  let largest = 0;
  for await (const { ref } of walkContent(context.blocks, source, { ...options, ...range }))
    largest = Math.max(largest, ref.bytes);
  return largest;
}

/** What was read goes back at once: what is written is counted with the write. */
async function* copied(slabs: AsyncIterable<Slab>): AsyncGenerator<Slab> {
  for await (const slab of slabs) {
    const bytes = new Uint8Array(slab.bytes); // `slice` of a Buffer is a view
    slab.release();
    yield { bytes, release: () => undefined };
  }
}
