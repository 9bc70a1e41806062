/** Why: what is varied between the runs that the planner predicts. */

export const KiB = 2 ** 10;
export const MiB = 2 ** 20;

/** A configuration and the objects in it. */
export type Configuration = {
  readonly copies: number;
  readonly writeQuorum: number;
  readonly blockBytes: number;
  readonly objectBytes: number;
  readonly objects: number;
  readonly cacheBytes?: number;
  readonly asked?: 'zipf' | 'epoch-scan';
};

export const usual = { copies: 3, writeQuorum: 2, blockBytes: MiB, objectBytes: 256 * KiB };

export function nameOf(configuration: Omit<Configuration, 'objects'>): string {
  const { copies, writeQuorum, blockBytes, objectBytes, cacheBytes = 0, asked } = configuration;
  const sizes = `B ${blockBytes / MiB} MiB, objects of ${objectBytes / KiB} KiB`;
  const cache = cacheBytes === 0 ? '' : `, cache ${(cacheBytes / MiB).toFixed(1)} MiB, ${asked}`;
  return `M ${copies}, W ${writeQuorum}, ${sizes}${cache}`;
}
