/**
 * Why: which version of a key is the newest is known for certain to somebody who writes it alone, one request after the
 * other: it is the one that was acknowledged last. What it wrote is compared with what the store lists and gives.
 */
import { pick, type Random, seededRandom } from '../../src/base/random.ts';
import { type S3Answer, type S3Client, S3Refusal } from '../support/client.ts';
import { bytesOf, type Content } from '../support/load/content.ts';

/** Content is missing from a delete marker. */
export type Acknowledged = { readonly versionId: string; readonly content: Content | undefined };

/** The moments, by monotonic time, between which a request was refused for its time. */
export type TimeRefused = { readonly fromMs: number; readonly toMs: number };

type Ask = Parameters<S3Client['ask']>[0];

const keysPerWriter = 4;
const smallBytes = 20_000;
const largeBytes = 1_500_000;
const pauseMs = 4;

export class VersionWriter {
  readonly #bucket: string;
  readonly #random: Random;
  readonly #keys: readonly string[];
  /** By key, in the order of acknowledgement. */
  readonly written: ReadonlyMap<string, Acknowledged[]>;
  readonly refused: TimeRefused[] = [];
  #nextSeed: number;

  constructor(bucket: string, number: number) {
    this.#bucket = bucket;
    this.#random = seededRandom(number);
    this.#nextSeed = (number + 1) * 2 ** 24;
    this.#keys = Array.from({ length: keysPerWriter }, (_, at) => `writer-${number}/${at}`);
    this.written = new Map(this.#keys.map((key) => [key, []]));
  }

  async run(client: S3Client, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.write(client, pick(this.#random, this.#keys));
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  /** Adds a version to the key: a body, a copy of another key's, or a delete marker. */
  async write(client: S3Client, key: string): Promise<void> {
    const target = `/${this.#bucket}/${key}`;
    const chance = this.#random.integer(100);
    if (chance < 10) return this.#attempt(client, key, { ask: { method: 'DELETE', target }, content: undefined });
    const from = pick(this.#random, this.#keys);
    const copied = this.written.get(from)?.at(-1)?.content;
    if (chance < 25 && copied !== undefined && from !== key) {
      const headers = [['x-amz-copy-source', `/${this.#bucket}/${from}`]] as const;
      return this.#attempt(client, key, { ask: { method: 'PUT', target, headers }, content: copied });
    }
    const content = { seed: this.#nextSeed++, bytes: this.#random.integer(chance > 96 ? largeBytes : smallBytes) };
    return this.#attempt(client, key, { ask: { method: 'PUT', target, body: bytesOf(content) }, content });
  }

  async #attempt(client: S3Client, key: string, write: { ask: Ask; content: Content | undefined }): Promise<void> {
    const fromMs = performance.now();
    const answer = await client.ask(write.ask);
    if (answer.body.includes('<Code>RequestTimeTooSkewed</Code>')) {
      this.refused.push({ fromMs, toMs: performance.now() });
      return;
    }
    if (answer.status >= 300 || answer.body.includes('<Error>')) throw new S3Refusal(write.ask, answer);
    this.written.get(key)?.push({ versionId: versionIdIn(answer), content: write.content });
  }
}

export function versionIdIn({ headers }: S3Answer): string {
  const id = headers['x-amz-version-id'];
  if (typeof id !== 'string') throw new Error('the answer names no version');
  return id;
}
