/** Why: black-box tests start the product as a user does, speak to it from outside, and end or kill it by its pid. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { StoreStatus } from '../../src/admin/contract.ts';

const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

/** The line that `copyset dev --json` prints when it is ready. */
export type Ready = {
  readonly endpoint: string;
  readonly admin: string;
  /** URL of metrics and health. */
  readonly metrics: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly pid: number;
  readonly volumes: readonly { readonly id: string; readonly path: string }[];
};

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

/** Runs one command to its end. */
export async function copyset(...args: readonly string[]): Promise<Ran> {
  const program = new CopysetProgram(args);
  const code = await program.ended;
  return { code, out: program.out, err: program.err };
}

/** Starts `copyset dev --json` on any free port; resolves when it is ready. */
export function startDev(directory: string, ...args: readonly string[]): Promise<DevProcess> {
  return whenReady(launchDev(directory, args));
}

/** The same, not waited for. */
export function launchDev(directory: string, args: readonly string[], launch?: Launch): CopysetProgram {
  return new CopysetProgram(['dev', '--json', '--listen', '127.0.0.1:0', '--dir', directory, ...args], launch);
}

export async function whenReady(program: CopysetProgram): Promise<DevProcess> {
  await program.printed('\n');
  return new DevProcess(program, JSON.parse(program.out) as Ready);
}

export type Launch = {
  /** Where the program lies. */
  readonly root?: string;
  /** A command that takes another as its last arguments and becomes it, such as `strace -D`. */
  readonly under?: readonly string[];
};

/** One command as a process of its own. */
export class CopysetProgram {
  readonly #child: ChildProcess;
  readonly ended: Promise<number | null>;
  out = '';
  err = '';

  constructor(args: readonly string[], { root = projectRoot, under = [] }: Launch = {}) {
    const [command = '', ...rest] = [...under, process.execPath, `${root}bin/copyset.mjs`, ...args];
    this.#child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.out += chunk.toString();
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.err += chunk.toString();
    });
    this.ended = once(this.#child, 'close').then(([code]) => code as number | null);
  }

  /** Resolves when stdout holds the text; rejects when the program ends without it. */
  async printed(text: string): Promise<void> {
    while (!this.out.includes(text)) {
      const more = once(this.#child.stdout as Readable, 'data');
      const ended = this.ended.then((code) => code ?? 'a signal');
      const end = await Promise.race([more.then(() => undefined), ended]);
      if (end !== undefined && !this.out.includes(text)) throw new Error(`copyset ended with ${end}: ${this.err}`);
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
}

/** A running store; `await using` ends it. */
export class DevProcess {
  readonly #program: CopysetProgram;
  readonly ready: Ready;

  constructor(program: CopysetProgram, ready: Ready) {
    this.#program = program;
    this.ready = ready;
  }

  get out(): string {
    return this.#program.out;
  }

  get err(): string {
    return this.#program.err;
  }

  async status(): Promise<StoreStatus> {
    const response = await fetch(new URL('/v1/status', this.ready.admin));
    return (await response.json()) as StoreStatus;
  }

  /** Sends the signal; resolves with the exit code, null when the signal ended it. */
  end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.#program.signal(signal);
    return this.#program.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }
}
