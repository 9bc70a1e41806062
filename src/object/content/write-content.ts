/**
 * Why: the way of a body into blocks, the same for objects and parts. Some are written while the next one arrives. The
 * memory of each is reserved before its first byte is taken, and is free again when enough volumes have it.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import { noTurn, type Turn } from '../../base/async/turns.ts';
import { CopysetError } from '../../base/errors.ts';
import type { BlockRef } from '../../catalog/codec/fields.ts';
import type { Content } from '../../catalog/records/version.ts';
import type { ObjectContext } from '../context.ts';
import { EtagHasher } from '../etag.ts';
import { ManifestBuilder } from '../manifest/builder.ts';
import type { Body, BodySeal } from '../store.ts';
import { type BodyBlock, cutBlocks } from './cut-blocks.ts';
import { takeRoom } from './room.ts';
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
  const hasher = new EtagHasher({ md5: body.md5, always: options.md5Etags, declaredBytes: body.declaredBytes });
  const blocks = countedBlocks(context, body, { rule: options, hasher });
  const refs = await writeBlocks({ context, session, body, blocks }, options);
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

type Counting = { readonly rule: WriteRule; readonly hasher: EtagHasher };

function countedBlocks(context: ObjectContext, body: Body, { rule, hasher }: Counting): AsyncGenerator<BodyBlock> {
  let bytes = 0;
  return cutBlocks(body.slabs, rule.blockBytes, (piece) => {
    bytes += piece.byteLength;
    if (bytes > context.limits.maxBodyBytes) throw tooLarge(context);
    hasher.update(piece);
  });
}

type Writing = {
  readonly context: ObjectContext;
  readonly session: WriteSession;
  readonly body: Body;
  readonly blocks: AsyncGenerator<BodyBlock>;
};

/** Of one body: while these are written the next one is filled. */
const mostUnderWay = 2;

async function writeBlocks(writing: Writing, rule: WriteRule): Promise<BlockRef[]> {
  const { context, session, body, blocks } = writing;
  const writes: Promise<BlockRef>[] = [];
  let bytesLeft = body.declaredBytes ?? Infinity;
  let room = await roomFor(bytesLeft, { context, body, rule, isFirst: true });
  try {
    for (let next = await blocks.next(); next.done !== true; next = await blocks.next()) {
      await orRelease(writes.at(-mostUnderWay), next.value);
      const written = writeBlock(session, next.value, { ...rule, room });
      written.catch(() => undefined); // awaited below; a body that fails first must not leave it unhandled
      writes.push(written);
      bytesLeft -= next.value.bytes;
      room = await roomFor(bytesLeft, { context, body, rule, isFirst: false });
    }
    return await Promise.all(writes);
  } finally {
    room.release();
    await blocks.return(undefined);
    await Promise.allSettled(writes);
  }
}

/** Where an earlier block was not written, this one will not be. */
async function orRelease(earlier: Promise<unknown> | undefined, block: BodyBlock): Promise<void> {
  try {
    await earlier;
  } catch (error) {
    block.release();
    throw error;
  }
}

type RoomRule = {
  readonly context: ObjectContext;
  readonly body: Body;
  readonly rule: WriteRule;
  readonly isFirst: boolean;
};

/** Memory for the next block, which may come then. */
async function roomFor(bytesLeft: number, { context, body, rule, isFirst }: RoomRule): Promise<Turn> {
  if (bytesLeft === 0 && !isFirst) return noTurn;
  const bytes = Math.max(1, Math.min(bytesLeft, rule.blockBytes));
  const room = await takeRoom(context, bytes, { waitsFor: 'client', isFirst, signal: rule.signal });
  body.slabs.grant?.(bytes);
  return room;
}

type BlockOptions = CallOptions & { readonly room: Turn };

/**
 * The slabs go back when the slowest volume is done with them, not when enough volumes are; and never when that cannot
 * be told: a write that is under way would write what is read into them next.
 */
async function writeBlock(session: WriteSession, block: BodyBlock, { room, signal }: BlockOptions): Promise<BlockRef> {
  using _ = room;
  room.waitFor('disks');
  const written = await session.write(block.pieces, { signal });
  void written.areFree.then((areFree) => areFree && block.release());
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
