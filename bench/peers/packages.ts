/**
 * Why: peers are built once from their public packages, as an outside user would, into a folder outside the project.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What could not be built says why. */
export type Built = { readonly program: string } | { readonly missing: string };

type Recipe = {
  readonly name: string;
  readonly version: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where the build puts the program. */
  readonly program: string;
};

/** The file system's convention of where a user's caches lie. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'copyset-bench');
}

function folderOf(name: string, version: string): string {
  return join(cacheFolder(), `${name}-${version}`);
}

/** `package` is the path of a command in Go's module proxy. */
export function goPackage(name: string, goPath: string, version: string): Recipe {
  const folder = folderOf(name, version);
  const env = { CGO_ENABLED: '0', GOBIN: folder };
  return { name, version, env, command: ['go', 'install', `${goPath}@${version}`], program: join(folder, name) };
}

export function cargoPackage(name: string, version: string, options: readonly string[]): Recipe {
  const folder = folderOf(name, version);
  const command = ['cargo', 'install', `${name}@${version}`, '--root', folder, ...options];
  return { name, version, command, program: join(folder, 'bin', name) };
}

/** With the lowest priority: others may be at work on the machine. Progress goes to stderr. */
export async function build({ name, version, command, env = {}, program }: Recipe): Promise<Built> {
  if (existsSync(program)) return { program };
  await mkdir(cacheFolder(), { recursive: true });
  console.error(`building ${name} ${version}, once: ${command.join(' ')}`);
  const child = spawn('nice', ['-n', '19', ...command], {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
  });
  const [code] = (await once(child, 'exit').catch((error: Error) => [error.message])) as [number | string | null];
  if (existsSync(program)) return { program };
  return { missing: `${command[0]} could not build it (exit ${code}); is ${command[0]} installed?` };
}

export function isBuilt({ program }: Recipe): boolean {
  return existsSync(program);
}
