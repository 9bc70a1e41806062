/**
 * Why: one seed is one history of a store: users, troubles and healing, then silence, in which everything must be
 * right.
 */
import { createObjectStore } from '../../src/object/object-store.ts';
import { checkQuiescence } from './check/quiescence.ts';
import { verifyObjects } from './check/verify-objects.ts';
import type { Life } from './life.ts';
import { Tally } from './tally.ts';
import { Client } from './workload/client.ts';
import { blockBytes, buckets } from './workload/contents.ts';
import { replaceGivenUp } from './workload/operator.ts';
import { TroubleMaker } from './workload/trouble-maker.ts';
import { Uploads } from './workload/uploads.ts';
import { World } from './world.ts';

type SeedOptions = {
  readonly seed: number;
  readonly operations?: number;
  readonly trace?: ((line: string) => void) | undefined;
};

const operationsPerSeed = 500;
const leastFaults = 5;
const clients = 4;
/** Of simulated time; whatever takes longer hangs. */
const mostMs = 4 * 60 * 60 * 1000;

/** Throws what went wrong; gives what happened. */
export async function runSeed({ seed, operations = operationsPerSeed, trace }: SeedOptions): Promise<Tally> {
  const tally = new Tally();
  const world = new World({ seed, tally, trace });
  await world.machine.time.run(history(world, operations), mostMs, `seed ${seed}`);
  for (const { where, schedule } of world.machine.troubles()) tally.addSchedule(where, schedule);
  return tally;
}

/** As `runSeed`; throws, too, when a seed had too little of anything to prove something. */
export async function runCheckedSeed(options: Omit<SeedOptions, 'operations'>): Promise<Tally> {
  const tally = await runSeed(options);
  if (tally.operations < operationsPerSeed || tally.faults < leastFaults)
    throw new Error(`only ${tally.operations} operations and ${tally.faults} faults`);
  return tally;
}

async function history(world: World, operations: number): Promise<void> {
  const { machine } = world;
  await machine.makeFirstSlots();
  await makeBuckets(await world.start());
  machine.trouble();
  const isOver = () => {
    world.rethrow();
    return world.operations >= operations;
  };
  const uploads = new Uploads(world);
  const users = Array.from({ length: clients }, () => new Client(world, uploads).work(isOver));
  for (const work of [...users, releaseNowAndThen(world)]) world.watch(work);
  await new TroubleMaker(world, new Client(world, uploads)).work(isOver);
  machine.calm();
  await Promise.all(users);
  await settleDown(world);
  world.rethrow();
}

/** A call that hangs does not hang for ever. */
async function releaseNowAndThen({ clock, random, machine }: World): Promise<never> {
  for (;;) {
    await clock.sleep(2_000 + random.float() * 8_000);
    machine.release();
  }
}

async function makeBuckets({ site }: Life): Promise<void> {
  const store = createObjectStore(site.objects);
  for (const { name, copies, writeQuorum } of buckets)
    await store.createBucket(name, { set: { copies, writeQuorum, blockBytes } });
}

/** Some stores are started anew first: what only the process knew is gone then. */
async function settleDown(world: World): Promise<void> {
  const { machine, random } = world;
  if (random.integer(2) === 0) {
    await world.kill('the end');
    machine.crash();
    await world.start();
  }
  await verifyObjects(world);
  const life = await world.life;
  await replaceGivenUp(world, life);
  await checkQuiescence(world);
}
