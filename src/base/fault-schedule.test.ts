import { describe, expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { type Fault, FaultSchedule, withFault } from './fault-schedule.ts';

const possible: readonly Fault[] = ['error', 'flip'];

function run(schedule: FaultSchedule, calls: number): (Fault | undefined)[] {
  return Array.from({ length: calls }, () => schedule.next('read', possible));
}

describe('a fault schedule', () => {
  test('replays from its seed', () => {
    const plan = { seed: 7, rates: { 'read:error': 0.2, '*:flip': 0.2 } };
    const faults = run(new FaultSchedule(plan), 200);
    expect(run(new FaultSchedule(plan), 200)).toEqual(faults);
    expect(run(new FaultSchedule({ ...plan, seed: 8 }), 200)).not.toEqual(faults);
  });

  test('counts what fired, and names what could have and did not', () => {
    const schedule = new FaultSchedule({ seed: 1, rates: { 'read:error': 1e-12, '*:flip': 1 } });
    run(schedule, 5);
    expect(Object.fromEntries(schedule.fired)).toEqual({ 'read:error': 0, 'read:flip': 5 });
    expect(schedule.calls.get('read')).toBe(5);
  });

  test('forces a fault at the nth call from now, also while paused', () => {
    const schedule = new FaultSchedule({ seed: 1, rates: { '*:error': 1 } });
    schedule.pause();
    run(schedule, 2);
    schedule.force('read', 'flip', 2);
    expect(run(schedule, 3)).toEqual([undefined, 'flip', undefined]);
    schedule.resume();
    expect(run(schedule, 1)).toEqual(['error']);
  });

  test('refuses to force what the operation cannot have', () => {
    const schedule = new FaultSchedule({ seed: 1 });
    schedule.force('read', 'full');
    expect(() => run(schedule, 1)).toThrow('read can have the fault full');
  });

  test('a delay lies between its bounds', async () => {
    const sleptMs: number[] = [];
    const clock = { ...systemClock, sleep: async (ms: number) => void sleptMs.push(ms) };
    const schedule = new FaultSchedule({ seed: 1, leastDelayMs: 20, maxDelayMs: 60 });
    for (let call = 0; call < 200; call++) await schedule.stall('delay', clock);
    expect(Math.min(...sleptMs)).toBeGreaterThanOrEqual(20);
    expect(Math.min(...sleptMs)).toBeLessThan(22);
    expect(Math.max(...sleptMs)).toBeGreaterThan(58);
    expect(Math.max(...sleptMs)).toBeLessThan(60);
  });

  test('a hang ends by release or by its signal', async () => {
    const schedule = new FaultSchedule({ seed: 1 });
    const hung = schedule.stall('hang', systemClock);
    const abort = new AbortController();
    const given = schedule.stall('hang', systemClock, { signal: abort.signal });
    abort.abort();
    await expect(given).rejects.toMatchObject({ code: 'request.aborted' });
    schedule.release();
    await hung;
  });

  test('a stall comes before the work, every other fault goes to it', async () => {
    const schedule = new FaultSchedule({ seed: 1, maxDelayMs: 1 });
    const call = { operation: 'read', possible: ['delay', 'hang', 'torn'] as const };
    const work = async (fault: Fault | undefined) => `worked with ${fault}`;
    const played = [];
    for (const fault of call.possible) {
      schedule.force('read', fault);
      played.push(withFault({ schedule, clock: systemClock }, call, work));
    }
    schedule.release();
    expect(await Promise.all(played)).toEqual(['worked with undefined', 'worked with undefined', 'worked with torn']);
  });

  test('flips exactly one bit of a copy', () => {
    const schedule = new FaultSchedule({ seed: 3 });
    const bytes = new Uint8Array(64);
    const ones = [...schedule.flip(bytes)].filter((byte) => byte !== 0);
    expect(ones).toHaveLength(1);
    expect(Math.log2(ones[0] ?? 0) % 1).toBe(0);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
  });
});
