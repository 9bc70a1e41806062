/**
 * Why: the S3 servers that Go's module proxy has to offer, each as its own documentation starts it: one copy, in one
 * directory. What is durable when they answer was seen by strace of a PUT of 1 MiB.
 */
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { bucket, type HttpEndpoint } from '../load/endpoint.ts';
import { makeBucket } from './bucket.ts';
import { endServer, freePort, loopback, startServer } from './server-process.ts';
import type { RunningTarget, Target } from './target.ts';

const plantedAtOnce = 64;
const lookAgainMs = 500;
const keys = { accessKeyId: 'bench-access-key', secretAccessKey: 'bench-secret-key' };

/** MinIO's module has no versions by number: of `v0.0.0-20260212201848-7aac2a2c5b7c` the day says most. */
function dayOf(version: string): string {
  return version.replace(/^v0\.0\.0-(\d{4})(\d\d)(\d\d).*$/, '$1-$2-$3');
}

type Launch = {
  readonly program: string;
  readonly args: (port: number, files: string) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

export function minio(program: string, version: string): Target {
  return {
    name: `MinIO ${dayOf(version)}`,
    durable: 'its data is (one fdatasync, one O_DSYNC write), its directory is not',
    lists: true,
    start: (folder) =>
      launch(folder, {
        program,
        args: (port, files) => ['server', '--quiet', '--address', `${loopback}:${port}`, files],
        env: { MINIO_ROOT_USER: keys.accessKeyId, MINIO_ROOT_PASSWORD: keys.secretAccessKey, MINIO_UPDATE: 'off' },
      }),
  };
}

export function versitygw(program: string, version: string): Target {
  const access = ['--access', keys.accessKeyId, '--secret', keys.secretAccessKey];
  return {
    name: `versitygw ${version}`,
    durable: 'no, it syncs nothing',
    lists: true,
    start: async (folder) => {
      const args: Launch['args'] = (port, files) => [...access, '--port', `${loopback}:${port}`, 'posix', files];
      const running = await launch(folder, { program, args });
      return { ...running, plant: (names, bytes) => plantFiles(folder, names, bytes) };
    },
  };
}

export function rclone(program: string, version: string): Target {
  const access = ['--auth-key', `${keys.accessKeyId},${keys.secretAccessKey}`];
  return {
    name: `rclone ${version}`,
    durable: 'no, it syncs nothing',
    lists: true,
    start: async (folder) => {
      const args: Launch['args'] = (port, files) => [
        ...['serve', 's3', '--log-level', 'ERROR', '--config', '/dev/null'],
        ...['--addr', `${loopback}:${port}`, ...access, files],
      ];
      const running = await launch(folder, { program, args });
      const plant = async (names: readonly string[], bytes: number) => {
        await plantFiles(folder, names, bytes);
        running.child.kill('SIGHUP'); // it remembers directories, and then looks again
        await wait(lookAgainMs);
      };
      return { ...running, plant };
    },
  };
}

async function launch(folder: string, { program, args, env = {} }: Launch): Promise<Launched> {
  const files = join(folder, 'files');
  await mkdir(files);
  const port = await freePort();
  const child = await startServer(program, args(port, files), { port, env });
  const endpoint: HttpEndpoint = { host: loopback, port, ...keys };
  try {
    await makeBucket(endpoint);
  } catch (error) {
    await endServer(child);
    throw error;
  }
  return { endpoint, pid: child.pid, child, stop: () => endServer(child) };
}

type Launched = RunningTarget & { readonly child: ChildProcess };

/** Its objects are plain files: many small ones need not go through its slowest door. */
async function plantFiles(folder: string, names: readonly string[], bytes: number): Promise<void> {
  for (let at = 0; at < names.length; at += plantedAtOnce) {
    const some = names.slice(at, at + plantedAtOnce);
    await Promise.all(some.map((name) => plantFile(join(folder, 'files', bucket, name), randomBytes(bytes))));
  }
}

async function plantFile(path: string, body: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, body);
}
