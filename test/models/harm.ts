/** Why: damage to copies that count, chosen so that weights, small objects and manifests are all hit. */
import { type Random, shuffled } from '../../src/base/random.ts';
import { type CopyOnDisk, copiesOn, flipByte, isIntact, isManifest } from '../support/segment-frames.ts';

export type Damaged = {
  /** The copies that were damaged, by the names of their blocks. */
  readonly copies: ReadonlyMap<string, CopyOnDisk>;
  readonly manifests: number;
  readonly small: number;
  /** Files with weights that were hit. */
  readonly shards: number;
};

export type Victims = {
  readonly volume: string;
  /** Volumes that stay. What is damaged has another copy on one of them: under load it may have no more than W yet. */
  readonly others: readonly string[];
  /** The blocks that may be damaged, and their files. */
  readonly blocks: ReadonlyMap<string, string>;
  readonly count: number;
  readonly smallCount: number;
};

const maxFlips = 4;

/** Flips bytes in `count` copies on the volume: in all manifests, in small objects, else in shards. */
export async function damageCopies(victims: Victims, random: Random): Promise<Damaged> {
  const { volume, others, blocks, count, smallCount } = victims;
  const elsewhere = await Promise.all(others.map(copiesOn));
  const copies = [...(await copiesOn(volume))].filter(([block]) => elsewhere.some((held) => held.has(block)));
  const known = shuffled(
    random,
    copies.filter(([block]) => blocks.has(block)),
  );
  const isSmall = ([block]: readonly [string, CopyOnDisk]) => !isShard(blocks.get(block) ?? '');
  const manifests = await manifestsAmong(copies.filter(([block]) => !blocks.has(block)));
  const small = known.filter(isSmall).slice(0, smallCount);
  const weights = known.filter((entry) => !isSmall(entry)).slice(0, count - manifests.length - small.length);
  const chosen = [...manifests, ...small, ...weights];
  for (const [, copy] of chosen) await damage(copy, random);
  return {
    copies: new Map(chosen),
    manifests: manifests.length,
    small: small.length,
    shards: new Set(weights.map(([block]) => blocks.get(block))).size,
  };
}

/** The first of these volumes on which a manifest lies. */
export async function findWithManifest(volumes: readonly string[]): Promise<string> {
  for (const volume of volumes) {
    if ((await manifestsAmong([...(await copiesOn(volume))])).length > 0) return volume;
  }
  throw new Error('no manifest on any volume');
}

function isShard(file: string): boolean {
  return file.startsWith('model-') && file.endsWith('.safetensors');
}

async function manifestsAmong(copies: readonly (readonly [string, CopyOnDisk])[]) {
  const found: (readonly [string, CopyOnDisk])[] = [];
  for (const entry of copies) if ((await isManifest(entry[1])) && (await isIntact(...entry))) found.push(entry);
  return found;
}

async function damage(copy: CopyOnDisk, random: Random): Promise<void> {
  const places = new Set(Array.from({ length: 1 + random.integer(maxFlips) }, () => random.integer(copy.payloadBytes)));
  for (const at of places) await flipByte(copy, at);
}

/** How many of the damaged blocks have no intact copy on the volume yet. */
export async function countUnhealed(volume: string, { copies }: Damaged): Promise<number> {
  const now = await copiesOn(volume);
  let unhealed = 0;
  for (const block of copies.keys()) {
    const copy = now.get(block);
    if (copy === undefined || !(await isIntact(block, copy))) unhealed++;
  }
  return unhealed;
}
