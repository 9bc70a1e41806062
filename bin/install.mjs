/**
 * Why: `npm start` and `npm test` work first thing from a clean clone. What is installed is compared with the lock file by
 * npm's own record of it, so that nothing is installed twice and nothing stale is used.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { notMet, refuse, root, say } from './runtime.mjs';

function packagesOf(lockFile) {
  return JSON.parse(readFileSync(root + lockFile, 'utf8')).packages;
}

/** True when every package of the lock file that this machine needs is there in that version, and Node's binary too. */
function isInstalled() {
  const record = 'node_modules/.package-lock.json';
  if (!existsSync(root + record) || !existsSync(`${root}node_modules/node/bin/node`)) return false;
  const installed = packagesOf(record);
  return Object.entries(packagesOf('package-lock.json')).every(([path, wanted]) => {
    if (path === '') return true;
    const found = installed[path];
    return found === undefined ? wanted.optional === true : found.integrity === wanted.integrity;
  });
}

/** npm's progress goes to stderr: stdout belongs to the command that was asked for. */
function runNpm(args) {
  const viaNode = process.env.npm_execpath;
  const [file, first] = viaNode === undefined ? ['npm', []] : [process.execPath, [viaNode]];
  return spawnSync(file, [...first, ...args], { cwd: root, stdio: ['ignore', 2, 2] });
}

/** `npm ci` where something is missing; the Node that comes as a package needs its install script. */
export function installMissing() {
  if (isInstalled()) return;
  say('installing dependencies (npm ci) ...');
  const { status, error } = runNpm([
    'ci',
    '--include=dev',
    '--ignore-scripts=false',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
  if (error !== undefined) refuse(`npm could not be started: ${error.message}`);
  if (status !== 0) {
    say('the dependencies could not be installed; see the lines above, then try again.');
    process.exit(status === null ? notMet : status);
  }
}
