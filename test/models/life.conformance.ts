/**
 * Why: the promise in one story. A model repository goes in by `aws s3 sync`; half way one of four volumes is deleted
 * and 100 blocks of another are damaged, with parts in flight. Nobody may be told a wrong byte, all of it comes back,
 * and the store makes every copy anew by itself.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { BlockCopies } from '../../src/admin/contract.ts';
import { seededRandom } from '../../src/base/random.ts';
import { awsEnvironment, pythonTool, run } from '../clients/python-tool.ts';
import { S3Client } from '../support/client.ts';
import { copyset, type DevProcess, startDev } from '../support/dev-process.ts';
import { copiesOn, isIntact } from '../support/segment-frames.ts';
import { blocksOf } from './blocks.ts';
import { countUnhealed, type Damaged, damageCopies, findWithManifest } from './harm.ts';
import { RandomReader } from './random-reader.ts';
import { type ModelSize, writeModel } from './repository.ts';
import { readStatus, watchHealing } from './watch-healing.ts';

export type ModelPlan = {
  readonly size: ModelSize;
  readonly blockBytes: number;
  /** Of the client when it sends, so that the harm comes meanwhile; a setting of `aws`. */
  readonly maxBandwidth?: string;
  readonly timeoutMs: number;
};

const [aws, safetensors] = [await pythonTool('awscli'), await pythonTool('safetensors')];
const openShard = fileURLToPath(new URL('./open_shard.py', import.meta.url));
const bucket = 'models';
const copies = 3;
const [damagedBlocks, damagedSmall] = [100, 40];
const pollMs = 50;

