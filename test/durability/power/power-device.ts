/**
 * Why: whether data survives a power cut can be tried only on a disk that loses what was not flushed: device.py served
 * by nbdkit, made a file by nbdfuse, a block device by a loop, and an ext4 on that. Killing the first two is the cut.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type PowerDeviceOptions = {
  /** An empty directory for what the device needs. */
  readonly folder: string;
  readonly mountPoint: string;
  readonly bytes: number;
  readonly seed: number;
  /** Share of pages that are written before they are flushed. */
  readonly leak: number;
};

const plugin = fileURLToPath(new URL('device.py', import.meta.url));
/** Nothing is written back just because time went by or a file was renamed: only what is synced is safe. */
const mountOptions = 'noatime,noauto_da_alloc,commit=300';
const appearsWithinMs = 10_000;
const pollMs = 10;

export class PowerDevice {
  readonly #options: PowerDeviceOptions;
  #processes: ChildProcess[] = [];
  #loop = '';
  #isMounted = false;

  private constructor(options: PowerDeviceOptions) {
    this.#options = options;
  }

  /** A new device with an empty file system, mounted. */
  static async make(options: PowerDeviceOptions): Promise<PowerDevice> {
    const device = new PowerDevice(options);
    await mkdir(device.#fuse, { recursive: true });
    const image = await open(device.#image, 'w');
    await image.truncate(options.bytes);
    await image.close();
    try {
      await device.#attach();
      run('mkfs.ext4', ['-q', '-m', '0', device.#loop]);
      device.#mount();
      return device;
    } catch (error) {
      await device.remove();
      throw error;
    }
  }

  get #image(): string {
    return join(this.#options.folder, 'image');
  }

  get #fuse(): string {
    return join(this.#options.folder, 'fuse');
  }

  /** Nothing that was written so far is lost. */
  flush(): void {
    run('sync', ['-f', this.#options.mountPoint]);
  }

  /** At once: all that was not flushed is lost. Whoever has files open there must end before the power comes back. */
  cutPower(): void {
    for (const child of this.#processes) child.kill('SIGKILL');
  }

  /** Mounts what is left. */
  async restorePower(): Promise<void> {
    await this.#detach();
    await this.#attach();
    this.#mount();
  }

  async remove(): Promise<void> {
    await this.#detach();
    await rm(this.#options.folder, { recursive: true });
  }

  async #attach(): Promise<void> {
    const { folder, seed, leak } = this.#options;
    const socket = join(folder, 'socket');
    await rm(socket, { force: true });
    this.#start('nbdkit', [
      '-f',
      '-U',
      socket,
      'python',
      plugin,
      `file=${this.#image}`,
      `seed=${seed}`,
      `leak=${leak}`,
    ]);
    await appears(socket);
    this.#start('nbdfuse', [join(this.#fuse, 'device'), '--unix', socket]);
    await appears(join(this.#fuse, 'device'));
    this.#loop = run('losetup', ['--find', '--show', join(this.#fuse, 'device')]).trim();
  }

  #mount(): void {
    run('mount', ['-o', mountOptions, this.#loop, this.#options.mountPoint]);
    this.#isMounted = true;
  }

  #start(command: string, args: readonly string[]): void {
    this.#processes.push(spawn(command, args, { stdio: 'ignore' }));
  }

  async #detach(): Promise<void> {
    if (this.#isMounted) run('umount', [this.#options.mountPoint]);
    this.#isMounted = false;
    if (this.#loop !== '') run('losetup', ['--detach', this.#loop]);
    this.#loop = '';
    this.cutPower();
    await Promise.all(this.#processes.map(ended));
    this.#processes = [];
    spawnSync('umount', [this.#fuse]); // it is not mounted where the attempt did not come so far
  }
}

/** Undefined when such devices can be made here, else why not. */
export async function whyNoPowerDevice(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'only root may mount';
  const missing = ['nbdkit', 'nbdfuse', 'losetup', 'mkfs.ext4'].find((name) => spawnSync(name, ['--version']).error);
  if (missing !== undefined) return `${missing} is not installed`;
  const folder = await mkdtemp(join(tmpdir(), 'copyset-power-'));
  try {
    const options = { folder: join(folder, 'device'), mountPoint: join(folder, 'mounted'), bytes: 2 ** 24 };
    await mkdir(options.mountPoint);
    await (await PowerDevice.make({ ...options, seed: 0, leak: 0 })).remove();
    return undefined;
  } catch (error) {
    return `no block device can be made: ${String(error)}`;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

async function appears(path: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < appearsWithinMs; waitedMs += pollMs) {
    if ((await stat(path).catch(() => undefined)) !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new Error(`${path} did not appear`);
}
