/**
 * Why: tests find copies where they lie on disk, judge them and harm them. Segments are read by their published format
 * (docs/formats) and with nothing of the product's code, so that what the product calls good is judged by somebody
 * else.
 */
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { blake3, sha256 } from 'hash-wasm';

/** A copy of a block, and where its bytes lie. */
export type CopyOnDisk = {
  readonly segment: string;
  readonly payloadAt: number;
  readonly payloadBytes: number;
};

type Frame = CopyOnDisk & { readonly block: string; readonly isPut: boolean; readonly sequence: number };

const alignBytes = 64;
const frameHeaderBytes = 64;
const storedHeaderBytes = 128;
const chunkBytes = 64 * 1024;
const digestBytes = 32;
const manifestMagic = 'CSM1';
/** At the end of a name: by SHA-256. All others here are by BLAKE3. */
const sha256Code = '12';

/** The copies on a volume that count (the newest frame of each block), by the names of their blocks. */
export async function copiesOn(volume: string): Promise<Map<string, CopyOnDisk>> {
  const folder = join(volume, 'segments');
  const newest = new Map<string, Frame>();
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.seg')) continue;
    for await (const frame of framesOf(join(folder, name))) {
      if (frame.sequence > (newest.get(frame.block)?.sequence ?? 0)) newest.set(frame.block, frame);
    }
  }
  return new Map([...newest].filter(([, { isPut }]) => isPut));
}

/** Where none begins it looks at the next place: groups of frames are padded. */
async function* framesOf(segment: string): AsyncGenerator<Frame> {
  await using file = await open(segment);
  const head = Buffer.alloc(frameHeaderBytes + storedHeaderBytes);
  for (let at = alignBytes; ; ) {
    const { bytesRead } = await file.read(head, 0, head.byteLength, at);
    if (bytesRead < frameHeaderBytes) return;
    if (head.toString('latin1', 0, 4) !== 'CSF1') {
      at += alignBytes;
      continue;
    }
    const storedBytes = head.readUInt32LE(4);
    yield {
      segment,
      block: head.toString('hex', 20, 53),
      isPut: head.readUInt8(56) === 1,
      sequence: head.readUIntLE(8, 6),
      payloadAt: at + head.byteLength,
      payloadBytes: Number(head.readBigUInt64LE(frameHeaderBytes + 52)),
    };
    at += Math.ceil((frameHeaderBytes + storedBytes) / alignBytes) * alignBytes;
  }
}

/** Whether the bytes of the copy hash to the name of the block. */
export async function isIntact(block: string, copy: CopyOnDisk): Promise<boolean> {
  await using file = await open(copy.segment);
  const hash = block.endsWith(sha256Code) ? sha256 : blake3;
  return (await hash(await payloadOf(file, copy))) === block.slice(0, 64);
}

export async function isManifest(copy: CopyOnDisk): Promise<boolean> {
  await using file = await open(copy.segment);
  const magic = await payloadOf(file, { ...copy, payloadBytes: Math.min(manifestMagic.length, copy.payloadBytes) });
  return magic.toString('latin1') === manifestMagic;
}

/** Turns bits over in one byte of the copy, `at` bytes behind its beginning. */
export async function flipByte({ segment, payloadAt }: CopyOnDisk, at: number): Promise<void> {
  await using file = await open(segment, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, payloadAt + at);
  byte[0] = (byte[0] ?? 0) ^ 0xff;
  await file.write(byte, 0, 1, payloadAt + at);
}

/** All bytes of the copy: header, payload, checksums, digest. */
export async function readStored(copy: CopyOnDisk): Promise<Buffer> {
  const bytes = Buffer.alloc(storedBytesOf(copy));
  await using file = await open(copy.segment);
  const { bytesRead } = await file.read(bytes, 0, bytes.byteLength, copy.payloadAt - storedHeaderBytes);
  return bytes.subarray(0, bytesRead);
}

export async function writeStored(copy: CopyOnDisk, bytes: Buffer): Promise<void> {
  await using file = await open(copy.segment, 'r+');
  await file.write(bytes, 0, bytes.byteLength, copy.payloadAt - storedHeaderBytes);
}

function storedBytesOf({ payloadBytes }: CopyOnDisk): number {
  return storedHeaderBytes + payloadBytes + Math.ceil(payloadBytes / chunkBytes) * 4 + digestBytes;
}

async function payloadOf(file: FileHandle, { payloadAt, payloadBytes }: CopyOnDisk): Promise<Buffer> {
  const bytes = Buffer.alloc(payloadBytes);
  const { bytesRead } = await file.read(bytes, 0, payloadBytes, payloadAt);
  return bytes.subarray(0, bytesRead);
}
