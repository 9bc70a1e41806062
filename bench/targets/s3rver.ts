/**
 * Why: the S3 server that npm has to offer to those who need one on their machine. It is not among our dependencies: it
 * is installed under .tools/ when the bench first runs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../../tools/process.ts';
import { bucket } from '../load/endpoint.ts';
import { endServer, freePort, loopback, startServer } from './server-process.ts';
import type { Target } from './target.ts';

const version = '3.7.1';
const folderOfTool = `${root}.tools/s3rver-${version}`;
const program = `${folderOfTool}/node_modules/s3rver/bin/s3rver.js`;

export const s3rver: Target = {
  name: `s3rver ${version}`,
  durable: 'no',
  lists: true,
  start: async (folder) => {
    const port = await freePort();
    const where = ['--directory', join(folder, 'files'), '--address', loopback, '--port', String(port)];
    const args = [program, ...where, '--silent', '--configure-bucket', bucket];
    const child = await startServer(process.execPath, ['--no-deprecation', ...args], { port });
    return {
      endpoint: { host: loopback, port, accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
      pid: child.pid,
      stop: () => endServer(child),
    };
  },
};

/** Installs it where it is missing; resolves with what went wrong, if anything did. */
export async function whyNoS3rver(): Promise<string | undefined> {
  if (existsSync(program)) return undefined;
  await mkdir(folderOfTool, { recursive: true });
  const args = ['install', '--prefix', folderOfTool, '--no-audit', '--no-fund', `s3rver@${version}`];
  const { error, status, stderr } = spawnSync('npm', args, { encoding: 'utf8' });
  if (error === undefined && status === 0) return undefined;
  return `npm could not install s3rver: ${error?.message ?? stderr.trim().split('\n').at(-1)}`;
}
