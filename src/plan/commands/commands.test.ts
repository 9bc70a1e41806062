import { describe, expect, it } from 'vitest';
import { telemetryOf } from '../calibrate/calibrate.ts';
import { exampleFile } from '../example-inputs.ts';
import { metricIds } from '../model/metrics.ts';
import { readDesign } from '../model/read-design.ts';
import { readInputs } from '../model/read-inputs.ts';
import { searchSlice } from '../search/slice.ts';
import { coreDesigns, designOf, referenceSizes, sizesOf } from '../search/space.ts';
import { daySec } from '../units.ts';
import type { Answer } from './answer.ts';
import { calibrateCommand, capacityForecastCommand, lagForecastCommand, simulateCommand } from './check-commands.ts';
import { documentCommand } from './document-command.ts';
import { designNamed, evaluateCommand, explainCommand, sensitivityCommand } from './evaluate-command.ts';
import { diffCommand, searchCommand } from './search-command.ts';

const inputs = readInputs(exampleFile({ limits: ['writeUnavailability<=1%', 'readP99Sec<=300ms'] }));
const design = readDesign({ id: 'mine', placement: ['a-1', 'a-2', 'b-1'] });
const space = { maxCopies: 3, blockBytes: [2 ** 23], cacheShares: [0], codes: [] };
const history = { values: [1, 2, 3, 4, 5, 6, 7, 8], stepSec: daySec, period: 2 };

function column(answer: Answer, title: string, name: string): readonly string[] {
  const table = answer.tables.find((each) => each.title.startsWith(title));
  const index = table?.columns.indexOf(name) ?? -1;
  return table?.rows.map((row) => row[index] as string) ?? [];
}

describe('evaluate', { timeout: 60_000 }, () => {
  it('shows every metric with its source, and the document beside it', () => {
    const shown = evaluateCommand(design, inputs);
    expect(column(shown, 'planner', 'metric')).toEqual(metricIds);
    expect(new Set(column(shown, 'planner', 'source'))).toEqual(new Set(['default', 'assumed']));
    expect(column(shown, 'its trends', 'verdict')).toHaveLength(5);
    expect(shown.exitCode).toBe(0);
  });

  it('exits with 3 when a limit is broken, and says which', () => {
    const { exitCode, notes } = evaluateCommand(design, readInputs(exampleFile({ limits: ['readP99Sec<=1us'] })));
    expect(exitCode).toBe(3);
    expect(notes[0]).toMatch(/readP99Sec<=0.000001/);
  });

  it('explains by formulas and by what moves each number', () => {
    const explained = explainCommand(design, inputs);
    expect(column(explained, 'mine', 'formulas').join()).toContain('domainQuorumAvailability');
    expect(column(explained, 'mine', 'moved by').join()).toContain('10 % more store.detect: +');
    expect(column(sensitivityCommand(design, inputs), 'sensitivities', 'input')).toContain('links.oneWay');
  });

  it('finds a design by its id', () => {
    const core = coreDesigns(inputs, space).at(-1) as ReturnType<typeof coreDesigns>[number];
    const wanted = designOf(inputs, core, sizesOf(inputs, core, space)[0] as never);
    expect(designNamed(wanted.id, inputs, space)).toEqual(wanted);
    expect(designNamed(designOf(inputs, core, referenceSizes).id, inputs, space).cache.bytes).toBe(0);
    expect(() => designNamed('nobody', inputs, space)).toThrow(/nobody/);
  });
});

describe('search', { timeout: 60_000 }, () => {
  it('recommends, and says over what', () => {
    const found = searchCommand(inputs, searchSlice(inputs, { space }));
    expect(found.exitCode).toBe(0);
    expect(found.tables[0]?.title).toMatch(/^recommended: /);
    expect(column(found, 'limits', 'limit')).toEqual(['writeUnavailability<=0.01', 'readP99Sec<=0.3']);
    expect(found.notes.join()).toContain('designs evaluated');
    expect(found.files.map((file) => file.name)).toEqual(['chosen.json', 'front.json']);
    const chosen = readDesign(JSON.parse(found.files[0]?.text ?? ''));
    expect(found.tables[0]?.title).toBe(`recommended: ${chosen.id}`);
    expect(evaluateCommand(chosen, inputs).exitCode).toBe(0);
  });

  it('exits with 3 and the nearest design when nothing is feasible', () => {
    const strict = readInputs(exampleFile({ limits: ['usdPerMonth<=1'] }));
    const found = searchCommand(strict, searchSlice(strict, { space }));
    expect(found.exitCode).toBe(3);
    expect(found.tables[0]?.title).toMatch(/^nearest: /);
  });

  it('prints what a change moves, and its commands', () => {
    const change = diffCommand(design, readDesign({ id: 'next', placement: ['a-1', 'b-1'], W: 2 }), inputs);
    expect(column(change, 'commands', 'command')[0]).toMatch(/^copyset bucket create NEW-BUCKET --copies 2/);
  });
});

describe('doc', () => {
  it('draws its sweeps', () => {
    const { files, tables } = documentCommand(design, inputs, ['B', 'M']);
    expect(files.map((file) => file.name)).toEqual([
      'sweep-B.csv',
      'sweep-B-unavailability.svg',
      'sweep-B-latency.svg',
      'sweep-M.csv',
      'sweep-M-unavailability.svg',
      'sweep-M-latency.svg',
    ]);
    expect(files[0]?.text.split('\n')).toHaveLength(11);
    expect(files[1]?.text).toMatch(/^<svg [\s\S]*<polyline [\s\S]*<\/svg>\n$/);
    expect(tables.some((table) => table.title === 'sweep over M')).toBe(true);
  });
});

describe('checks', () => {
  it('simulate: beside what is evaluated', () => {
    const simulated = simulateCommand(design, inputs, { horizonSec: 60, seed: 1, batches: 4 });
    expect(column(simulated, 'mine', 'metric')).toContain('readP50Sec');
    expect(simulated.notes[0]).toMatch(/requests in/);
  });

  it('calibrate: an inputs file, and what each metric rests on', () => {
    const calibrated = calibrateCommand(
      inputs,
      telemetryOf('copyset_volume_capacity_bytes{volume="a-1"} 5', undefined, 1),
    );
    expect(readInputs(JSON.parse(JSON.stringify(calibrated.json))).nodes[0]?.capacityBytes).toEqual({
      value: 5,
      source: 'measured',
    });
    expect(column(calibrated, 'what each', 'metric')).toEqual(metricIds);
    expect(calibrated.notes).toEqual([]);
  });

  it('calibrate: names volumes that no node is named after', () => {
    const text =
      'copyset_volume_capacity_bytes{volume="4f00"} 5\ncopyset_volume_write_seconds_count{volume="5f00"} 1\n';
    const { notes } = calibrateCommand(inputs, telemetryOf(text, undefined, 1));
    expect(notes).toEqual([expect.stringContaining('4f00, 5f00; give nodes the ids')]);
  });

  it('forecast: 3 when something runs out within the horizon', () => {
    expect(capacityForecastCommand(history, 12, 30 * daySec).exitCode).toBe(3);
    expect(capacityForecastCommand(history, 1e9, 30 * daySec).exitCode).toBe(0);
    const replica = { applyRate: 12, propagationSec: 1, burstSec: 60 };
    expect(lagForecastCommand(history, replica, 30 * daySec).exitCode).toBe(3);
    expect(lagForecastCommand(history, { ...replica, applyRate: 1e6 }, 30 * daySec).exitCode).toBe(0);
  });
});
