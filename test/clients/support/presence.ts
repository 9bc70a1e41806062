/**
 * Why: a stock client that is not here is told of, with the reason, and its tests are skipped. In CI that would hide a
 * client for ever: there it fails, unless this machine cannot have it.
 */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../python-tool.ts';

/** `cannotHave`: nothing that could be installed here would change it. */
export type Missing = { readonly missing: string; readonly cannotHave?: true };

/** An executable, of the Debian package of the same name. */
export type Program = { readonly path: string };

export function findProgram(name: string): Program | Missing {
  const path = ['/usr/bin', '/usr/sbin', ...(process.env.PATH ?? '').split(':')]
    .map((folder) => join(folder, name))
    .find(isExecutable);
  return path === undefined ? { missing: `${name} is not installed (Debian package ${name})` } : { path };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // asked only whether it is there
  }
}

/** Whether .ci/run may install the package here, and did not fail to. */
function canHave(debianPackage: string): boolean {
  const mayInstall = process.platform === 'linux' && process.getuid?.() === 0 && 'path' in findProgram('apt-get');
  return mayInstall && process.env.COPYSET_ABSENT_PACKAGES?.split(' ').includes(debianPackage) !== true;
}

/** The tests of a client, with the client in hand. */
export function describeClient<T extends object>(
  { name, debianPackage }: { readonly name: string; readonly debianPackage: string },
  tool: T | Missing,
  suite: (tool: T) => void,
): void {
  if (!('missing' in tool)) describe(name, () => suite(tool));
  else if (process.env.CI !== undefined && tool.cannotHave !== true && canHave(debianPackage)) {
    test(`${name} is there`, () => expect.fail(tool.missing));
  } else test.skip(`${name}, skipped: ${tool.missing}`, () => undefined);
}

/** What the program prints; rejects with what it said when it fails. */
export async function output(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { code, out, err } = await run(program, args, env);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${err}${out}`);
  return out;
}
