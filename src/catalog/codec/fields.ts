/** Why: the kinds of values that records hold, each with its bytes on disk. */
import { type BlockName, blockNameBytes, decodeBlockName } from '../../base/block-name.ts';
import { ByteReader, type ByteWriter } from '../../base/byte-stream.ts';
import { fromUtf8, hex } from '../../base/bytes.ts';
import { checksumKinds, checksumTypes, type ObjectChecksum } from '../../base/checksum.ts';
import { CopysetError } from '../../base/errors.ts';

export type FieldCodec<T> = { write(writer: ByteWriter, value: T): void; decode(bytes: Uint8Array): T };

export const bytesField: FieldCodec<Uint8Array> = {
  write: (writer, value) => writer.bytes(value),
  decode: (bytes) => bytes.slice(),
};

export const textField: FieldCodec<string> = { write: (writer, value) => writer.text(value), decode: decodeText };

function decodeText(bytes: Uint8Array): string {
  const text = fromUtf8(bytes);
  if (text === undefined) throw new CopysetError('format.damaged', 'a text in a record is not UTF-8');
  return text;
}

/** A safe integer >= 0. */
export const uintField: FieldCodec<number> = {
  write: (writer, value) => writer.varint(value),
  decode: (bytes) => new ByteReader(bytes).varint(),
};

export const flagField: FieldCodec<boolean> = {
  write: (writer, value) => writer.byte(value ? 1 : 0),
  decode: (bytes) => bytes[0] === 1,
};

export const floatField: FieldCodec<number> = {
  write: (writer, value) => writer.double(value),
  decode: (bytes) => Buffer.from(bytes).readDoubleLE(0),
};

/** Any of the 16-digit hex ids, as 8 bytes. */
export function idField<Id extends string>(): FieldCodec<Id> {
  return { write: (writer, value) => writer.hex(value), decode: (bytes) => hex(bytes) as Id };
}

/** One of a fixed list of words, stored as its position. The order is frozen; new words go last. */
export function wordField<const Words extends readonly string[]>(words: Words): FieldCodec<Words[number]> {
  return {
    write: (writer, value) => writer.byte(words.indexOf(value)),
    decode: (bytes) => {
      const word = words[bytes[0] ?? words.length];
      if (word === undefined)
        throw new CopysetError(
          'format.unknown_version',
          `a word of number ${bytes[0]} where ${words.join(', ')} are known`,
        );
      return word;
    },
  };
}

export const checksumKindField = wordField(checksumKinds);
export const checksumTypeField = wordField(checksumTypes);

export function listField<T>(item: FieldCodec<T>): FieldCodec<readonly T[]> {
  return {
    write: (writer, values) => {
      for (const value of values) writer.within(() => item.write(writer, value));
    },
    decode: (bytes) => {
      const reader = new ByteReader(bytes);
      const values: T[] = [];
      while (reader.left > 0) values.push(item.decode(reader.block()));
      return values;
    },
  };
}

const textsField = listField(textField);

export const textMapField: FieldCodec<Readonly<Record<string, string>>> = {
  write: (writer, map) => textsField.write(writer, Object.entries(map).flat()),
  decode: (bytes) => {
    if (bytes.byteLength === 0) return {};
    const flat = textsField.decode(bytes);
    return Object.fromEntries(Array.from({ length: flat.length / 2 }, (_, at) => [flat[at * 2], flat[at * 2 + 1]]));
  },
};

export const blockNameField: FieldCodec<BlockName> = {
  write: (writer, name) => writer.hex(name),
  decode: decodeBlockName,
};

/** A byte for the kind, one for the type, then the digest. */
export const checksumField: FieldCodec<ObjectChecksum> = {
  write: (writer, { kind, type, digest }) => {
    checksumKindField.write(writer, kind);
    checksumTypeField.write(writer, type);
    writer.bytes(digest);
  },
  decode: (bytes) => ({
    kind: checksumKindField.decode(bytes.subarray(0, 1)),
    type: checksumTypeField.decode(bytes.subarray(1, 2)),
    digest: bytes.slice(2),
  }),
};

/** A block and the number of content bytes that it stands for. */
export type BlockRef = { readonly name: BlockName; readonly bytes: number };

export const blockRefField: FieldCodec<BlockRef> = {
  write: (writer, { name, bytes }) => writer.hex(name).varint(bytes),
  decode: (bytes) => {
    const reader = new ByteReader(bytes);
    return { name: decodeBlockName(reader.bytes(blockNameBytes)), bytes: reader.varint() };
  },
};
