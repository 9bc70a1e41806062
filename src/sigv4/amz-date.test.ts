import fc from 'fast-check';
import { expect, test } from 'vitest';
import { amzDate, parseAmzDate } from './amz-date.ts';

test('every second of the years 100 to 9999 is read as it is written', () => {
  const second = fc.integer({ min: Date.UTC(100, 0) / 1000, max: Date.UTC(9999, 11, 31, 23, 59, 59) / 1000 });
  fc.assert(
    fc.property(second, (seconds) => {
      expect(parseAmzDate(amzDate(seconds * 1000))).toBe(seconds * 1000);
    }),
  );
});

test('digits of that form are a time only where writing it gives them again', () => {
  const digits = (length: number) => fc.stringMatching(new RegExp(`^\\d{${length}}$`));
  const near = (values: readonly string[]) => fc.constantFrom(...values);
  const date = fc.tuple(
    fc.oneof(digits(4), near(['0000', '0099', '2024', '2023', '2100'])),
    near(['00', '01', '02', '06', '12', '13']),
    near(['00', '01', '28', '29', '30', '31', '32']),
  );
  const time = fc.tuple(near(['00', '23', '24', '99']), near(['00', '59', '60']), near(['00', '59', '60']));
  fc.assert(
    fc.property(date, time, (day, hour) => {
      const text = `${day.join('')}T${hour.join('')}Z`;
      const atMs = parseAmzDate(text);
      if (atMs !== undefined) expect(amzDate(atMs)).toBe(text);
      const [year, month, date_] = day.map(Number) as [number, number, number];
      const last = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate(); // the calendar repeats itself
      const isDay = year >= 100 && month >= 1 && month <= 12 && date_ >= 1 && date_ <= last;
      const [hours, minutes, seconds] = hour.map(Number) as [number, number, number];
      expect(atMs !== undefined).toBe(isDay && hours < 24 && minutes < 60 && seconds < 60);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  '',
  '20130524',
  '20130524T000000',
  '2013-05-24T00:00:00Z',
  '20130524t000000Z',
  '20130524T000000Z ',
  '+2130524T000000Z',
])('%j is none', (text) => {
  expect(parseAmzDate(text)).toBeUndefined();
});
