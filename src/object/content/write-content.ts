/**
 * Why: the way of a body into blocks, the same for objects and parts. One block is written while the next arrives; the
 * request holds at most two blocks of memory, reserved before it takes the first byte.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import { CopysetError } from '../../base/errors.ts';
import type { BlockRef } from '../../catalog/codec/fields.ts';
import type { Content } from '../../catalog/records/version.ts';
import type { ObjectContext } from '../context.ts';
import { EtagHasher } from '../etag.ts';
import { ManifestBuilder } from '../manifest/builder.ts';
import type { Body, BodySeal } from '../store.ts';
import { type BodyBlock, cutBlocks } from './cut-blocks.ts';
import type { WriteSession } from './write-session.ts';

export type WrittenContent = BodySeal & {
  readonly content: Content;
  readonly bytes: number;
  readonly etag: string;
};

export type WriteRule = CallOptions & { readonly blockBytes: number; readonly md5Etags: boolean };

/** Stores a whole body durably and checks all that was promised about it; nothing is visible yet. */
export async function writeContent(
  context: ObjectContext,
  session: WriteSession,
  body: Body,
  options: WriteRule,
): Promise<WrittenContent> {
  checkDeclared(context, body);
  using _memory = await context.memory.acquire(reservationFor(body.declaredBytes, options.blockBytes), options);
  const hasher = new EtagHasher({ md5: body.md5, always: options.md5Etags, declaredBytes: body.declaredBytes });
  const refs = await writeBlocks(session, countedBlocks(context, body, { rule: options, hasher }), options);
  const bytes = refs.reduce((sum, ref) => sum + ref.bytes, 0);
  if (body.declaredBytes !== undefined && bytes !== body.declaredBytes) {
    throw new CopysetError('request.invalid', `the body ended after ${bytes} of ${body.declaredBytes} bytes`, {
      details: { reason: 'incomplete-body' },
    });
  }
  const { checksum } = await body.seal();
  const etag = hasher.finish(refs.map((ref) => ref.name));
  return {
    content: await toContent(session, refs, { ...options, maxInlineBlocks: context.limits.maxInlineBlocks }),
    bytes,
    etag,
    checksum,
  };
}

function checkDeclared(context: ObjectContext, body: Body): void {
  if ((body.declaredBytes ?? 0) > context.limits.maxBodyBytes) throw tooLarge(context);
}

function tooLarge(context: ObjectContext): CopysetError {
  const limit = `one request carries at most ${context.limits.maxBodyBytes} bytes; use a multipart upload`;
  return new CopysetError('request.too_large', limit, { details: { reason: 'body' } });
}

/** Memory that a body takes while it is written. */
export function reservationFor(declaredBytes: number | undefined, blockBytes: number): number {
  return Math.max(1, Math.min(declaredBytes ?? blockBytes * 2, blockBytes * 2));
}

type Counting = { readonly rule: WriteRule; readonly hasher: EtagHasher };

function countedBlocks(context: ObjectContext, body: Body, { rule, hasher }: Counting): AsyncGenerator<BodyBlock> {
  let bytes = 0;
  return cutBlocks(body.slabs, rule.blockBytes, (piece) => {
    bytes += piece.byteLength;
    if (bytes > context.limits.maxBodyBytes) throw tooLarge(context);
    hasher.update(piece);
  });
}

/** Keeps one write under way while the next block is filled. */
async function writeBlocks(
  session: WriteSession,
  blocks: AsyncGenerator<BodyBlock>,
  options: CallOptions,
): Promise<BlockRef[]> {
  const refs: BlockRef[] = [];
  let underWay: Promise<BlockRef> | undefined;
  const settle = async () => {
    if (underWay !== undefined) refs.push(await underWay);
    underWay = undefined;
  };
  try {
    for await (const block of blocks) {
      await settle();
      underWay = writeBlock(session, block, options);
      underWay.catch(() => undefined); // awaited by settle; a body that fails first must not leave it unhandled
    }
    await settle();
  } finally {
    await Promise.allSettled([underWay]);
  }
  return refs;
}

/** The slabs go back when the slowest volume is done with them, not when enough volumes are. */
async function writeBlock(session: WriteSession, block: BodyBlock, options: CallOptions): Promise<BlockRef> {
  const written = await session.write(block.pieces, options);
  written.settled.then(block.release, block.release);
  return written.ref;
}

export type ContentOptions = CallOptions & { readonly maxInlineBlocks: number };

/** Few references stay in the record, more go into a manifest. */
export async function toContent(
  session: WriteSession,
  refs: readonly BlockRef[],
  options: ContentOptions,
): Promise<Content> {
  const { classId } = session;
  if (refs.length <= options.maxInlineBlocks) return { classId, blocks: refs };
  const builder = new ManifestBuilder(async (bytes) => (await session.write([bytes], options)).ref);
  for (const ref of refs) await builder.add(ref);
  const { root, depth } = await builder.finish();
  return { classId, blocks: [], manifest: root, manifestDepth: depth };
}
