import { expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { CopysetError } from '../../base/errors.ts';
import { createOutput } from '../print/output.ts';
import type { Terminal } from '../terminal.ts';
import type { Transfer } from './transfer.ts';
import { TransferProgress } from './transfer-progress.ts';

const MiB = 2 ** 20;
const transfer = (bytes: number): Transfer => ({
  from: 'a',
  to: 's3://b/a',
  bytes,
  run: () => Promise.reject(new CopysetError('bug', 'it is not run here')),
});

function start(isTerminal: boolean) {
  const written = { out: '', err: '' };
  let nowMs = 0;
  const terminal: Terminal = {
    out: (text) => {
      written.out += text;
    },
    outBytes: async () => undefined,
    err: (text) => {
      written.err += text;
    },
    outIsTerminal: isTerminal,
    errIsTerminal: isTerminal,
    environment: {},
  };
  const clock = { ...systemClock, monotonicMs: () => nowMs };
  const progress = new TransferProgress({ terminal, output: createOutput(terminal, false) }, clock);
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { progress, written, pass };
}

test('a terminal shows what is done, the rate and the time that is left', () => {
  const { progress, written, pass } = start(true);
  progress.expect(transfer(30 * MiB));
  pass(1000);
  progress.advance(10 * MiB);
  expect(written.err.split('\r\x1b[K').at(-1)).toBe(
    '[######--------------]  33 %  10 MiB of 30 MiB, 10 MiB/s, 2 s to go (0 of 1 objects)',
  );
  pass(2000);
  progress.advance(20 * MiB);
  progress.finish(transfer(30 * MiB), { bytes: 30 * MiB, resumedBytes: 0, etag: 'e' });
  progress.end();
  expect(written.out).toBe('1 objects, 30 MiB in 3 s (10 MiB/s)\n');
});

test('what an earlier run copied makes this one no faster', () => {
  const { progress, written, pass } = start(true);
  progress.expect(transfer(30 * MiB));
  progress.advance(20 * MiB);
  pass(1000);
  progress.advance(10 * MiB);
  progress.finish(transfer(30 * MiB), { bytes: 30 * MiB, resumedBytes: 20 * MiB, etag: 'e' });
  progress.end();
  expect(written.out).toContain('(10 MiB/s)');
});

test('a pipe gets a line for each object, one a second meanwhile, and a last one', () => {
  const { progress, written, pass } = start(false);
  progress.expect(transfer(4 * MiB));
  progress.expect(transfer(1));
  for (let step = 0; step < 4; step++) {
    pass(400);
    progress.advance(MiB);
  }
  progress.finish(transfer(4 * MiB), { bytes: 4 * MiB, resumedBytes: 0, etag: 'e' });
  progress.fail(transfer(1), new CopysetError('conflict', 'it was changed'));
  progress.end();
  const lines = written.out.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { state: 'running', bytes: 3 * MiB, totalBytes: 4 * MiB + 1, objects: 0, total: 2, etaMs: 400 },
    { state: 'copied', bytes: 4 * MiB, etag: 'e' },
    { state: 'failed', error: { code: 'conflict', message: 'it was changed' } },
    { state: 'failed', objects: 1, failed: 1, bytes: 4 * MiB, ms: 1600 },
  ]);
  expect([written.err, progress.failed]).toEqual(['', 1]);
});
