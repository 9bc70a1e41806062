import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync } from 'node:fs';
import { appendFile, cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { S3Client } from '../support/client.ts';
import { sha256OfFile } from './support/contents.ts';
import { type FolderClient, testFolderClient, type Workplace } from './support/folder-client.conformance.ts';
import { describeClient, findProgram, type Missing, output, type Program } from './support/presence.ts';

const environment = { PATH: process.env.PATH, HOME: '/nonexistent' };
const mountedWithinMs = 10_000;
const pollMs = 50;

function findMounter(): Program | Missing {
  const why = whyNoMount();
  return why === undefined ? findProgram('s3fs') : { missing: why, cannotHave: true };
}

/** A container may show the device and yet let nobody use it, or mount. */
function whyNoMount(): string | undefined {
  try {
    closeSync(openSync('/dev/fuse', 'r+'));
  } catch (error) {
    return `this machine gives no /dev/fuse: ${String(error)}`;
  }
  if (process.getuid?.() !== 0) return undefined; // fusermount asks for itself
  const folder = mkdtempSync(join(tmpdir(), 'copyset-mount-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', 'none', folder]);
  if (status === 0) spawnSync('umount', [folder]);
  rmdirSync(folder);
  return status === 0 ? undefined : 'this machine lets nobody mount';
}

/** Buckets as folders: each is mounted when it is first asked for. */
class Mounts {
  readonly #program: string;
  readonly #at: Workplace;
  readonly #mounted = new Set<string>();

  constructor(program: string, at: Workplace) {
    this.#program = program;
    this.#at = at;
  }

  async folderOf(bucket: string): Promise<string> {
    const folder = this.#place(bucket);
    if (this.#mounted.has(bucket)) return folder;
    await mkdir(folder, { recursive: true });
    const { endpoint, accessKeyId, secretAccessKey } = this.#at.ready;
    const passwords = join(this.#at.folder, 's3fs-passwd');
    await writeFile(passwords, `${accessKeyId}:${secretAccessKey}`, { mode: 0o600 });
    const place = [`passwd_file=${passwords}`, `url=${endpoint}`, 'use_path_request_style'];
    // by itself it copies onto itself what it wrote, as one part, and nothing tells that it came in parts
    const options = [...place, 'multipart_size=8', 'nocopyapi'];
    await output(this.#program, [bucket, folder, '-o', options.join(',')], environment);
    this.#mounted.add(bucket);
    await this.#waitUntilMounted(folder);
    return folder;
  }

  async unmount(bucket: string): Promise<void> {
    if (this.#mounted.delete(bucket)) await output('fusermount', ['-u', this.#place(bucket)], environment);
  }

  async end(): Promise<void> {
    for (const bucket of this.#mounted) await this.unmount(bucket);
  }

  #place(bucket: string): string {
    return join(this.#at.folder, `mount-${bucket}`);
  }

  /** It goes into the background before it has asked the store. */
  async #waitUntilMounted(folder: string): Promise<void> {
    const outside = (await stat(this.#at.folder)).dev;
    for (const startedMs = performance.now(); performance.now() < startedMs + mountedWithinMs; await wait(pollMs)) {
      if ((await stat(folder)).dev !== outside) return;
    }
    throw new Error(`s3fs did not mount ${folder} within ${mountedWithinMs} ms`);
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

describeClient({ name: 's3fs', debianPackage: 's3fs' }, findMounter(), ({ path }) => {
  const open = async (at: Workplace): Promise<FolderClient> => {
    const mounts = new Mounts(path, at);
    const own = new S3Client(at.ready);
    return {
      makeBucket: (bucket) => own.createBucket(bucket), // s3fs makes none
      push: async (folder, bucket) => cp(folder, await mounts.folderOf(bucket), { recursive: true }),
      pull: async (bucket, folder) => cp(await mounts.folderOf(bucket), folder, { recursive: true }),
      keys: async (bucket) => filesBelow(await mounts.folderOf(bucket)),
      remove: async (bucket) => {
        const folder = await mounts.folderOf(bucket);
        for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
        await mounts.unmount(bucket);
        await own.ask({ method: 'DELETE', target: `/${bucket}` });
      },
      end: async () => {
        await mounts.end();
        own[Symbol.dispose]();
      },
    };
  };
  testFolderClient('s3fs', {
    open,
    further: {
      'appends and renames': async (client, at) => {
        await client.makeBucket('changed');
        const mounts = new Mounts(path, at);
        try {
          const folder = await mounts.folderOf('changed');
          await appendFile(join(folder, 'log'), 'one\n');
          await appendFile(join(folder, 'log'), 'two\n');
          await rename(join(folder, 'log'), join(folder, 'log.1'));
          await cp(join(at.folder, 'large', 'shard'), join(folder, 'shard'));
          await rename(join(folder, 'shard'), join(folder, 'renamed'));
          await mounts.unmount('changed');
          const again = await mounts.folderOf('changed'); // nothing is remembered from before
          expect(await readFile(join(again, 'log.1'), 'utf8')).toBe('one\ntwo\n');
          expect(await sha256OfFile(join(again, 'renamed'))).toBe(
            await sha256OfFile(join(at.folder, 'large', 'shard')),
          );
          expect((await readdir(again)).toSorted()).toEqual(['log.1', 'renamed']);
        } finally {
          await mounts.end();
        }
        await client.remove('changed');
      },
    },
  });
});
