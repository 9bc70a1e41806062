import { expect, test } from 'vitest';
import { countReport } from './test.ts';

const file = (status: string, ...statuses: string[]) => ({
  name: 'some.test.ts',
  status,
  assertionResults: statuses.map((each, at) => ({ status: each, fullName: `test ${at}` })),
});

test('passed, failed and skipped tests are counted', () => {
  const report = { testResults: [file('passed', 'passed', 'skipped'), file('failed', 'failed', 'passed')] };
  expect(countReport(report, 1)).toEqual({ passed: 2, failed: 1, skipped: ['test 1'] });
});

test('a file that could not be loaded counts as failed', () => {
  expect(countReport({ testResults: [file('failed')] }, 1).failed).toBe(1);
});

test('an error outside of every test counts as failed', () => {
  expect(countReport({ testResults: [file('passed', 'passed')] }, 1).failed).toBe(1);
});
