/**
 * Why: a copy inside a placement class shares blocks and moves no bytes, but it relies on blocks that somebody else may
 * be deleting: each is claimed and confirmed first. Between classes the bytes are read, verified and written.
 */
import type { CallOptions } from '../base/async/abort.ts';
import { findBucket } from '../catalog/buckets.ts';
import type { BlockRef } from '../catalog/codec/fields.ts';
import type { Content, VersionRecord } from '../catalog/records/version.ts';
import { walkContent } from './content/references.ts';
import { toContent } from './content/write-content.ts';
import type { WriteSession } from './content/write-session.ts';
import type { ObjectContext } from './context.ts';
import { headersOf } from './info.ts';
import { checkKey } from './names.ts';
import { commitVersion, findSource, newVersion, withSession } from './objects.ts';
import type { ObjectHeaders, ObjectInfo, ObjectPath } from './store.ts';

export async function copyObject(
  context: ObjectContext,
  from: ObjectPath,
  to: ObjectPath,
  options: CallOptions & { readonly headers?: ObjectHeaders },
): Promise<ObjectInfo> {
  checkKey(to.key);
  const source = (await findSource(context, from, options)).version;
  const bucket = await findBucket(context.kv, to.bucket, options);
  return withSession(
    context,
    bucket.record,
    async (session, call) => {
      const content = await (source.classId === session.classId ? shareContent : moveContent)(context, session, {
        source,
        options: call,
      });
      const headers = options.headers ?? headersOf(source);
      const version = {
        ...newVersion(to.key, headers, { content, bytes: source.bytes, etag: source.etag }),
        parts: source.parts,
        partBytes: source.partBytes,
      };
      return commitVersion(context, { session, bucket, version }, call);
    },
    options,
  );
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
