/**
 * Why: every record of the catalog is kept for ever and read by later and by earlier versions. A record is a version
 * byte and tagged fields (tag varint, length varint, bytes). Tags are frozen. Fields that this version does not know
 * are kept and written back; a record of a newer version byte is refused, since that byte changes only when old readers
 * would err.
 */
import { ByteReader, ByteWriter } from '../../base/byte-stream.ts';
import { CopysetError } from '../../base/errors.ts';
import type { FieldCodec } from './fields.ts';

type Field<T> = { readonly tag: number; readonly codec: FieldCodec<T>; readonly optional: boolean };
type Fields = Readonly<Record<string, Field<never>>>;

export type UnknownField = { readonly tag: number; readonly bytes: Uint8Array };

type Required<F> = {
  readonly [K in keyof F as F[K] extends RequiredField<infer _> ? K : never]: F[K] extends Field<infer T> ? T : never;
};
type Optional<F> = {
  readonly [K in keyof F as F[K] extends OptionalField<infer _> ? K : never]?: F[K] extends Field<infer T>
    ? T | undefined
    : never;
};

/** The shape that a table of fields describes. */
export type RecordOf<F> = Required<F> & Optional<F> & { readonly unknownFields?: readonly UnknownField[] };

export type RequiredField<T> = Field<T> & { readonly optional: false };
export type OptionalField<T> = Field<T> & { readonly optional: true };

export function required<T>(tag: number, codec: FieldCodec<T>): RequiredField<T> {
  return { tag, codec, optional: false };
}

export function optional<T>(tag: number, codec: FieldCodec<T>): OptionalField<T> {
  return { tag, codec, optional: true };
}

export type RecordDecoder<R> = { decode(bytes: Uint8Array): R };
export type RecordCodec<R> = RecordDecoder<R> & { encode(record: R): Uint8Array };

export type RecordDefinition<R> = RecordCodec<R> & {
  /** Decodes these fields alone, for records that are read by the thousand; nothing of it is to be written back. */
  only<const K extends keyof R & string>(...names: readonly K[]): RecordDecoder<Pick<R, K>>;
};

/** A codec for the record `name` (used in messages) with these fields. */
export function defineRecord<F extends Readonly<Record<string, Field<unknown>>>>(
  name: string,
  version: number,
  fields: F,
): RecordDefinition<RecordOf<F>> {
  const table = fields as unknown as Fields;
  const known = Object.entries(table).map(([key, field]) => ({ key, ...field }) as KnownField);
  const whole = definitionOf(name, version, known, { keepsUnknown: true });
  return {
    encode: (record) => encodeRecord(version, table, record as Readonly<Record<string, unknown>>),
    decode: (bytes) => decodeRecord(whole, bytes) as RecordOf<F>,
    only: (...names) => {
      const some = known.filter(({ key }) => (names as readonly string[]).includes(key));
      const part = definitionOf(name, version, some, { keepsUnknown: false });
      return { decode: (bytes) => decodeRecord(part, bytes) as never };
    },
  };
}

function definitionOf(
  name: string,
  version: number,
  fields: readonly KnownField[],
  { keepsUnknown }: { readonly keepsUnknown: boolean },
): Definition {
  const required = fields.filter(({ optional }) => !optional).map(({ key }) => key);
  return { name, version, required, byTag: new Map(fields.map((field) => [field.tag, field])), keepsUnknown };
}

function encodeRecord(version: number, fields: Fields, record: Readonly<Record<string, unknown>>): Uint8Array {
  const writer = new ByteWriter().byte(version);
  for (const [key, field] of Object.entries(fields)) {
    const value = record[key];
    if (value !== undefined) writer.varint(field.tag).within(() => field.codec.write(writer, value as never));
  }
  for (const unknown of (record.unknownFields as readonly UnknownField[] | undefined) ?? []) {
    writer.varint(unknown.tag).block(unknown.bytes);
  }
  return writer.finish();
}

type KnownField = Field<unknown> & { readonly key: string };
type Definition = {
  readonly name: string;
  readonly version: number;
  readonly required: readonly string[];
  readonly byTag: ReadonlyMap<number, KnownField>;
  /** Else what is not in the table is passed over. */
  readonly keepsUnknown: boolean;
};

function decodeRecord({ name, version, required, byTag, keepsUnknown }: Definition, bytes: Uint8Array) {
  const reader = new ByteReader(bytes);
  refuseNewer(name, version, reader.byte());
  const record: Record<string, unknown> = {};
  const unknownFields: UnknownField[] = [];
  while (reader.left > 0) {
    const tag = reader.varint();
    const field = byTag.get(tag);
    if (field !== undefined) record[field.key] = field.codec.decode(reader.block());
    else if (keepsUnknown) unknownFields.push({ tag, bytes: reader.block().slice() });
    else reader.skip(reader.varint());
  }
  for (const key of required) {
    if (record[key] === undefined) throw new CopysetError('format.damaged', `${name} record without ${key}`);
  }
  return unknownFields.length > 0 ? { ...record, unknownFields } : record;
}

function refuseNewer(name: string, version: number, found: number): void {
  if (found <= version) return;
  throw new CopysetError(
    'format.unknown_version',
    `${name} record of version ${found}; this program reads up to ${version}`,
  );
}
