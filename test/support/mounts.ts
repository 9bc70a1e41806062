/**
 * Why: disks that fill up and disks that hang are file systems of their own, mounted where a store expects a directory.
 * That takes root, and Debian packages named in tools/engines.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Why mounts cannot be made here; undefined when they can. */
export const whyNoMounts = ((): string | undefined => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux, to mount';
  return spawnSync('mkfs.ext4', ['-V']).error === undefined ? undefined : 'needs e2fsprogs';
})();

/** Why directories that hang cannot be made here. */
export const whyNoHangs = ((): string | undefined =>
  whyNoMounts ?? (spawnSync('bindfs', ['-V']).error === undefined ? undefined : 'needs bindfs'))();

/** An ext4 of its own at `path`, on a file. */
export class SmallDisk {
  readonly path: string;
  readonly #image: string;

  constructor(path: string, { image, mebibytes }: { readonly image: string; readonly mebibytes: number }) {
    this.path = path;
    this.#image = image;
    mkdirSync(path, { recursive: true });
    mkdirSync(dirname(image), { recursive: true });
    run('truncate', ['-s', `${mebibytes}M`, this.#image]);
    run('mkfs.ext4', ['-q', '-F', '-m', '0', this.#image]);
    run('mount', ['-o', 'loop', this.#image, path]);
  }

  get #filler(): string {
    return join(this.path, 'filler');
  }

  /** Takes all room that is left, but for so many bytes. */
  fill(leaveBytes = 0): void {
    const file = openSync(this.#filler, 'a');
    try {
      writeUntilFull(file);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    const { size } = statSync(this.#filler);
    run('truncate', ['-s', String(Math.max(0, size - leaveBytes)), this.#filler]);
  }

  empty(): void {
    rmSync(this.#filler, { force: true });
  }

  [Symbol.dispose](): void {
    run('umount', [this.path]);
    rmSync(this.#image);
  }
}

/** The directory `source` at `path`, by a process of ours: stopped, every call into it hangs in the kernel. */
export class HangingDirectory {
  readonly path: string;
  readonly #server: ChildProcess;

  private constructor(path: string, server: ChildProcess) {
    this.path = path;
    this.#server = server;
  }

  static async mount(source: string, path: string): Promise<HangingDirectory> {
    for (const each of [source, path]) mkdirSync(each, { recursive: true });
    const nothingKept = 'direct_io,attr_timeout=0,entry_timeout=0,negative_timeout=0,ac_attr_timeout=0';
    const server = spawn('bindfs', ['-f', '--multithreaded', '-o', nothingKept, source, path], { stdio: 'ignore' });
    while (spawnSync('mountpoint', ['-q', path]).status !== 0) await sleep(20);
    return new HangingDirectory(path, server);
  }

  hang(): void {
    this.#server.kill('SIGSTOP');
  }

  goOn(): void {
    this.#server.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.goOn();
    run('umount', [this.path]);
    await once(this.#server, 'exit');
  }
}

function writeUntilFull(file: number): void {
  for (let bytes = 1024 * 1024; bytes >= 512; ) {
    try {
      writeSync(file, Buffer.alloc(bytes, 0xff));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      bytes /= 2;
    }
  }
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.toString()}`);
}
