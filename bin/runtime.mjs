/**
 * Why: a user may well start us with a Node that cannot run us. This file and its two callers are plain JavaScript that
 * every Node since 14 parses; it says in one line what is wrong, or hands over to a Node that fits.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Exit code of "cannot be met here", as in the command line's own table. */
export const notMet = 3;

const packagedNode = `${root}node_modules/node/bin/node`;

/** Calls into the file system block a pool thread each; a hung disk must never hold the last one. */
const poolThreads = '64';

/**
 * glibc keeps what was freed, the more the larger it was, up to 32 MiB a piece: with these it goes back to the system.
 * The numbers are bytes; another allocator passes them over.
 */
const allocator = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '1048576' };

/**
 * In MiB. Much of what requests make lives until they end: where 64 of them fill the nursery in a few milliseconds, each
 * collection copies all of it, a quarter of the processor time. It has its size from the start.
 */
const nurseryMiB = 32;
/** Until the old generation is collected; left alone it grew to 100 MiB of garbage, and was no faster for it. */
const heapGrowthPercent = 100;

/** A second start need not strip and compile the program again; where nobody may write there, Node goes without. */
const compileCache = `${root}node_modules/.cache/copyset`;

export function say(line) {
  process.stderr.write(`copyset: ${line}\n`);
}

export function refuse(line) {
  say(line);
  process.exit(notMet);
}

function isAtLeast(wantedMajor, wantedMinor) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/** Refuses what no installation can mend. */
export function checkMachine() {
  if (process.platform === 'win32') refuse('Windows is not supported; use Linux or macOS (WSL 2 counts as Linux).');
  if (!['linux', 'darwin'].includes(process.platform))
    refuse(`${process.platform} is not supported; use Linux or macOS.`);
  if (!isAtLeast(20, 0)) refuse(`Node ${process.versions.node} is too old; install Node 20 or newer.`);
}

/** The Node to run on: the one that came as a package, else this one where it is new enough. */
function fittingNode() {
  if (existsSync(packagedNode)) return packagedNode;
  if (isAtLeast(24, 2)) return process.execPath;
  return refuse(
    `Node ${process.versions.node} cannot run Copyset and no newer one is installed; install Node 24.2 or newer.`,
  );
}

/** Runs a script of ours in place of this process where Node can do that, else in a child that mirrors it. */
export function become(script, args) {
  const node = fittingNode();
  const flags = [
    '--disable-warning=ExperimentalWarning',
    `--max-semi-space-size=${nurseryMiB}`,
    `--min-semi-space-size=${nurseryMiB}`,
    `--heap-growing-percent=${heapGrowthPercent}`,
  ];
  const argv = [...flags, root + script, ...args];
  const env = { ...allocator, UV_THREADPOOL_SIZE: poolThreads, NODE_COMPILE_CACHE: compileCache, ...process.env };
  if (process.execve) process.execve(node, [node, ...argv], env);
  mirror(spawn(node, argv, { stdio: 'inherit', env }));
}

/** This process lives, is signalled and ends as the child is. A terminal sends its Ctrl-C to both by itself. */
function mirror(child) {
  const signals = ['SIGTERM', 'SIGHUP', 'SIGINT'];
  for (const signal of signals) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => refuse(`cannot start ${child.spawnfile}: ${error.message}`));
  child.on('exit', (code, signal) => {
    for (const each of signals) process.removeAllListeners(each);
    if (signal === null) process.exit(code);
    process.kill(process.pid, signal);
  });
}
