/**
 * Why: weights travel as safetensors files: eight bytes with the length of the header (little endian), the header
 * (JSON: type, shape and place of each tensor, filled with spaces to a multiple of eight), then the tensors one after
 * the other.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { bytesOf } from '../support/load/content.ts';

export type Tensor = { readonly name: string; readonly shape: readonly number[]; readonly seed: number };

const dtype = 'BF16';
const pieceBytes = 16 * 2 ** 20;

export function tensorBytes({ shape }: Tensor): number {
  return shape.reduce((product, length) => product * length, 2);
}

export async function writeSafetensors(path: string, tensors: readonly Tensor[]): Promise<void> {
  await using file = await open(path, 'wx');
  await file.writeFile(headerOf(tensors));
  for (const tensor of tensors) await writeTensor(file, tensor);
}

function headerOf(tensors: readonly Tensor[]): Buffer {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const tensor of tensors) {
    const begin = end;
    end += tensorBytes(tensor);
    header[tensor.name] = { dtype, shape: tensor.shape, data_offsets: [begin, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(8 + Math.ceil(json.byteLength / 8) * 8, ' ');
  padded.writeBigUInt64LE(BigInt(padded.byteLength - 8));
  json.copy(padded, 8);
  return padded;
}

/** Of its seed, piece by piece. */
async function writeTensor(file: FileHandle, tensor: Tensor): Promise<void> {
  const bytes = tensorBytes(tensor);
  for (let at = 0; at < bytes; at += pieceBytes) {
    const seed = tensor.seed * 2 ** 16 + at / pieceBytes;
    await file.writeFile(bytesOf({ seed, bytes: Math.min(pieceBytes, bytes - at) }));
  }
}
