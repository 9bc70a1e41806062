/**
 * Why: strace makes single system calls of a running process fail, on chosen files, which no mount can do. It takes the
 * right to trace (root, as a rule) and the Debian package.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** Why calls cannot be made to fail here; undefined when they can. */
export const whyNoInjection = ((): string | undefined => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux, to trace';
  return spawnSync('strace', ['-V']).error === undefined ? undefined : 'needs strace';
})();

export type Injection = {
  readonly pid: number;
  /** Calls on these files, and no others. */
  readonly paths: readonly string[];
  /** Names of system calls, separated by commas. */
  readonly calls: string;
  /** As strace takes it, such as `error=EIO`. */
  readonly what: string;
};

/** `await using` lets the process go on undisturbed. */
export class InjectedFault {
  readonly #strace: ChildProcess;
  #injected = 0;

  private constructor(strace: ChildProcess) {
    this.#strace = strace;
    strace.stderr?.on('data', (chunk: Buffer) => {
      this.#injected += chunk.toString().split('(INJECTED)').length - 1;
    });
  }

  /** Resolves when the process is traced. */
  static async into({ pid, paths, calls, what }: Injection): Promise<InjectedFault> {
    const filters = paths.flatMap((path) => ['-P', path]);
    const rules = ['-e', `trace=${calls}`, '-e', `inject=${calls}:${what}`];
    const strace = spawn('strace', ['-f', '-p', String(pid), ...filters, ...rules], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const fault = new InjectedFault(strace);
    await once(strace.stderr as Readable, 'data'); // it says whom it attached to
    return fault;
  }

  /** How many calls it has made fail. */
  get injected(): number {
    return this.#injected;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#strace.kill('SIGINT');
    await once(this.#strace, 'exit');
  }
}
