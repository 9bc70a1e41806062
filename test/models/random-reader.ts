/**
 * Why: while volumes are lost and copies damaged somebody reads, all the time and anywhere, and compares every byte
 * with the files that went in.
 */
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pick, type Random, seededRandom } from '../../src/base/random.ts';
import type { S3Client } from '../support/client.ts';

export type ReadReport = {
  readonly reads: number;
  readonly bytes: number;
  /** Answered with an error, or not to the end. */
  readonly refused: readonly string[];
  /** Answered, and not with the bytes that were asked for. */
  readonly wrong: readonly string[];
};

const maxRangeBytes = 4 * 2 ** 20;
const pauseMs = 5;

export class RandomReader {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #folder: string;
  readonly #random: Random = seededRandom(7);
  readonly #refused: string[] = [];
  readonly #wrong: string[] = [];
  #reads = 0;
  #bytes = 0;

  constructor(client: S3Client, bucket: string, folder: string) {
    this.#client = client;
    this.#bucket = bucket;
    this.#folder = folder;
  }

  get report(): ReadReport {
    return { reads: this.#reads, bytes: this.#bytes, refused: this.#refused, wrong: this.#wrong };
  }

  /** Reads ranges of these files, which are all there, until the signal. */
  async run(files: readonly string[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#readOne(this.#drawFile(files));
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  /** Half of the time one with weights: there are few of them, and they hold most of the bytes. */
  #drawFile(files: readonly string[]): string {
    const shards = files.filter((file) => file.startsWith('model-'));
    return pick(this.#random, this.#random.integer(2) === 0 ? shards : files);
  }

  async #readOne(file: string): Promise<void> {
    const { from, to } = this.#drawRange((await stat(join(this.#folder, file))).size);
    const expected = await this.#expect(file, from, to);
    const what = `${file}, bytes ${from} to ${to - 1}`;
    try {
      const headers = [['range', `bytes=${from}-${to - 1}`]] as const;
      const answer = await this.#client.ask({ method: 'GET', target: `/${this.#bucket}/${file}`, headers });
      if (answer.status !== 206) this.#refused.push(`${what}: ${answer.status} ${answer.body.toString()}`);
      else if (!answer.body.equals(expected)) this.#wrong.push(`${what}: ${answer.body.byteLength} bytes came`);
      this.#reads++;
      this.#bytes += answer.body.byteLength;
    } catch (error) {
      this.#refused.push(`${what}: ${String(error)}`);
    }
  }

  /** Often all of a small file, mostly a part of a large one. */
  #drawRange(size: number): { from: number; to: number } {
    const bytes = Math.min(size, 1 + this.#random.integer(maxRangeBytes));
    const from = this.#random.integer(size - bytes + 1);
    return { from, to: from + bytes };
  }

  async #expect(file: string, from: number, to: number): Promise<Buffer> {
    await using source = await open(join(this.#folder, file));
    const bytes = Buffer.alloc(to - from);
    await source.read(bytes, 0, bytes.byteLength, from);
    return bytes;
  }
}
