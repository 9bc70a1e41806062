/**
 * Why: `dev` and `serve` start the same server from the same options; they differ in defaults and in what they print.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CopysetError } from '../../base/errors.ts';
import type { OptionName, Values } from '../../config/options.ts';
import { readValue, secretKey } from '../../config/value.ts';
import type { ServerOptions } from '../../server/running-server.ts';

export const serverOptionNames = [
  'dir',
  'listen',
  's3Front',
  'threads',
  'verifyReads',
  'readAhead',
  'adminListen',
  'metricsListen',
  'hostDomains',
  'region',
  'volumes',
  'replicas',
  'nameHash',
  'blockBytes',
  'memoryBytes',
  'scrubPeriodMs',
  'lostAfterMs',
  'rootAccessKeyId',
  'rootSecretKey',
  'rootSecretKeyFile',
  'logLevel',
] as const satisfies readonly OptionName[];

type ServerValues = Values<(typeof serverOptionNames)[number]>;

export async function serverOptions(options: ServerValues): Promise<ServerOptions> {
  const { dir, replicas, rootAccessKeyId: _, rootSecretKey: __, rootSecretKeyFile: ___, ...rest } = options;
  return { directory: resolve(dir), copies: replicas, rootKey: await rootKeyOf(options), ...rest };
}

/** Undefined when nothing of it is given. */
async function rootKeyOf(options: ServerValues): Promise<ServerOptions['rootKey']> {
  const { rootAccessKeyId: accessKeyId, rootSecretKeyFile: path, rootSecretKey } = options;
  if (rootSecretKey !== undefined && path !== undefined)
    throw new CopysetError('request.invalid', 'root-secret-key and root-secret-key-file are both given; give one');
  const secretAccessKey = path === undefined ? rootSecretKey : await readSecret(path);
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { accessKeyId, secretAccessKey };
  const missing = accessKeyId === undefined ? 'root-access-key-id' : 'root-secret-key-file';
  throw new CopysetError('request.invalid', `half of the root key is given; give ${missing} as well, or neither`);
}

/** Editors and secret stores end a file with a line end, which is not meant. */
async function readSecret(path: string): Promise<string> {
  try {
    return readValue(secretKey, (await readFile(path, 'utf8')).trimEnd(), path);
  } catch (cause) {
    if (cause instanceof CopysetError) throw cause;
    throw new CopysetError('request.invalid', `cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}
