/** Why: nobody touches the store while it heals; what `copyset status` says of it meanwhile is all that one sees. */
import type { StoreStatus } from '../../src/admin/contract.ts';
import { copyset } from '../support/dev-process.ts';

const pollMs = 2_000;

/** What the command prints. */
export async function readStatus(directory: string): Promise<StoreStatus> {
  const { code, out, err } = await copyset('status', '--json', '--dir', directory);
  if (code !== 0) throw new Error(`copyset status ended with ${code}: ${err}`);
  return JSON.parse(out) as StoreStatus;
}

/**
 * Until no block has fewer than M copies, no repair runs, and `isHealed` agrees. Prints the progress; resolves with ms.
 */
export async function watchHealing(directory: string, isHealed: () => Promise<boolean>): Promise<number> {
  const startMs = performance.now();
  for (;;) {
    const status = await readStatus(directory);
    const sinceMs = performance.now() - startMs;
    if (isQuiet(status) && (await isHealed())) return sinceMs;
    console.log(`${(sinceMs / 1000).toFixed(1).padStart(7)} s  ${describe(status)}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

function isQuiet({ underReplicatedBlocks, jobs }: StoreStatus): boolean {
  return underReplicatedBlocks === 0 && jobs.every(({ kind }) => kind !== 'repair');
}

function describe({ underReplicatedBlocks, jobs }: StoreStatus): string {
  const working = jobs.map(({ kind, done, total, unit, etaMs }) => {
    const eta = etaMs === undefined ? '' : `, ${Math.ceil(etaMs / 1000)} s to go`;
    return `${kind} ${done} of ${total ?? '?'} ${unit}${eta}`;
  });
  return [`${underReplicatedBlocks} blocks below M copies`, ...working].join('; ');
}
