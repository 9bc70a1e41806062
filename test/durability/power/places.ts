/**
 * Why: power is lost at one place at a time. Where that is one volume or journal, there is only one copy of what it
 * holds, so that nothing else makes up for a loss.
 */
import { cp, mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { launchDev, whenReady } from '../../support/dev-process.ts';

export type Place = {
  readonly options: readonly string[];
  /** Mounts the device somewhere in or around the data directory `store`, which does not exist yet. */
  readonly begin: (store: string, mount: (path: string) => Promise<void>) => Promise<void>;
  /** Of the data directory: what is lost as well, since it is no more than a copy. */
  readonly alsoLost: readonly string[];
};

export type PlaceName = keyof typeof places;

export const places = {
  'a volume with data': {
    options: ['--volumes', '4', '--replicas', '1'],
    begin: (store, mount) => mount(join(store, 'volumes', 'v4')),
    alsoLost: [],
  },

  'a journal': {
    options: ['--volumes', '1', '--replicas', '1'],
    begin: async (store, mount) => {
      const [journal, aside] = [join(store, 'volumes', 'v1', 'journal'), join(store, 'aside')];
      await (await whenReady(launchDev(store, places['a journal'].options))).end();
      await rename(journal, aside);
      await mkdir(journal);
      await mount(journal);
      await cp(aside, journal, { recursive: true });
    },
    alsoLost: ['catalog'],
  },

  'the whole machine': {
    options: ['--volumes', '4'],
    begin: (store, mount) => mount(dirname(store)),
    alsoLost: [],
  },
} as const satisfies Record<string, Place>;
