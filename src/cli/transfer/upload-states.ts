/**
 * Why: an upload that was interrupted goes on with the parts that are there. Which upload that is, and of which bytes,
 * is remembered on this side: the endpoint knows no files.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CopysetError } from '../../base/errors.ts';

export type UploadState = {
  readonly uploadId: string;
  /** Of the file: its bytes are the same as long as this is. */
  readonly version: string;
  readonly partBytes: number;
  readonly digest: string;
};

/** What is copied, and where to. */
export type UploadName = {
  readonly endpoint: string;
  readonly bucket: string;
  readonly key: string;
  readonly path: string;
};

export class UploadStates {
  readonly #directory: string;

  constructor(directory: string | undefined) {
    this.#directory = directory ?? join(homedir(), '.local/state/copyset/uploads');
  }

  /** Undefined when nothing was interrupted, or nothing of it can be read. */
  async find(name: UploadName): Promise<UploadState | undefined> {
    try {
      return checked(JSON.parse(await readFile(this.#pathOf(name), 'utf8')) as Partial<UploadState>);
    } catch (error) {
      if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw this.#failure(error);
    }
  }

  async keep(name: UploadName, state: UploadState): Promise<void> {
    const path = this.#pathOf(name);
    const fresh = `${path}.${process.pid}`;
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      await writeFile(fresh, JSON.stringify(state), { mode: 0o600 });
      await rename(fresh, path);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async forget(name: UploadName): Promise<void> {
    await rm(this.#pathOf(name), { force: true });
  }

  #pathOf({ endpoint, bucket, key, path }: UploadName): string {
    const name = createHash('sha256')
      .update(JSON.stringify([endpoint, bucket, key, path]))
      .digest('hex');
    return join(this.#directory, `${name}.json`);
  }

  #failure(cause: unknown): CopysetError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `uploads cannot be remembered in ${this.#directory}: ${reason}; give --state-dir`;
    return new CopysetError('request.invalid', message, { cause });
  }
}

function checked({ uploadId, version, partBytes, digest }: Partial<UploadState>): UploadState | undefined {
  const isWhole = [uploadId, version, digest].every((field) => typeof field === 'string');
  return isWhole && typeof partBytes === 'number'
    ? ({ uploadId, version, partBytes, digest } as UploadState)
    : undefined;
}