export function modelLife(name: string, plan: ModelPlan): void {
  const title = 'missing' in aws ? `${name}, skipped: ${aws.missing}` : name;
  test.skipIf('missing' in aws)(title, { timeout: plan.timeoutMs }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'copyset-model-'));
    try {
      await using life = await ModelLife.begin(folder, plan);
      await life.goIn();
      await life.comeBack();
      await life.heal();
      await life.inspect();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

type Begun = {
  readonly folder: string;
  readonly files: readonly string[];
  readonly blocks: ReadonlyMap<string, string>;
  readonly dev: DevProcess;
};

class ModelLife {
  readonly #folder: string;
  readonly #dev: DevProcess;
  readonly #client: S3Client;
  readonly #reader: RandomReader;
  readonly #files: readonly string[];
  /** Of the files, each with its file. */
  readonly #blocks: ReadonlyMap<string, string>;
  readonly #plan: ModelPlan;
  /** From the harm on; how long it takes. */
  #healing: Promise<number> | undefined;

  private constructor(plan: ModelPlan, { folder, files, blocks, dev }: Begun) {
    this.#plan = plan;
    this.#folder = folder;
    this.#files = files;
    this.#blocks = blocks;
    this.#dev = dev;
    this.#client = new S3Client(dev.ready);
    this.#reader = new RandomReader(this.#client, bucket, this.#source);
  }

  static async begin(folder: string, plan: ModelPlan): Promise<ModelLife> {
    const source = join(folder, 'model');
    const files = await writeModel(source, plan.size, 1);
    const blocks = await blocksOf(source, files, plan.blockBytes);
    const dev = await startDev(
      join(folder, 'store'),
      '--block-bytes',
      `${plan.blockBytes}B`,
      '--verify-reads',
      'always',
    );
    return new ModelLife(plan, { folder, files, blocks, dev });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client[Symbol.dispose]();
    await this.#dev.end();
  }

  /** `aws s3 sync`, with the harm half way and readers behind it. */
  async goIn(): Promise<void> {
    await this.#client.createBucket(bucket);
    const startMs = performance.now();
    const stop = new AbortController();
    const sync = this.#sync(this.#source, `s3://${bucket}`, this.#plan.maxBandwidth).finally(() => stop.abort());
    const present = await this.#halfPresent(stop.signal);
    const before = await this.#countUploads();
    await this.#harm(new Set(present));
    expect([before, await this.#countUploads()], 'uploads before and behind the harm').not.toContain(0);
    await this.#reader.run(present, stop.signal);
    await sync;
    say(`in after ${seconds(startMs)}: ${this.#files.length} files, ${await this.#countBytes()} bytes`);
    expect(this.#reader.report).toMatchObject({ wrong: [], refused: [] });
  }

  /** While the store still heals. */
  async comeBack(): Promise<void> {
    const startMs = performance.now();
    const stop = new AbortController();
    const sync = this.#sync(`s3://${bucket}`, this.#target).finally(() => stop.abort());
    await this.#reader.run(this.#files, stop.signal);
    await sync;
    for (const file of this.#files) {
      expect(await sha256Of(join(this.#target, file)), file).toBe(await sha256Of(join(this.#source, file)));
    }
    const { reads, bytes, wrong, refused } = this.#reader.report;
    say(`back after ${seconds(startMs)}; ${reads} other reads of ${bytes} bytes, all right`);
    expect({ wrong, refused }).toEqual({ wrong: [], refused: [] });
    await this.#openFirstShard();
  }

  /** Without a hand's touch. */
  async heal(): Promise<void> {
    const healedAfterMs = await this.#healing;
    expect(await readStatus(this.#store)).toMatchObject({
      state: 'serving',
      problems: [],
      underReplicatedBlocks: 0,
    });
    say(`healed ${((healedAfterMs ?? Number.NaN) / 1000).toFixed(1)} s after the harm`);
  }

  /** Once with the eyes of the product, once with those of this test. */
  async inspect(): Promise<void> {
    const manifests = await this.#verifyObjects(this.#files.filter((file) => !file.includes('/')));
    expect(manifests.size).toBe(this.#plan.size.shards);
    const blocks = [...this.#blocks.keys(), ...manifests];
    for (const volume of this.#kept) {
      const found = await copiesOn(volume);
      for (const block of blocks) {
        const copy = found.get(block);
        expect(copy !== undefined && (await isIntact(block, copy)), `${block} on ${volume}`).toBe(true);
      }
    }
    say(`${this.#blocks.size} blocks of data and ${manifests.size} of manifests have ${copies} good copies each`);
  }

  get #source(): string {
    return join(this.#folder, 'model');
  }

  get #target(): string {
    return join(this.#folder, 'back');
  }

  get #store(): string {
    return join(this.#folder, 'store');
  }

  /** All but the one that will be deleted, which carries a journal. */
  get #kept(): readonly string[] {
    return this.#dev.ready.volumes.map(({ path }) => path).filter((path) => path !== this.#lost);
  }

  get #lost(): string {
    return this.#dev.ready.volumes[1]?.path ?? '';
  }

  async #sync(from: string, to: string, maxBandwidth?: string): Promise<void> {
    if ('missing' in aws) throw new Error(aws.missing);
    const config = join(this.#folder, 'aws-config');
    await writeFile(config, maxBandwidth === undefined ? '' : `[default]\ns3 =\n  max_bandwidth = ${maxBandwidth}\n`);
    const environment = { ...awsEnvironment(this.#dev.ready), AWS_CONFIG_FILE: config };
    const args = ['-m', 'awscli', 's3', 'sync', '--only-show-errors', from, to];
    expect(await run(aws.python, args, environment)).toEqual({ code: 0, out: '', err: '' });
  }

  /** The files that the store shows, once half of the shards are among them. */
  async #halfPresent(ended: AbortSignal): Promise<string[]> {
    for (;;) {
      const keys = (await this.#client.list(bucket)).map(({ key }) => key);
      const shards = keys.filter((key) => key.startsWith('model-')).length;
      if (shards >= this.#plan.size.shards / 2) return keys;
      if (ended.aborted) throw new Error('the client ended before half of the shards were there');
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  async #harm(present: ReadonlySet<string>): Promise<void> {
    const blocks = new Map([...this.#blocks].filter(([, file]) => present.has(file)));
    const volume = await findWithManifest(this.#kept);
    const others = this.#kept.filter((path) => path !== volume);
    const [damaged] = await Promise.all([
      damageCopies({ volume, others, blocks, count: damagedBlocks, smallCount: damagedSmall }, seededRandom(1)),
      rm(this.#lost, { recursive: true, maxRetries: 10 }),
    ]);
    this.#healing = this.#watchHealing(volume, damaged);
    const { manifests, small, shards } = damaged;
    say(`harm: a volume deleted; ${damaged.copies.size} blocks damaged on another: ${manifests} of manifests,`);
    say(`  ${small} of small objects, the others of ${shards} shards`);
    expect(damaged.copies.size).toBe(damagedBlocks);
    expect([manifests > 0, small, shards > 1]).toEqual([true, damagedSmall, true]);
  }

  #watchHealing(volume: string, damaged: Damaged): Promise<number> {
    const healing = watchHealing(this.#store, async () => (await countUnhealed(volume, damaged)) === 0);
    healing.catch(() => undefined); // awaited by `heal`; until then another failure goes first
    return healing;
  }

  async #countUploads(): Promise<number> {
    const { body } = await this.#client.ask({ method: 'GET', target: `/${bucket}?uploads=` });
    return body.toString().split('<Upload>').length - 1;
  }

  async #countBytes(): Promise<string> {
    const sizes = await Promise.all(this.#files.map(async (file) => (await stat(join(this.#source, file))).size));
    return sizes.reduce((sum, size) => sum + size, 0).toLocaleString('en-US');
  }

  /** The library that everybody uses reads what came back. */
  async #openFirstShard(): Promise<void> {
    if ('missing' in safetensors) return say(`not opened with safetensors: ${safetensors.missing}`);
    const [shard = ''] = this.#files;
    const opened = await run(safetensors.python, [openShard, this.#target, shard]);
    expect(opened).toEqual({ code: 0, out: 'as the index says\n', err: '' });
  }

  /** `copyset object verify`; the names of the manifests. */
  async #verifyObjects(files: readonly string[]): Promise<Set<string>> {
    const manifests = new Set<string>();
    for (const file of files) {
      const verified = await copyset('object', 'verify', `${bucket}/${file}`, '--json', '--dir', this.#store);
      expect({ file, code: verified.code }, verified.err).toEqual({ file, code: 0 });
      for (const line of verified.out.trimEnd().split('\n')) {
        const { block, holds, copies: found } = JSON.parse(line) as BlockCopies;
        expect(found.map(({ state }) => state)).toEqual(Array.from({ length: copies }, () => 'good'));
        if (holds === 'manifest') manifests.add(block);
        else expect(this.#blocks.get(block)).toBe(file);
      }
    }
    return manifests;
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}

function seconds(startMs: number): string {
  return `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
}

function say(text: string): void {
  console.log(text);
}
