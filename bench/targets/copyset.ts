/** Why: the store as a user starts it, with as many volumes as copies, all on one disk. */
import { options } from '../../src/config/options.ts';
import { S3Client } from '../../test/support/client.ts';
import { launchDev, startDev, whenReady } from '../../test/support/dev-process.ts';
import { bucket } from '../load/endpoint.ts';
import { loopback } from './server-process.ts';
import type { RunningServer, Target } from './target.ts';
import { leaveUsedSegments } from './used-segments.ts';

export type CopysetOptions = {
  readonly copies: number;
  /** What sets it apart, for its name. */
  readonly apart?: string;
  /** Of `copyset dev`. */
  readonly flags?: readonly string[];
  /** A command that becomes the one after it. */
  readonly under?: readonly string[];
  /** Its volumes have segments that held something before and hold nothing any more. */
  readonly isUsed?: boolean;
};

/** More than one core writes of copies in all cells, before the clock starts too. */
const usedBytesPerSecond = 6 * 1024 ** 3;
const mostUsedBytes = 10 * 1024 ** 3;

/** How a read is verified: the option and the values that it would have. */
const verifyReads = { option: 'verifyReads', always: ['--verify-reads', 'always'] } as const;

/** The flags that have every read verified; undefined where this Copyset knows no such choice. */
export function verifyingFlags(): readonly string[] | undefined {
  return Object.hasOwn(options, verifyReads.option) ? verifyReads.always : undefined;
}

export function copyset(chosen: CopysetOptions): Target {
  const { copies, apart } = chosen;
  return {
    name: `Copyset, M = ${copies}${apart === undefined ? '' : `, ${apart}`}`,
    durable: copies === 1 ? 'yes' : 'yes, a majority of the copies',
    lists: true,
    start: (folder, cellMs) => {
      const usedBytes = Math.min(usedBytesPerSecond * (cellMs / 1000), mostUsedBytes);
      return startCopyset(`${folder}/store`, { ...chosen, usedBytes: chosen.isUsed === true ? usedBytes : 0 });
    },
  };
}

/** The store in this directory, made where it is missing, with the bucket. */
export async function startCopyset(
  directory: string,
  chosen: CopysetOptions & { readonly usedBytes?: number },
): Promise<RunningServer> {
  const { copies, flags = [], under = [], usedBytes = 0 } = chosen;
  const args = ['--volumes', String(copies), '--replicas', String(copies), ...flags];
  if (usedBytes > 0) {
    const first = await startDev(directory, ...args);
    await first.end();
    for (const { path } of first.ready.volumes) await leaveUsedSegments(path, usedBytes / copies);
  }
  const dev = await whenReady(launchDev(directory, args, { under }));
  const { endpoint, accessKeyId, secretAccessKey, pid } = dev.ready;
  using client = new S3Client(dev.ready);
  await client.createBucket(bucket);
  return {
    endpoint: { host: loopback, port: Number(new URL(endpoint).port), accessKeyId, secretAccessKey },
    pid,
    stop: async () => void (await dev.end()),
  };
}
