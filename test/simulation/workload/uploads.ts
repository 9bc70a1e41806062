/** Why: multipart uploads outlive requests and processes: begun by one client, continued by another after a crash. */
import { concatBytes } from '../../../src/base/bytes.ts';
import type { UploadId } from '../../../src/base/ids.ts';
import { pick } from '../../../src/base/random.ts';
import { bodyOf } from '../../support/bodies.ts';
import { expectExcuse } from '../model/violation.ts';
import type { World } from '../world.ts';
import { headersFor, nameOf, settle } from './client.ts';
import { drawContent, type Target, targets } from './contents.ts';

type Part = { readonly etag: string; readonly bytes: Uint8Array };

type Upload = {
  readonly target: Target;
  readonly id: UploadId;
  /** Of the write that its completion will be. */
  readonly number: number;
  /** Those that were acknowledged, by number. */
  readonly parts: Map<number, Part>;
};

const mostOpen = 4;
const mostParts = 4;

export class Uploads {
  readonly #world: World;
  /** Nobody works on them at the moment. */
  readonly #idle: Upload[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** Begins an upload, or takes one a step further. */
  async step(): Promise<void> {
    const { random } = this.#world;
    if (this.#idle.length < mostOpen && random.integer(3) === 0) return this.#begin();
    const upload = this.#idle.splice(random.integer(this.#idle.length), 1)[0];
    if (upload === undefined) return this.#begin();
    const isReady = upload.parts.size > 0;
    if (isReady && random.integer(3) === 0) await this.#complete(upload);
    else if (random.integer(12) === 0) await this.#abort(upload);
    else await this.#putPart(upload);
  }

  async #begin(): Promise<void> {
    this.#world.operate('begin-upload');
    const target = pick(this.#world.random, targets);
    const number = this.#world.model.nextNumber();
    await this.#excused('begin', target, async () => {
      const life = await this.#world.life;
      const begin = life.store.createUpload(target.bucket, target.key, { headers: headersFor(number) });
      this.#idle.push({ target, number, id: await life.during(begin), parts: new Map() });
    });
  }

  /** A part that failed may have replaced the one before it: it counts no more. */
  async #putPart(upload: Upload): Promise<void> {
    this.#world.operate('put-part');
    const number = 1 + this.#world.random.integer(mostParts);
    const bytes = drawContent(this.#world.random, this.#world.machine.time.nowMs);
    upload.parts.delete(number);
    await this.#excused('a part', upload.target, async () => {
      const life = await this.#world.life;
      const path = { ...upload.target, id: upload.id };
      const { etag } = await life.during(life.store.putPart(path, number, bodyOf(bytes, 900)));
      upload.parts.set(number, { etag, bytes });
    });
    this.#idle.push(upload);
  }

  async #complete({ target, id, number, parts }: Upload): Promise<void> {
    this.#world.operate('complete-upload');
    const chosen = [...parts].toSorted(([left], [right]) => left - right);
    const bytes = concatBytes(...chosen.map(([, part]) => part.bytes));
    const life = await this.#world.life;
    const write = this.#world.model.begin(nameOf(target), { kind: 'bytes', bytes }, number);
    const named = chosen.map(([partNumber, { etag }]) => ({ number: partNumber, etag }));
    await settle(this.#world, write, life.during(life.store.completeUpload({ ...target, id }, { parts: named })));
  }

  async #abort({ target, id }: Upload): Promise<void> {
    this.#world.operate('abort-upload');
    await this.#excused('an abort', target, async () => {
      const life = await this.#world.life;
      await life.during(life.store.abortUpload({ ...target, id }));
    });
  }

  async #excused(what: string, target: Target, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      expectExcuse(error, `${what} of an upload to ${nameOf(target)}`);
    }
  }
}
