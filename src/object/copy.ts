/**
 * Why: a copy inside a placement class shares blocks and moves no bytes, but it relies on blocks that somebody else may
 * be deleting: each is claimed and confirmed first. Between classes the bytes are read, verified and written.
 */
import type { CallOptions } from '../base/async/abort.ts';
import { findBucket } from '../catalog/buckets.ts';
import type { BlockRef } from '../catalog/codec/fields.ts';
import type { Content, VersionRecord } from '../catalog/records/version.ts';
import { judgeEarly, toCondition } from './conditions.ts';
import { walkContent } from './content/references.ts';
import { toContent } from './content/write-content.ts';
import type { WriteSession } from './content/write-session.ts';
import type { ObjectContext } from './context.ts';
import { headersOf, objectInfo } from './info.ts';
import { checkKey } from './names.ts';
import { commitVersion, findObject, newVersion, withSession } from './objects.ts';
import type { CopySource, NewObject, ObjectInfo, ObjectPath, WriteOptions } from './store.ts';

export async function copyObject(
  context: ObjectContext,
  from: CopySource,
  to: ObjectPath,
  options: WriteOptions & Partial<NewObject>,
): Promise<ObjectInfo> {
  checkKey(to.key);
  const source = await findSource(context, from, options);
  const bucket = await findBucket(context.kv, to.bucket, options);
  const condition = toCondition(options.condition);
  await judgeEarly(context, bucket.record, { key: to.key, condition }, options);
  return withSession(
    context,
    bucket.record,
    async (session, call) => {
      const content = await copyContent(context, session, { source, options: call });
      const { bytes, etag, checksum, parts, partBytes } = source;
      const object = { headers: options.headers ?? headersOf(source), tags: options.tags ?? source.tags };
      const version = { ...newVersion(to.key, object, { content, bytes, etag, checksum }), parts, partBytes };
      return commitVersion(context, { session, bucket, version, condition }, call);
    },
    options,
  );
}

/** The version that a copy begins from, if it is as the copy wants it. */
export async function findSource(
  context: ObjectContext,
  { condition, ...from }: CopySource,
  { signal }: CallOptions,
): Promise<VersionRecord> {
  const found = await findObject(context, from, { signal, versionId: from.versionId });
  await condition?.(objectInfo(found.bucket.record, found.version.record));
  return found.version.record;
}

/** The content of the source, in the class of the session. */
export function copyContent(context: ObjectContext, session: WriteSession, copying: Copying): Promise<Content> {
  const isShared = copying.source.classId === session.classId;
  return (isShared ? shareContent : moveContent)(context, session, copying);
}

type Copying = { readonly source: VersionRecord; readonly options: CallOptions };

async function shareContent(
  context: ObjectContext,
  session: WriteSession,
  { source, options }: Copying,
): Promise<Content> {
  const manifests: BlockRef['name'][] = [];
  for await (const { ref } of walkContent(context.blocks, source, {
    ...options,
    onManifest: ({ name }) => manifests.push(name),
  })) {
    await session.adopt(ref, options);
  }
  for (const name of manifests) await session.adopt({ name, bytes: 0 }, options);
  const { classId, blocks, manifest, manifestDepth } = source;
  return { classId, blocks, manifest, manifestDepth };
}

async function moveContent(
  context: ObjectContext,
  session: WriteSession,
  { source, options }: Copying,
): Promise<Content> {
  const refs: BlockRef[] = [];
  for await (const { ref } of walkContent(context.blocks, source, options)) {
    using _memory = await context.memory.acquire(ref.bytes, options);
    const bytes = await context.blocks.read({ name: ref.name, classId: source.classId }, options);
    refs.push((await session.write([bytes], options)).ref);
  }
  return toContent(session, refs, { ...options, maxInlineBlocks: context.limits.maxInlineBlocks });
}
