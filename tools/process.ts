/** Why: the tools start other tools; their output goes straight to the terminal, their end is an exit code. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** A program of node_modules/.bin, by name. */
export function packaged(name: string): string {
  return `${root}node_modules/.bin/${name}`;
}

/** Runs to the end; resolves with the exit code, 1 when a signal ended it or it could not start. */
export function run(command: string, args: readonly string[]): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
    .on('error', reject)
    .on('exit', (code) => resolve(code ?? 1));
  return promise;
}
