/**
 * Why: whether a store with a fault still does what it promised is judged by somebody who knows every object that was
 * acknowledged, each by a seed, and asks as a client does.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { StoreStatus } from '../../src/admin/contract.ts';
import { type S3Answer, S3Client } from '../support/client.ts';
import type { DevProcess } from '../support/dev-process.ts';
import { bytesOf, type Content } from '../support/load/content.ts';

export const bucket = 'faults';
const deletePatienceMs = 5_000;
const atOnce = 8;
/** For what happens by itself. */
const patienceMs = 120_000;

type Attempt = { readonly answer: S3Answer; readonly key: string; readonly content: Content };

/** The store is ended with them. */
export class KnownObjects {
  readonly dev: DevProcess;
  readonly client: S3Client;
  readonly #known: Map<string, Content>;
  #nextSeed: number;

  private constructor(dev: DevProcess, known: Map<string, Content>, nextSeed: number) {
    this.dev = dev;
    this.client = new S3Client(dev.ready);
    this.#known = known;
    this.#nextSeed = nextSeed;
  }

  /** None yet, in a new store. */
  static async begin(dev: DevProcess): Promise<KnownObjects> {
    const objects = new KnownObjects(dev, new Map(), 1);
    await objects.client.createBucket(bucket);
    return objects;
  }

  /** The same objects, in another process. */
  on(dev: DevProcess): KnownObjects {
    return new KnownObjects(dev, this.#known, this.#nextSeed);
  }

  get keys(): string[] {
    return [...this.#known.keys()];
  }

  /** None of them may be refused. */
  async put(count: number, bytes: number): Promise<void> {
    for (let left = count; left > 0; left -= atOnce) {
      const attempts = Array.from({ length: Math.min(left, atOnce) }, () => this.#tryPut(bytes));
      for (const attempt of await Promise.all(attempts)) this.#expectStored(attempt);
    }
  }

  /**
   * Puts until several in a row are refused, wherever their copies were to go. Under one of them a journal may become
   * full that others rely on: nobody knows whether that one is there, and its client is told to try again.
   */
  async putUntilRefused(bytes: number): Promise<void> {
    let inDoubt = 0;
    for (let refused = 0; refused < 10; ) {
      const attempt = await this.#tryPut(bytes);
      if (isInDoubt(attempt) && ++inDoubt === 1) continue;
      if (attempt.answer.status === 200) this.#expectStored(attempt);
      else expectFull(attempt);
      refused = attempt.answer.status === 200 ? 0 : refused + 1;
    }
  }

  async expectRefused(bytes: number): Promise<void> {
    expectFull(await this.#tryPut(bytes));
  }

  /** Puts again until one succeeds. */
  async putWithin(ms: number, bytes: number): Promise<void> {
    for (const deadline = performance.now() + ms; ; await sleep(200)) {
      const attempt = await this.#tryPut(bytes).catch(() => undefined); // it may not listen for a moment
      if (attempt?.answer.status !== 200 && performance.now() < deadline) continue;
      expect(attempt).toBeDefined();
      if (attempt !== undefined) this.#expectStored(attempt);
      return;
    }
  }

  /** Under one of them a journal may become full as well: who is told to try again does so, until it succeeds. */
  async delete(count: number): Promise<void> {
    for (const key of this.keys.slice(0, count)) {
      const ask = { method: 'DELETE', target: `/${bucket}/${key}` };
      const deadline = performance.now() + deletePatienceMs;
      let answer = await this.client.ask(ask);
      for (; answer.status === 503 && performance.now() < deadline; answer = await this.client.ask(ask))
        await sleep(50);
      expect([answer.status, answer.body.toString()]).toEqual([204, '']);
      this.#known.delete(key);
    }
  }

  /** Everything acknowledged is listed and whole. */
  async verify(): Promise<void> {
    for (let at = 0; at < this.keys.length; at += atOnce)
      await Promise.all(this.keys.slice(at, at + atOnce).map((key) => this.read(key)));
    const listed = (await this.client.list(bucket)).map(({ key }) => key);
    expect(listed).toEqual(expect.arrayContaining(this.keys));
  }

  async read(key: string): Promise<void> {
    const answer = await this.client.get(bucket, key);
    expect(answer?.body.equals(bytesOf(this.#known.get(key) as Content)), key).toBe(true);
  }

  /** Until all blocks have all their copies again, without a hand's touch. */
  async healed(): Promise<void> {
    await this.settled(({ underReplicatedBlocks, state }) => underReplicatedBlocks === 0 && state === 'serving');
  }

  /** Until the status is so. The store may not listen for a moment. */
  async settled(holds: (status: StoreStatus) => boolean): Promise<void> {
    for (const deadline = performance.now() + patienceMs; ; await sleep(200)) {
      const status = await this.dev.status().catch(() => undefined);
      if (status !== undefined && holds(status)) return;
      expect(performance.now(), JSON.stringify(status)).toBeLessThan(deadline);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client[Symbol.dispose]();
    await this.dev[Symbol.asyncDispose]();
  }

  #expectStored({ answer, key, content }: Attempt): void {
    expect([answer.status, answer.body.toString()]).toEqual([200, '']);
    this.#known.set(key, content);
  }

  async #tryPut(bytes: number): Promise<Attempt> {
    const content = { seed: this.#nextSeed++, bytes };
    const key = `object-${content.seed}`;
    const answer = await this.client.ask({ method: 'PUT', target: `/${bucket}/${key}`, body: bytesOf(content) });
    return { answer, key, content };
  }
}

function isInDoubt({ answer: { status, body } }: Attempt): boolean {
  return status === 503 && body.includes('<Code>ServiceUnavailable</Code>');
}

function expectFull({ answer: { status, body } }: Attempt): void {
  expect([status, body.toString()]).toEqual([503, expect.stringContaining('<Code>InsufficientStorage</Code>')]);
}
