/**
 * Why: what may happen, as data that fast-check draws, shrinks and prints. Versions and uploads are drawn as "the nth
 * that was ever made here", so that a sequence keeps its meaning while it shrinks.
 */
import fc from 'fast-check';
import { bucketNames, type ContentName, contentNames, keys } from './names.ts';

/** The nth version that this key ever had, perhaps a removed one; or an id that was never given out. */
export type VersionPick = number | 'null' | 'unknown' | 'malformed';
export type EtagPick = 'current' | 'other' | '*';
export type Condition = { readonly match?: EtagPick | undefined; readonly noneMatch?: EtagPick | undefined };
export type Place = { readonly bucket: string; readonly key: string };
export type VersionPlace = Place & { readonly version: VersionPick | undefined };
export type Dress = {
  readonly colour: string | undefined;
  readonly type: string | undefined;
  readonly tags: TagsName | undefined;
};
export type Roll = {
  readonly bucket: string;
  readonly prefix: string;
  readonly delimiter: string;
  readonly after: string;
  readonly limit: number;
  readonly url: boolean;
};
export type RangePick = { readonly first: number | undefined; readonly last: number | undefined };

export const tagSets = { none: {}, one: { colour: 'red' }, odd: { colour: 'blue', 'size +': 'ü=/' } } as const;
export type TagsName = keyof typeof tagSets;

const bucket: fc.Arbitrary<string> = fc.constantFrom('alpha', 'alpha', 'alpha', 'alpha', ...bucketNames);
const key = fc.constantFrom(...Array.from({ length: 7 }, () => keys[0]), keys[1], ...keys);
const content: fc.Arbitrary<ContentName> = fc.constantFrom(...contentNames);
const place = { bucket, key };
const sometimes = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const rarely = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const version: fc.Arbitrary<VersionPick> = fc.oneof(
  { weight: 12, arbitrary: fc.nat(6) },
  { weight: 3, arbitrary: fc.constant('null' as const) },
  { weight: 1, arbitrary: fc.constantFrom('unknown' as const, 'malformed' as const) },
);
const etag: fc.Arbitrary<EtagPick> = fc.constantFrom('current', 'current', 'other', '*');
const condition: fc.Arbitrary<Condition> = fc.oneof(
  { weight: 8, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.record({ match: etag }) },
  { weight: 1, arbitrary: fc.record({ noneMatch: etag }) },
);
const colour = fc.constantFrom('red', 'dark green');
const tags: fc.Arbitrary<TagsName> = fc.constantFrom('none', 'one', 'odd');
const dress: fc.Arbitrary<Dress> = fc.record({
  colour: rarely(colour),
  type: rarely(fc.constant('text/plain')),
  tags: rarely(tags),
});
const checksum = fc.constantFrom(undefined, undefined, undefined, 'right' as const, 'right' as const, 'wrong' as const);
const offset = fc.constantFrom(0, 0, 1, 4, 5, 2999, 16_383, 16_384, 90_000);
const span = fc
  .tuple(offset, offset)
  .map(([one, other]) => ({ first: Math.min(one, other), last: Math.max(one, other) }));
const range: fc.Arbitrary<RangePick> = fc.oneof(
  fc.record({ first: offset, last: fc.constant(undefined) }),
  fc.record({ first: fc.constant(undefined), last: offset }),
  span,
);
const roll = {
  bucket,
  prefix: fc.constantFrom('', '', 'a', 'a/', '\uFF21', 'none'),
  delimiter: fc.constantFrom('', '/', '/', 'b'),
  after: fc.constantFrom('', '', ...keys, '\uFF21/'),
  limit: fc.constantFrom(1, 2, 3, 1000),
  url: fc.boolean(),
};
const upload = fc.nat(3);
const partNumbers = [1, 2, 7] as const;
const number = fc.constantFrom(...partNumbers);

function of<const K extends string, T>(kind: K, model: { [P in keyof T]: fc.Arbitrary<T[P]> }) {
  return fc.record({ kind: fc.constant(kind), ...model }) as fc.Arbitrary<
    { readonly kind: K } & { readonly [P in keyof T]: T[P] }
  >;
}

