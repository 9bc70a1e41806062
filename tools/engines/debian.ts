/** Why: what packages.txt names is installed when a run first wants it, where that may be done. */
import { spawnSync } from 'node:child_process';

/** Undefined when the program is there (as root its package is installed first), else why not. */
export function whyMissing(program: string, debianPackage: string): string | undefined {
  if (isInstalled(program)) return undefined;
  if (process.getuid?.() !== 0) return `${program} is not installed (Debian package ${debianPackage})`;
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeout: 300_000 };
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', debianPackage], options);
  if (isInstalled(program)) return undefined;
  return `${program} is not installed, and apt-get could not install ${debianPackage}`;
}

function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined;
}
