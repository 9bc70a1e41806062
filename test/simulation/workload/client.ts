/**
 * Why: users of the store: they write, read, copy, delete and list, several at a time on the same few keys, tell the
 * model what they asked for and got, and take every failure that a store in trouble may give.
 */
import { equalBytes } from '../../../src/base/bytes.ts';
import { isCopysetError } from '../../../src/base/errors.ts';
import { pick, type Random } from '../../../src/base/random.ts';
import { allTrash, blockOfTrashKey, type TrashedBlock } from '../../../src/catalog/records/trash.ts';
import type { ObjectHeaders, ObjectReader, ObjectStore } from '../../../src/object/store.ts';
import { bodyOf, readAll } from '../../support/bodies.ts';
import type { Life } from '../life.ts';
import type { Content, Look, ObjectModel, Write } from '../model/object-model.ts';
import { expectExcuse, Violation } from '../model/violation.ts';
import type { World } from '../world.ts';
import { buckets, contentOfBlock, copiesOf, drawContent, type Target, targets } from './contents.ts';
import type { Uploads } from './uploads.ts';

const thinkMs = 1_200;

type Action = 'put' | 'get' | 'get-range' | 'copy' | 'delete' | 'list' | 'upload';

/** By weight. */
const actions: readonly Action[] = [
  ...Array<Action>(9).fill('put'),
  ...Array<Action>(6).fill('get'),
  ...Array<Action>(2).fill('get-range'),
  ...Array<Action>(4).fill('copy'),
  ...Array<Action>(4).fill('delete'),
  'list',
  ...Array<Action>(6).fill('upload'),
];

export class Client {
  readonly #world: World;
  readonly #random: Random;
  readonly #uploads: Uploads;

  constructor(world: World, uploads: Uploads) {
    this.#world = world;
    this.#random = world.random;
    this.#uploads = uploads;
  }

  async work(until: () => boolean): Promise<void> {
    while (!until()) {
      await this.#world.clock.sleep(this.#random.float() * thinkMs);
      await this.#act(pick(this.#random, actions));
    }
  }

  async #act(action: Action): Promise<void> {
    if (action === 'upload') return this.#uploads.step();
    this.#world.operate(action);
    const target = pick(this.#random, targets);
    if (action === 'put') await this.#put(target, drawContent(this.#random, this.#world.machine.time.nowMs));
    else if (action === 'get') await lookAt(this.#world, target);
    else if (action === 'get-range') await this.#getRange(target);
    else if (action === 'copy') await this.#copy(pick(this.#random, targets), target);
    else if (action === 'delete') await this.#delete(target);
    else await listBucket(this.#world, pick(this.#random, buckets).name);
  }

  async #put(target: Target, bytes: Uint8Array): Promise<void> {
    await attempt(this.#world, { target, content: { kind: 'bytes', bytes } }, (store, headers) =>
      store.put(target.bucket, target.key, { body: bodyOf(bytes, 700), headers }),
    );
  }

  /** Puts a block that is in the trash just now, into a bucket of its class; nothing when there is none. */
  async putFromTrash(): Promise<void> {
    const life = await this.#world.life;
    const trashed = (await trashNow(life)).flatMap(({ name, classId }) => {
      const bytes = contentOfBlock(name);
      return bytes === undefined ? [] : [{ bytes, classId }];
    });
    if (trashed.length === 0) return;
    const { bytes, classId } = pick(this.#random, trashed);
    const target = pick(
      this.#random,
      targets.filter(({ bucket }) => copiesOf(bucket) === classId),
    );
    this.#world.operate('put-from-trash');
    await this.#put(target, bytes);
  }

  async #delete(target: Target): Promise<void> {
    await attempt(this.#world, { target, content: { kind: 'nothing' } }, (store) =>
      store.delete(target.bucket, target.key),
    );
  }

  async #copy(from: Target, to: Target): Promise<void> {
    const of = this.#world.model.look(nameOf(from));
    await attempt(this.#world, { target: to, content: { kind: 'copy', of } }, (store, headers) =>
      store.copy(from, to, { headers }),
    );
  }

