/** Why: a file that goes up must be one and the same from its first byte to its last, or the object is of no use. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CopysetError } from '../../base/errors.ts';
import type { S3StreamBody } from '../../s3-client/client.ts';

const chunkBytes = 2 ** 20;

export class SourceFile {
  readonly path: string;
  readonly bytes: number;
  /** Another when the file was changed or replaced. */
  readonly version: string;
  readonly #file: FileHandle;

  constructor(file: FileHandle, path: string, stats: { readonly size: bigint; readonly version: string }) {
    this.#file = file;
    this.path = path;
    this.bytes = Number(stats.size);
    this.version = stats.version;
  }

  /** Bytes [from, to), read anew for each attempt. */
  body(from: number, to: number): S3StreamBody {
    return { bytes: to - from, open: () => this.#read(from, to) };
  }

  /** SHA-256, in hex. */
  async digest(): Promise<string> {
    const hash = createHash('sha256');
    for await (const chunk of this.#read(0, this.bytes)) hash.update(chunk);
    return hash.digest('hex');
  }

  async *#read(from: number, to: number): AsyncGenerator<Uint8Array> {
    for (let at = from; at < to; ) {
      const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, to - at));
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.byteLength, at);
      if (bytesRead === 0) throw this.#changed();
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async expectUnchanged(): Promise<void> {
    if (versionOf(await this.#file.stat({ bigint: true })) !== this.version) throw this.#changed();
  }

  #changed(): CopysetError {
    return new CopysetError('conflict', `${this.path} was changed while it was copied`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

export async function openSource(path: string): Promise<SourceFile> {
  const file = await open(path).catch((cause: NodeJS.ErrnoException) => {
    throw new CopysetError('request.invalid', `cannot read ${path}: ${cause.message}`, { cause });
  });
  const stats = await file.stat({ bigint: true });
  if (stats.isFile()) return new SourceFile(file, resolve(path), { size: stats.size, version: versionOf(stats) });
  await file.close();
  throw new CopysetError('request.invalid', `${path} is no file${stats.isDirectory() ? '; give --recursive' : ''}`);
}

type FileStats = { readonly size: bigint; readonly mtimeNs: bigint; readonly ino: bigint };

function versionOf({ size, mtimeNs, ino }: FileStats): string {
  return `${ino}-${size}-${mtimeNs}`;
}
