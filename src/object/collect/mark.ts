/**
 * Why: what is referenced is found from the records themselves, never from counters that drift. A scan of versions and
 * parts misses references that move while it runs, so the changes committed since it began are added: nothing that was
 * referenced at the end of the mark is missed.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import { type BlockName, partitionOf } from '../../base/block-name.ts';
import { equalBytes } from '../../base/bytes.ts';
import { keyPrefixes } from '../../catalog/codec/keys.ts';
import { changeCodec, changeKey } from '../../catalog/records/change-entry.ts';
import { allParts, partCodec } from '../../catalog/records/part.ts';
import { allVersions, type Content, versionCodec } from '../../catalog/records/version.ts';
import { scanRecords } from '../../catalog/stored.ts';
import type { Change, Kv, Revision } from '../../kv/kv.ts';
import type { BlockStore } from '../../replica/block-store.ts';
import { walkContent } from '../content/references.ts';

/** Partitions [from, to): one slice of the name space, so that the marks of a slice fit into memory. */
export type Slice = { readonly from: number; readonly to: number };

export function inSlice(name: BlockName, slice: Slice): boolean {
  const partition = partitionOf(name);
  return partition >= slice.from && partition < slice.to;
}

const changesPageSize = 500;

/** Names are kept with their class: the same bytes in another class are another block. */
export class Marks {
  readonly #slice: Slice;
  readonly #seen = new Set<string>();

  constructor(slice: Slice) {
    this.#slice = slice;
  }

  add(name: BlockName, classId: number): void {
    if (inSlice(name, this.#slice)) this.#seen.add(`${classId} ${name}`);
  }

  has(name: BlockName, classId: number): boolean {
    return this.#seen.has(`${classId} ${name}`);
  }
}

/** All blocks of the slice that any record refers to, as of the moment it resolves. */
export async function markReferences(
  kv: Kv,
  blocks: BlockStore,
  slice: Slice,
  options: CallOptions = {},
): Promise<Marks> {
  const marks = new Marks(slice);
  const { revision } = await kv.status(options);
  for await (const { record } of scanRecords(kv, partCodec, allParts, options))
    await markContent(blocks, marks, record, options);
  for await (const { record } of scanRecords(kv, versionCodec, allVersions, options))
    await markContent(blocks, marks, record, options);
  await markChanges(kv, blocks, { marks, after: revision }, options);
  return marks;
}

async function markContent(blocks: BlockStore, marks: Marks, content: Content, options: CallOptions): Promise<void> {
  const onManifest = ({ name }: { name: BlockName }) => marks.add(name, content.classId);
  for await (const { ref } of walkContent(blocks, content, { ...options, onManifest }))
    marks.add(ref.name, content.classId);
}

async function markChanges(
  kv: Kv,
  blocks: BlockStore,
  since: { readonly marks: Marks; readonly after: Revision },
  options: CallOptions,
): Promise<void> {
  for (let after = since.after; ; ) {
    const changes = await kv.changes(after, changesPageSize, options);
    for (const content of changes.flatMap(contentsOf)) await markContent(blocks, since.marks, content, options);
    const last = changes.at(-1);
    if (last === undefined) return;
    after = last.revision;
  }
}

/** The contents that a commit made visible. */
function contentsOf(change: Change): Content[] {
  return change.puts.flatMap(({ key, value }): Content[] => {
    if (String.fromCharCode(key[0] ?? 0) === keyPrefixes.part) return [partCodec.decode(value)];
    if (!equalBytes(key, changeKey)) return [];
    const { kind, classId = 0, blocks = [], manifest } = changeCodec.decode(value);
    return kind === 'put' ? [{ classId, blocks, manifest }] : [];
  });
}
