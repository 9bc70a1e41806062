/**
 * Why: what lies below every durable server, and what it must do at least with every byte: write it to this disk, and
 * name it. Each is a process of its own, so that its processor time can be told.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { whyEnded } from '../load/program.ts';
import type { Target, WorkOptions, WorkOutcome } from './target.ts';
import type { WorkJob } from './work/job.ts';

const execute = promisify(execFile);
/** As many writes may be under way. */
const poolThreads = '64';
const program = fileURLToPath(new URL('work/main.ts', import.meta.url));

/** Direct writes at the depth of the workload, each done when an fdatasync that began after it is. */
export const directWrites: Target = {
  name: 'direct writes',
  durable: 'yes, by fdatasync',
  lists: false,
  start: async (folder) => {
    const path = join(folder, 'written');
    const problem = await run({ what: 'probe', path }).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (problem !== undefined) return { missing: `the disk of --dir cannot write directly: ${problem}` };
    return {
      work: ({ bytes, connections }, options) =>
        run({ what: 'write', path, bytes, depth: connections, ...options }, options),
      stop: async () => undefined,
    };
  },
};

/** The hash that names a block. */
export const naming: Target = {
  name: 'naming',
  durable: 'no',
  lists: false,
  start: async () => ({
    work: ({ bytes }, options) => run({ what: 'name', bytes, ...options }, options),
    stop: async () => undefined,
  }),
};

async function run(job: WorkJob, { signal }: Partial<WorkOptions> = {}): Promise<WorkOutcome> {
  try {
    const env = { ...process.env, UV_THREADPOOL_SIZE: poolThreads };
    const { stdout } = await execute(process.execPath, [program, JSON.stringify(job)], { env, signal });
    return JSON.parse(stdout) as WorkOutcome;
  } catch (cause) {
    signal?.throwIfAborted();
    throw new Error(whyEnded(cause), { cause });
  }
}
