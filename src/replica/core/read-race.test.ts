import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { VolumeId } from '../../base/ids.ts';
import { seededRandom } from '../../base/random.ts';
import {
  type Candidate,
  onReadEvent,
  orderCandidates,
  type ReadEffect,
  type ReadEvent,
  startReadRace,
} from './read-race.ts';

const [a, b, c] = ['a', 'b', 'c'] as VolumeId[] as [VolumeId, VolumeId, VolumeId];

/** The effects of each event in turn. */
function run(order: readonly VolumeId[], events: readonly ReadEvent[]): ReadEffect[][] {
  let race = startReadRace(order);
  return events.map((event) => {
    const step = onReadEvent(race, event);
    race = step.race;
    return [...step.effects];
  });
}

test('the first is asked, then after the delay the next, each with a delay of its own while there is another', () => {
  expect(run([a, b, c], [{ kind: 'begin' }, { kind: 'hedge-due', after: a }, { kind: 'hedge-due', after: b }])).toEqual(
    [
      [
        { kind: 'ask', volume: a },
        { kind: 'arm-hedge', after: a },
      ],
      [
        { kind: 'ask', volume: b },
        { kind: 'arm-hedge', after: b },
      ],
      [{ kind: 'ask', volume: c }],
    ],
  );
});

test('who fails is followed at once, and its delay no longer asks for one more', () => {
  expect(run([a, b, c], [{ kind: 'begin' }, { kind: 'failed', volume: a }, { kind: 'hedge-due', after: a }])).toEqual([
    expect.anything(),
    [
      { kind: 'ask', volume: b },
      { kind: 'arm-hedge', after: b },
    ],
    [],
  ]);
});

test('gives up only when all have failed, at once when there is nobody to ask', () => {
  expect(run([], [{ kind: 'begin' }])).toEqual([[{ kind: 'give-up' }]]);
  const failures: ReadEvent[] = [a, b].map((volume) => ({ kind: 'failed', volume }));
  const effects = run([a, b], [{ kind: 'begin' }, { kind: 'hedge-due', after: a }, ...failures]);
  expect(effects.slice(2)).toEqual([[], [{ kind: 'give-up' }]]);
});

test('whatever happens, each holder is asked once at most, and giving up comes once, after all have failed', () => {
  const schedule = fc.array(fc.nat(), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), schedule, (count, choices) => {
      const order = Array.from({ length: count }, (_, index) => `v${index}` as VolumeId);
      let race = startReadRace(order);
      const asked: VolumeId[] = [];
      const failed = new Set<VolumeId>();
      const armed: VolumeId[] = [];
      let gaveUp = 0;
      const happen = (event: ReadEvent) => {
        const step = onReadEvent(race, event);
        race = step.race;
        for (const effect of step.effects) {
          if (effect.kind === 'ask') asked.push(effect.volume);
          else if (effect.kind === 'arm-hedge') armed.push(effect.after);
          else gaveUp += 1;
        }
      };
      happen({ kind: 'begin' });
      for (const choice of choices) {
        const running = asked.filter((volume) => !failed.has(volume));
        if (gaveUp > 0) break;
        const due = choice % 2 === 0 ? armed.shift() : undefined;
        const loser = running[choice % running.length] as VolumeId;
        if (due !== undefined) happen({ kind: 'hedge-due', after: due });
        else {
          failed.add(loser);
          happen({ kind: 'failed', volume: loser });
        }
      }
      expect(new Set(asked).size).toBe(asked.length);
      expect(gaveUp).toBe(failed.size === count ? 1 : 0);
    }),
  );
});

function candidate(volume: VolumeId, set: Partial<Candidate> = {}): Candidate {
  return { volume, isLastResort: false, suspect: false, inFlight: 0, latencyMs: 10, ...set };
}

test('suspects come last, then what is expected to answer first comes first', () => {
  const order = (...candidates: Candidate[]) => orderCandidates(candidates, seededRandom(1));
  expect(order(candidate(a, { suspect: true, latencyMs: 1 }), candidate(b), candidate(c, { latencyMs: 5 }))).toEqual([
    c,
    b,
    a,
  ]);
  expect(
    order(candidate(a, { inFlight: 3 }), candidate(b, { latencyMs: 30 }), candidate(c, { latencyMs: 50 })),
  ).toEqual([b, a, c]);
});

test('who is asked for want of a holder comes after all holders, however fast it seems', () => {
  const holders = [candidate(a, { suspect: true, latencyMs: 90 }), candidate(b, { latencyMs: 90 })];
  const others = [candidate(c, { isLastResort: true, latencyMs: 0 })];
  expect(orderCandidates([...others, ...holders], seededRandom(1))).toEqual([b, a, c]);
});

test('equals share the load, and a seed replays the order', () => {
  const firstOf = (seed: number) => orderCandidates([candidate(a), candidate(b), candidate(c)], seededRandom(seed))[0];
  const firsts = Array.from({ length: 300 }, (_, seed) => firstOf(seed));
  for (const volume of [a, b, c]) expect(firsts.filter((first) => first === volume).length).toBeGreaterThan(60);
  expect(firstOf(7)).toBe(firstOf(7));
});
