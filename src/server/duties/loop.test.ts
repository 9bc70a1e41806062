import { describe, expect, it } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { createLog, silentLog } from '../../observe/log.ts';
import { Duty } from './loop.ts';

const hour = 3_600_000;

function turns(count: number): { readonly reached: Promise<void>; turn(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = count;
  return {
    reached: promise,
    turn: () => {
      left -= 1;
      if (left === 0) resolve();
    },
  };
}

describe('a duty', () => {
  it('works at once, and again when it is woken from its pause', async () => {
    const two = turns(2);
    const duty: Duty = new Duty({
      name: 'test',
      clock: systemClock,
      log: silentLog,
      pauseMs: hour,
      round: async () => {
        two.turn();
        setTimeout(() => duty.wake());
      },
    });
    await two.reached;
    await duty.stop();
  });

  it('logs a round that failed and goes on', async () => {
    const lines: string[] = [];
    const two = turns(2);
    const log = createLog({ level: 'warn', clock: systemClock, write: (line) => lines.push(line) });
    const round = async () => {
      two.turn();
      throw new Error('bad luck');
    };
    const duty = new Duty({ name: 'test', clock: systemClock, log, pauseMs: 1, round });
    await two.reached;
    await duty.stop();
    expect(lines[0]).toContain('bad luck');
  });

  it('stops after the round that runs, which hears of it', async () => {
    let ended = false;
    const round = async (signal: AbortSignal) => {
      await systemClock.sleep(hour, { signal }).catch(() => undefined);
      ended = true;
    };
    const duty = new Duty({ name: 'test', clock: systemClock, log: silentLog, pauseMs: 1, round });
    await new Promise((resolve) => setImmediate(resolve));
    await duty.stop();
    expect(ended).toBe(true);
  });
});
