/** Why: commands see where their words go, so that one writes tables for people and lines of JSON for programs. */
import { CopysetError } from '../base/errors.ts';

export type Terminal = {
  /** What was asked for. */
  readonly out: (text: string) => void;
  /** The same as bytes; resolves when there is room for more, `closed` when the reader went away. */
  readonly outBytes: (bytes: Uint8Array) => Promise<void>;
  /** Progress, problems, logs. */
  readonly err: (text: string) => void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
};

function writeBytes(bytes: Uint8Array): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  process.stdout.write(bytes, (cause) => {
    if (cause) reject(new CopysetError('closed', 'the reader of the output went away', { cause }));
    else resolve();
  });
  return promise;
}

export const processTerminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  outBytes: writeBytes,
  err: (text) => void process.stderr.write(text),
  outIsTerminal: process.stdout.isTTY === true,
  errIsTerminal: process.stderr.isTTY === true,
  environment: process.env,
};
