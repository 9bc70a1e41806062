/**
 * Why: a device that hangs is worse than one that fails, since nobody is told. Every call into one of four volumes
 * hangs in the kernel, while clients go on, whose longest waits are what counts.
 */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { connectAdmin } from '../../src/admin/client.ts';
import type { JobProgress, VolumeState } from '../../src/admin/contract.ts';
import { type DevProcess, launchDev, startDev } from '../support/dev-process.ts';
import { HangingDirectory } from '../support/mounts.ts';
import { KnownObjects } from './known-objects.ts';

export type Waits = { readonly requests: number; readonly medianMs: number; readonly p99Ms: number };
export type HangReport = { readonly puts: Waits; readonly gets: Waits; readonly heldThreads: number };

/** A store in `folder` whose second volume can hang; it carries a journal too. */
export class StoreThatHangs {
  readonly objects: KnownObjects;
  readonly volume: HangingDirectory;
  readonly #folder: string;

  private constructor(folder: string, objects: KnownObjects, volume: HangingDirectory) {
    this.#folder = folder;
    this.objects = objects;
    this.volume = volume;
  }

  static async begin(folder: string): Promise<StoreThatHangs> {
    await using made = new AsyncDisposableStack();
    const volume = made.use(await HangingDirectory.mount(`${folder}/behind`, `${folder}/store/volumes/v2`));
    const objects = await KnownObjects.begin(await startDev(`${folder}/store`));
    made.move();
    return new StoreThatHangs(folder, objects, volume);
  }

  /** In another process. */
  async startAgain(): Promise<StoreThatHangs> {
    return new StoreThatHangs(this.#folder, this.objects.on(await startDev(`${this.#folder}/store`)), this.volume);
  }

  /**
   * Tells a start to stop while it waits for the volume; after how many milliseconds it said so. Calls that hang keep
   * the process until they return, or until it is told again.
   */
  async stopWhileStarting(): Promise<number> {
    const program = launchDev(`${this.#folder}/store`, []);
    await sleep(1_000);
    const before = performance.now();
    program.signal('SIGTERM');
    await expect.poll(() => program.err, { timeout: 30_000 }).toContain('told to stop before the store was ready');
    const stoppedMs = performance.now() - before;
    await sleep(1_000);
    program.signal('SIGTERM');
    expect(await program.ended).toBeNull();
    return stoppedMs;
  }

  /** Lets the volume hang for so long while clients put and get. */
  async hangFor(ms: number): Promise<HangReport> {
    const before = this.objects.keys;
    const until = performance.now() + ms;
    this.volume.hang();
    const [puts, gets, threads] = await Promise.all([
      this.#clients(2, until, () => this.objects.put(1, 100_000)),
      this.#clients(2, until, (turn) => this.objects.read(before[turn % before.length] as string)),
      mostHeld(this.objects.dev, until),
    ]);
    this.volume.goOn();
    return { puts: waitsOf(puts), gets: waitsOf(gets), heldThreads: threads };
  }

  /** Resolves when `status` says so of the volume. */
  async statusOf(state: VolumeState): Promise<void> {
    await this.objects.settled(({ volumes }) => volumes[1]?.state === state);
  }

  /** The end of one scrub, with all that it found. */
  async scrub(): Promise<JobProgress | undefined> {
    const told = await Array.fromAsync(connectAdmin(`${this.#folder}/store`).scrub({}));
    const last = told.at(-1);
    return last && { ...last, findings: told.flatMap(({ findings }) => findings ?? []) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.volume.goOn();
    await this.objects[Symbol.asyncDispose]();
    await this.volume[Symbol.asyncDispose]();
  }

  async #clients(count: number, until: number, request: (turn: number) => Promise<void>): Promise<number[]> {
    const waits: number[] = [];
    const client = async (number: number) => {
      for (let turn = number; performance.now() < until; turn += count) {
        const startedMs = performance.now();
        await request(turn);
        waits.push(performance.now() - startedMs);
      }
    };
    await Promise.all(Array.from({ length: count }, (_, number) => client(number)));
    return waits;
  }
}

/** What is promised: on the other volumes clients go on, and threads are left for them. */
export function expectPrompt({ puts, gets, heldThreads }: HangReport): void {
  for (const { requests, p99Ms } of [puts, gets]) {
    expect(requests).toBeGreaterThan(20);
    expect(p99Ms).toBeLessThan(2_000);
  }
  expect(heldThreads).toBeGreaterThan(0);
  expect(heldThreads).toBeLessThan(16);
}

function waitsOf(waits: readonly number[]): Waits {
  const sorted = waits.toSorted((left, right) => left - right);
  const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN);
  return { requests: sorted.length, medianMs: at(0.5), p99Ms: at(0.99) };
}

/** Threads of the server that the volume held at one time. */
async function mostHeld({ ready }: DevProcess, until: number): Promise<number> {
  let most = 0;
  for (; performance.now() < until; await sleep(500)) most = Math.max(most, await heldThreads(ready.pid));
  return most;
}

/** Those that wait in the kernel for an answer of the directory's process. */
async function heldThreads(pid: number): Promise<number> {
  const tasks = await readdir(`/proc/${pid}/task`);
  const places = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/wchan`, 'utf8').catch(String)),
  );
  return places.filter((place) => /request_wait_answer|fuse/.test(place)).length;
}