  /** A range shows less than the model compares: it must be a part of what the write that it shows has written. */
  async #getRange({ bucket, key }: Target): Promise<void> {
    const first = this.#random.integer(5_000);
    const length = 1 + this.#random.integer(3_000);
    await looking(this.#world, { bucket, key }, async (store, look) => {
      const reader = await store.get(bucket, key, { range: { kind: 'from', first, last: first + length - 1 } });
      const part = await readAll(reader);
      const whole = await store.get(bucket, key);
      const bytes = await readAll(whole);
      const number = numberOf(whole.info.headers.metadata);
      this.#world.model.saw(look, { number, bytes });
      if (numberOf(reader.info.headers.metadata) === number && !equalBytes(part, bytes.subarray(first, first + length)))
        throw new Violation(`${look.key}: the range from ${first} is not what the whole object shows there`);
    });
  }
}

/** As the database has it, whatever the catalog says in its trouble. */
async function trashNow({ kv }: Life): Promise<TrashedBlock[]> {
  const { entries } = await kv.range({ ...allTrash, limit: 100 });
  return entries.map(({ key }) => blockOfTrashKey(key));
}

export function nameOf({ bucket, key }: Target): string {
  return `${bucket}/${key}`;
}

export function headersFor(number: number): ObjectHeaders {
  return { metadata: { write: String(number) } };
}

function numberOf({ write }: ObjectHeaders['metadata']): number {
  return Number(write);
}

/** One write, and what the model is told of it. */
async function attempt(
  world: World,
  { target, content }: { readonly target: Target; readonly content: Content },
  work: (store: ObjectStore, headers: ObjectHeaders) => Promise<unknown>,
): Promise<void> {
  const life = await world.life;
  const write = world.model.begin(nameOf(target), content);
  await settle(world, write, life.during(work(life.store, headersFor(write.number))));
}

/** Tells the model how a write ended. */
export async function settle(world: World, write: Write, work: Promise<unknown>): Promise<void> {
  const { model } = world;
  const name = `write ${write.number} of ${write.key} (${write.content.kind})`;
  world.note(`${name} begins`);
  try {
    await work;
    world.note(`${name} is acknowledged`);
    model.acknowledged(write);
    world.acknowledged();
  } catch (error) {
    world.note(`${name} fails: ${String(error)}`);
    if (isCopysetError(error, 'not_found') && mayLack(write)) model.refused(write);
    else {
      model.failed(write);
      expectExcuse(error, `write ${write.number} of ${write.key}`);
    }
  }
}

/** The source of a copy may not be there. */
function mayLack({ content }: Write): boolean {
  return content.kind === 'copy' && [...content.of.possible].some((source) => source.content.kind !== 'bytes');
}

/** One read of the whole object. */
export async function lookAt(world: World, target: Target): Promise<void> {
  await looking(world, target, async (store, look) =>
    see(world.model, look, await store.get(target.bucket, target.key)),
  );
}

export async function see(model: ObjectModel, look: Look, reader: ObjectReader): Promise<void> {
  model.saw(look, { number: numberOf(reader.info.headers.metadata), bytes: await readAll(reader) });
}

async function looking(
  world: World,
  target: Target,
  work: (store: ObjectStore, look: Look) => Promise<void>,
): Promise<void> {
  const life = await world.life;
  const look = world.model.look(nameOf(target));
  try {
    await life.during(work(life.store, look));
  } catch (error) {
    if (isCopysetError(error, 'not_found')) world.model.saw(look, undefined);
    else if (!isCopysetError(error, 'request.invalid')) expectExcuse(error, `a read of ${look.key}`);
  } finally {
    world.model.endLook(look);
  }
}

/** What is listed is there, what is not listed is not. */
async function listBucket(world: World, bucket: string): Promise<void> {
  const life = await world.life;
  const looks = targets.filter((target) => target.bucket === bucket).map((target) => world.model.look(nameOf(target)));
  try {
    const query = { prefix: '', delimiter: '', after: '', limit: 1000 };
    const { objects } = await life.during(life.store.list(bucket, query));
    const shown = new Map(objects.map((info) => [`${bucket}/${info.key}`, numberOf(info.metadata)]));
    for (const look of looks) {
      const number = shown.get(look.key);
      world.model.saw(look, number === undefined ? undefined : { number });
    }
  } catch (error) {
    expectExcuse(error, `a list of ${bucket}`);
  } finally {
    for (const look of looks) world.model.endLook(look);
  }
}
