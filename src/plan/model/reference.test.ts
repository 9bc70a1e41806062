import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { markdownTable } from '../../../tools/docs/table.ts';
import { telemetry } from '../calibrate/calibrate.ts';
import { inputsReference, metricsReference } from './reference.ts';

function printedIn(document: string, name: string): string {
  const text = readFileSync(new URL(`../../../docs/planner/${document}`, import.meta.url), 'utf8');
  return new RegExp(`<!-- printed: ${name} -->\n([^]*?)\n<!-- end -->`).exec(text)?.[1] ?? '';
}

it.each([
  ['inputs.md', 'planner inputs', inputsReference()],
  ['metrics.md', 'planner metrics', metricsReference()],
])('docs/planner/%s lists what the code knows (%s)', (document, name, { columns, rows }) => {
  expect(printedIn(document, name)).toBe(
    markdownTable(
      [...columns],
      rows.map((row) => [...row]),
    ),
  );
});

it('docs/planner/calibration.md names all telemetry', () => {
  const text = readFileSync(new URL('../../../docs/planner/calibration.md', import.meta.url), 'utf8');
  expect(Object.values(telemetry).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});
