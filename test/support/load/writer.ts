/**
 * Why: a writer puts, copies, deletes and reads objects on keys of its own, one request after the other, so that it
 * knows at any moment what each key may hold: what was acknowledged last, or what a request without an answer may have
 * made of it.
 */
import { pick, type Random, seededRandom } from '../../../src/base/random.ts';
import { type Listed, refusal, type S3Client, S3Refusal } from '../client.ts';
import { bytesOf, type Content } from './content.ts';

export type LoadOptions = {
  readonly seed: number;
  readonly writers: number;
  readonly keysPerWriter: number;
  /** Of 1,000 writes, how many are uploads in two parts, of the least size that S3 allows. */
  readonly multipartPerMille: number;
};

const absent = 'absent';
type State = Content | typeof absent;
type Key = { readonly name: string; possible: readonly State[] };

const partBytes = 5 * 2 ** 20;
const largeBytes = 4_000_000;
const smallBytes = 8_000;
const pauseAfterFailureMs = 20;

export class LoadWriter {
  readonly #bucket: string;
  readonly #random: Random;
  readonly #keys: readonly Key[];
  readonly #multipartPerMille: number;
  readonly #wrong: string[] = [];
  #nextSeed: number;
  acknowledged = 0;
  unanswered = 0;
  appeared = 0;
  verified = 0;
  lastFailure: unknown;

  constructor(bucket: string, number: number, { seed, keysPerWriter, multipartPerMille }: LoadOptions) {
    this.#bucket = bucket;
    this.#random = seededRandom(seed * 1000 + number);
    this.#keys = Array.from({ length: keysPerWriter }, (_, at) => ({
      name: `writer-${number}/${at}`,
      possible: [absent],
    }));
    this.#multipartPerMille = multipartPerMille;
    this.#nextSeed = number * 2 ** 32;
  }

  get keyNames(): string[] {
    return this.#keys.map(({ name }) => name);
  }

  async run(client: S3Client, isDone: () => boolean): Promise<void> {
    while (!isDone()) await this.#step(client);
  }

  async verify(client: S3Client, listed: ReadonlyMap<string, Listed>): Promise<string[]> {
    const wrong = this.#wrong.splice(0);
    for (const key of this.#keys) wrong.push(...(await this.#verifyKey(client, key, listed.get(key.name))));
    return wrong;
  }

  #step(client: S3Client): Promise<void> {
    const key = pick(this.#random, this.#keys);
    const chance = this.#random.integer(1000);
    if (chance < 100) return this.#attempt(key, absent, () => client.delete(this.#bucket, key.name));
    if (chance < 150) return this.#copy(client, pick(this.#random, this.#keys), key);
    if (chance < 250) return this.#read(client, key);
    return this.#put(client, key);
  }

  #put(client: S3Client, key: Key): Promise<void> {
    const content = { seed: this.#nextSeed++, bytes: this.#drawBytes() };
    const body = bytesOf(content);
    const parts = [body.subarray(0, partBytes), body.subarray(partBytes)];
    return this.#attempt(key, content, () =>
      body.byteLength > partBytes
        ? client.putParts(this.#bucket, key.name, parts)
        : client.put(this.#bucket, key.name, body),
    );
  }

  #drawBytes(): number {
    const random = this.#random;
    const chance = random.integer(1000) - this.#multipartPerMille;
    if (chance < 0) return partBytes + 1 + random.integer(partBytes / 4);
    if (chance < 20) return random.integer(largeBytes);
    if (chance < 100) return random.integer(largeBytes / 16);
    return random.integer(chance < 500 ? 100 : smallBytes);
  }

  /** Only from what is known to be there. */
  #copy(client: S3Client, from: Key, to: Key): Promise<void> {
    const [state = absent, ...others] = from.possible;
    if (state === absent || others.length > 0 || from === to) return this.#put(client, to);
    return this.#attempt(to, state, () => client.copy(this.#bucket, from.name, to.name));
  }

  async #attempt(key: Key, state: State, request: () => Promise<unknown>): Promise<void> {
    const before = key.possible;
    key.possible = [...before, state];
    try {
      await request();
      key.possible = [state];
      this.acknowledged++;
    } catch (error) {
      this.lastFailure = error; // it was not acknowledged, and may have happened
      this.unanswered++;
      await new Promise((resolve) => setTimeout(resolve, pauseAfterFailureMs));
    }
  }

  /** A read that fails is no harm; one that is answered must tell the truth. */
  async #read(client: S3Client, key: Key): Promise<void> {
    try {
      const answer = await client.get(this.#bucket, key.name);
      if (!key.possible.some((state) => isState(answer?.body, state)))
        this.#wrong.push(`${misread(key, answer?.body)}, under load`);
    } catch (error) {
      this.lastFailure = error;
    }
  }

  async #verifyKey(client: S3Client, key: Key, listed: Listed | undefined): Promise<string[]> {
    const answer = await client.get(this.#bucket, key.name).catch(refusal);
    if (answer instanceof S3Refusal) return [`${key.name} cannot be read: ${answer.message}`];
    const found = key.possible.find((state) => isState(answer?.body, state));
    if (found === undefined) return [misread(key, answer?.body)];
    if (found !== key.possible[0]) this.appeared++;
    key.possible = [found];
    this.verified++;
    const shown = listed === undefined ? absent : `${listed.bytes} bytes ${listed.etag}`;
    const there = answer === undefined ? absent : `${answer.body.byteLength} bytes ${answer.etag}`;
    return shown === there ? [] : [`${key.name} is listed as ${shown}, and is ${there}`];
  }
}

function isState(body: Buffer | undefined, state: State): boolean {
  if (state === absent || body === undefined) return state === absent && body === undefined;
  return body.byteLength === state.bytes && body.equals(bytesOf(state));
}

function misread({ name, possible }: Key, body: Buffer | undefined): string {
  const found = body === undefined ? absent : `${body.byteLength} bytes, ${body.subarray(0, 16).toString('hex')}...`;
  return `${name} is ${found}; it may be ${JSON.stringify(possible)}`;
}
