/**
 * Why: a part of the store is lost, damaged or put back from an older time while it is written to, and the process
 * killed: whichever part it is, everything acknowledged must be listed and served, byte for byte, or the start refused.
 * The short form does one round of ten, with an eighth of the load.
 */
import { cp, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { copyset } from '../../support/dev-process.ts';
import { type LoadReport, loadBucket } from '../../support/load/load.ts';
import { longestLog, Trial, wait } from './trial.ts';

export type LostPartsOptions = {
  /** Of each scenario, each with a store and a seed of its own. */
  readonly rounds: number;
  readonly writes: number;
};

const scenarios: Readonly<Record<string, (trial: Trial) => Promise<void>>> = {
  "the catalog's database is deleted": async (trial) => {
    await trial.underLoad(() => trial.removeDatabase());
    await trial.goOn();
    await restart(trial);
  },

  'a volume with a journal is deleted': async (trial) => {
    const [carrier = ''] = await trial.carriers();
    await trial.underLoad(() => remove(carrier));
    await trial.goOn();
    await restart(trial);
    await trial.healed();
  },

  "a volume with a journal and the catalog's database are deleted": async (trial) => {
    const [, carrier = ''] = await trial.carriers();
    await trial.underLoad(() => Promise.all([remove(carrier), trial.removeDatabase()]));
    await trial.goOn();
    await restart(trial);
  },

  'each volume is deleted in turn, and another one added': async (trial) => {
    for (const { path } of trial.dev.ready.volumes) {
      await trial.underLoad(() => remove(path));
      await trial.goOn();
      await restart(trial);
      expect(await copyset('volume', 'add', `${path}-new`, '--dir', trial.directory)).toMatchObject({
        code: 0,
        out: expect.not.stringContaining('findings'),
      });
      await trial.healed();
    }
  },

  'an old copy of one journal is put back': async (trial) => {
    const [carrier = ''] = await trial.carriers();
    const [journal, old] = [join(carrier, 'journal'), join(trial.directory, 'old')];
    await trial.underLoad(() => cp(journal, old, { recursive: true }));
    await trial.goOn();
    await trial.kill();
    await remove(journal);
    await rename(old, journal);
    await trial.removeDatabase();
    await trial.start();
    expect(await trial.verify()).toEqual([]);
    await trial.healed();
  },

  'a journal is damaged in the middle: it is healed from the others': async (trial) => {
    const [carrier = ''] = await trial.carriers();
    await trial.underLoad(async () => damageMiddle(await longestLog(carrier)));
    await trial.goOn();
    await trial.kill();
    await trial.removeDatabase();
    await trial.start();
    expect(await trial.verify()).toEqual([]);
    await trial.healed();
    expect(await copyset('catalog', 'verify', '--dir', trial.directory)).toMatchObject({
      code: 0,
      out: expect.not.stringContaining('findings'),
    });
  },

  'all journals are damaged in the middle: refused, never shortened, and it goes on with one that is whole': async (
    trial,
  ) => {
    const carriers = await trial.carriers();
    await trial.goOn();
    await trial.kill();
    for (const carrier of carriers) await cp(join(carrier, 'journal'), join(carrier, 'kept'), { recursive: true });
    for (const carrier of carriers) await damageMiddle(await longestLog(carrier));
    await trial.removeDatabase();
    await refuses(trial, 'journal.damaged', async ([needed = '']) => {
      expect(carriers.map((carrier) => join(carrier, 'journal'))).toContain(needed);
      await remove(needed);
      await rename(join(needed, '..', 'kept'), needed);
    });
  },

  'too few journals: refused, the missing ones named, and it goes on when they return': async (trial) => {
    const away = (await trial.carriers()).slice(0, 2);
    await trial.goOn();
    await trial.kill();
    await trial.removeDatabase();
    for (const path of away) await rename(path, `${path}-away`);
    await refuses(trial, 'journal.missing', async (needed) => {
      expect(needed).toEqual(away.map((path) => join(path, 'journal')));
      for (const path of away) await rename(`${path}-away`, path);
    });
  },

  'too few journals while it serves: writes wait, reads do not, and they go on when the journals return': async (
    trial,
  ) => {
    const journals = (await trial.carriers()).slice(0, 2).map((carrier) => join(carrier, 'journal'));
    await trial.underLoad(async () => {
      for (const journal of journals) await rename(journal, `${journal}-away`);
      await trial.client.list(loadBucket);
      await wait(500);
      for (const journal of journals) await rename(`${journal}-away`, journal);
    });
    await trial.goOn();
    await restart(trial);
  },
};

export function lostParts(name: string, { rounds, writes }: LostPartsOptions): void {
  describe(name, () => {
    test.each(Object.entries(scenarios))('%s', async (title, scenario) => {
      const totals = { acknowledged: 0, verified: 0 };
      for (let round = 1; round <= rounds; round++) {
        const { acknowledged, verified } = await runRound(scenario, { seed: round, writes });
        totals.acknowledged += acknowledged;
        totals.verified += verified;
      }
      const { acknowledged, verified } = totals;
      console.log(
        `${title}: ${rounds} times, ${acknowledged} writes acknowledged, ${verified} objects compared, 0 wrong`,
      );
    });
  });
}

type Round = { readonly seed: number; readonly writes: number };

async function runRound(scenario: (trial: Trial) => Promise<void>, { seed, writes }: Round): Promise<LoadReport> {
  const directory = await mkdtemp(join(tmpdir(), 'copyset-lost-'));
  try {
    await using trial = await Trial.begin({ directory, seed, writes });
    await scenario(trial);
    expect(await trial.verify()).toEqual([]);
    return trial.load.report;
  } finally {
    await remove(directory);
  }
}

async function restart(trial: Trial): Promise<void> {
  await trial.kill();
  await trial.start();
  expect(await trial.verify()).toEqual([]);
}

/** The start says which journals it needs and waits; `mend` is told their paths, and the start goes on by itself. */
async function refuses(trial: Trial, code: string, mend: (needed: readonly string[]) => Promise<void>): Promise<void> {
  const program = trial.launch();
  await expect.poll(() => program.err, { timeout: 10_000 }).toContain('the store cannot start');
  const { error } = JSON.parse(program.err.trimEnd().split('\n').at(-1) ?? '') as { error: Refusal };
  expect(error.code).toBe(code);
  await wait(1_500);
  expect(program.out).toBe('');
  await mend(error.paths);
  await trial.start(program);
}

type Refusal = { readonly code: string; readonly paths: readonly string[] };

async function damageMiddle(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(64);
    const at = Math.floor(size / 2);
    const { bytesRead } = await file.read(bytes, 0, bytes.byteLength, at);
    await file.write(
      bytes.subarray(0, bytesRead).map((byte) => byte ^ 0xff),
      0,
      bytesRead,
      at,
    );
  } finally {
    await file.close();
  }
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}
