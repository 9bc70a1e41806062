/** Why: /metrics is text (Prometheus, format 0.0.4); calibration reads it from a URL's body or a saved file alike. */
import { CopysetError } from '../../base/errors.ts';

export type Sample = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

/** Samples in order of the text. Throws `request.invalid` that names the line. */
export function parseExposition(text: string): Sample[] {
  return text.split('\n').flatMap((line, index) => {
    const trimmed = line.trim();
    return trimmed === '' || trimmed.startsWith('#') ? [] : [parseSample(trimmed, index + 1)];
  });
}

const sampleForm = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
const labelForm = /\s*([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"\s*(?:,|$)/gy;

function parseSample(line: string, number: number): Sample {
  const match = sampleForm.exec(line);
  const value = match === null ? Number.NaN : parseValue(match[3] as string);
  const labels = match === null ? undefined : parseLabels(match[2] ?? '');
  if (match === null || labels === undefined || Number.isNaN(value)) {
    throw new CopysetError('request.invalid', `line ${number} of the metrics is no sample: ${line.slice(0, 80)}`);
  }
  return { name: match[1] as string, labels, value };
}

/** NaN, which a gauge may well be, is no use to anybody here and counts as unreadable. */
function parseValue(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

function parseLabels(text: string): Record<string, string> | undefined {
  const matches = [...text.matchAll(labelForm)];
  if (matches.reduce((length, match) => length + match[0].length, 0) !== text.length) return undefined;
  const unescaped = (value: string) => value.replaceAll(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
  return Object.fromEntries(matches.map((match) => [match[1], unescaped(match[2] as string)]));
}

/** One look at a system: all samples, and when. */
export class Scrape {
  readonly #samples: readonly Sample[];

  constructor(samples: readonly Sample[]) {
    this.#samples = samples;
  }

  /** Samples of a name that carry all these labels. */
  all(name: string, labels: Readonly<Record<string, string>> = {}): Sample[] {
    const wanted = Object.entries(labels);
    return this.#samples.filter(
      (sample) => sample.name === name && wanted.every(([key, value]) => sample.labels[key] === value),
    );
  }

  /** The sum over those samples; undefined when there is none. */
  total(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const found = this.all(name, labels);
    return found.length === 0 ? undefined : found.reduce((sum, sample) => sum + sample.value, 0);
  }

  /** Cumulative buckets summed over those samples, ascending by bound; empty when there are none. */
  histogram(name: string, labels: Readonly<Record<string, string>> = {}): Bucket[] {
    const byBound = new Map<number, number>();
    for (const sample of this.all(`${name}_bucket`, labels)) {
      const bound = parseValue(sample.labels.le ?? '');
      byBound.set(bound, (byBound.get(bound) ?? 0) + sample.value);
    }
    return [...byBound].map(([upTo, count]) => ({ upTo, count })).sort((left, right) => left.upTo - right.upTo);
  }
}

/** Observations at most `upTo`. */
export type Bucket = { readonly upTo: number; readonly count: number };

/** What came between two scrapes. */
export function bucketsSince(earlier: readonly Bucket[], later: readonly Bucket[]): Bucket[] {
  const before = new Map(earlier.map((bucket) => [bucket.upTo, bucket.count]));
  return later.map((bucket) => ({
    upTo: bucket.upTo,
    count: Math.max(0, bucket.count - (before.get(bucket.upTo) ?? 0)),
  }));
}