const drawn = {
  createBucket: of('createBucket', { bucket }),
  deleteBucket: of('deleteBucket', { bucket }),
  putVersioning: of('putVersioning', {
    bucket,
    status: fc.constantFrom('Enabled' as const, 'Suspended' as const),
  }),
  getVersioning: of('getVersioning', { bucket }),
  put: of('put', { ...place, content, dress, condition, checksum }),
  get: of('get', {
    ...place,
    method: fc.constantFrom('GET' as const, 'HEAD' as const),
    version: sometimes(version),
    range: rarely(range),
    part: rarely(fc.constantFrom(1, 2, 3)),
    condition,
    showsChecksum: fc.boolean(),
  }),
  delete: of('delete', { ...place, version: sometimes(version), match: rarely(etag) }),
  deleteObjects: of('deleteObjects', {
    bucket,
    isQuiet: fc.boolean(),
    objects: fc.uniqueArray(fc.record({ key, version: sometimes(fc.oneof(fc.nat(6), fc.constant('null' as const))) }), {
      selector: (object) => object.key,
      minLength: 1,
      maxLength: 4,
    }),
  }),
  copy: of('copy', {
    ...place,
    from: fc.record({ ...place, version: sometimes(version) }),
    headers: rarely(dress),
    tags: rarely(tags),
    source: condition,
    condition,
  }),
  list: of('list', {
    ...roll,
    form: fc.constantFrom(1 as const, 2 as const),
    limit: fc.constantFrom(0, 1, 2, 3, 1000),
  }),
  listVersions: of('listVersions', roll),
  listUploads: of('listUploads', roll),
  createUpload: of('createUpload', { ...place, dress, hasChecksum: fc.boolean() }),
  putPart: of('putPart', { upload, number, content, checksum }),
  copyPart: of('copyPart', {
    upload,
    number,
    from: fc.record({ ...place, version: sometimes(version) }),
    range: sometimes(
      fc.oneof({ weight: 6, arbitrary: span }, { weight: 1, arbitrary: fc.record({ first: offset, last: offset }) }),
    ),
    source: condition,
  }),
  complete: of('complete', {
    upload,
    choice: fc.constantFrom('all', 'all', 'all', 'all', 'first', 'reversed', 'wrong-etag', 'wrong-checksum', 'absent'),
    condition,
  }),
  abort: of('abort', { upload }),
  listParts: of('listParts', { upload, limit: fc.constantFrom(1, 2, 1000) }),
  getTags: of('getTags', { ...place, version: sometimes(version) }),
  putTags: of('putTags', { ...place, version: sometimes(version), tags }),
  deleteTags: of('deleteTags', { ...place, version: sometimes(version) }),
};

type Drawn = { [K in keyof typeof drawn]: (typeof drawn)[K] extends fc.Arbitrary<infer T> ? T : never };
export type Kind = keyof Drawn;
export type Op<K extends Kind = Kind> = Drawn[K];

const weights: Readonly<Record<Kind, number>> = {
  createBucket: 3,
  deleteBucket: 1,
  putVersioning: 3,
  getVersioning: 1,
  put: 24,
  get: 14,
  delete: 5,
  deleteObjects: 2,
  copy: 8,
  list: 3,
  listVersions: 3,
  listUploads: 2,
  createUpload: 5,
  putPart: 9,
  copyPart: 4,
  complete: 7,
  abort: 1,
  listParts: 2,
  getTags: 1,
  putTags: 2,
  deleteTags: 1,
};

const anyOperation = fc.oneof(
  ...(Object.keys(drawn) as Kind[]).map((kind) => ({
    weight: weights[kind],
    arbitrary: drawn[kind] as fc.Arbitrary<Op>,
  })),
);

/** What takes several steps is seldom met by chance. */
const joinedUpload: fc.Arbitrary<readonly Op[]> = fc
  .tuple(
    drawn.createUpload,
    fc.array(fc.record({ content: fc.constantFrom('part', 'blocks', 'long'), checksum }), {
      minLength: 1,
      maxLength: 3,
    }),
    fc.option(drawn.copyPart, { nil: undefined }),
    drawn.complete,
  )
  .map(([created, parts, copied, completed]): readonly Op[] => [
    { ...created, bucket: 'alpha' },
    ...parts.map((part, at) => ({ kind: 'putPart', upload: 0, number: partNumbers[at] ?? 7, ...part }) as const),
    ...(copied === undefined ? [] : [{ ...copied, upload: 0 }]),
    { ...completed, upload: 0 },
  ]);

/** What one key goes through, by rules that change under it. */
const changingRules: fc.Arbitrary<readonly Op[]> = fc
  .tuple(
    fc.constantFrom(keys[0], keys[1]),
    fc.array(
      fc.oneof(
        { weight: 3, arbitrary: drawn.put },
        { weight: 2, arbitrary: drawn.delete },
        { weight: 3, arbitrary: drawn.putVersioning },
      ),
      { minLength: 2, maxLength: 7 },
    ),
  )
  .map(([one, ops]) =>
    ops.map((op): Op => (op.kind === 'putVersioning' ? { ...op, bucket: 'alpha' } : sound(op, one))),
  );

function sound(op: Op<'put'> | Op<'delete'>, one: Op<'put'>['key']): Op {
  const place = { bucket: 'alpha', key: one };
  if (op.kind === 'delete') return { ...op, ...place, version: undefined, match: undefined };
  return { ...op, ...place, checksum: undefined, condition: op.checksum === 'right' ? { noneMatch: '*' } : {} };
}

const steps = fc.oneof(
  { weight: 14, arbitrary: anyOperation.map((op): readonly Op[] => [op]) },
  { weight: 1, arbitrary: joinedUpload },
  { weight: 1, arbitrary: changingRules },
);

/** Most begin with buckets; without one there is little to do. */
export const sequences: fc.Arbitrary<readonly Op[]> = fc
  .tuple(
    fc.constantFrom(...[1, 2, 1, 2, 1, 2, 0].map((count) => bucketNames.slice(0, count))),
    fc.constantFrom(undefined, 'Enabled' as const),
    fc.noBias(fc.array(steps, { minLength: 1, maxLength: 30, size: 'max' })),
  )
  .map(([buckets, status, rest]) => [
    ...buckets.map((each) => ({ kind: 'createBucket', bucket: each }) as const),
    ...(status === undefined ? [] : [{ kind: 'putVersioning', bucket: 'alpha', status } as const]),
    ...rest.flat(),
  ]);
