/**
 * Why: keeps the metrics of one process and prints them as Prometheus reads them (text format 0.0.4). Series are
 * bounded: a label that was meant to have few values and has many ends in one series marked `overflow`.
 */
import { assert } from '../../base/assert.ts';
import type { Counter, Gauge, Histogram, Labels, Metrics, Reading } from './metrics.ts';

const maxSeries = 1000;

type Kind = 'counter' | 'gauge' | 'histogram';
type Family = {
  readonly name: string;
  readonly help: string;
  readonly kind: Kind;
  readonly samples: () => Iterable<string>;
};

/** One value of a family for each set of labels, made when first asked for. */
class SeriesMap<T> {
  readonly #create: () => T;
  readonly #series = new Map<string, T>();

  constructor(create: () => T) {
    this.#create = create;
  }

  at(labels: Labels = {}): T {
    const wanted = printLabels(labels);
    const known = this.#series.get(wanted);
    if (known !== undefined) return known;
    const key = this.#series.size < maxSeries ? wanted : printLabels({ overflow: 'true' });
    const found = this.#series.get(key) ?? this.#create();
    this.#series.set(key, found);
    return found;
  }

  entries(): MapIterator<[string, T]> {
    return this.#series.entries();
  }
}

type Cell = { value: number };
type Distribution = { readonly counts: number[]; sum: number; count: number };

export class MetricRegistry implements Metrics {
  readonly #families = new Map<string, Family>();

  counter(name: string, help: string): Counter {
    assert(name.endsWith('_total'), `${name}: counters end with _total`);
    const series = this.#cells(name, help, 'counter');
    return {
      add: (amount = 1, labels = {}) => {
        assert(amount >= 0, `${name} only grows`);
        series.at(labels).value += amount;
      },
    };
  }

  gauge(name: string, help: string): Gauge {
    const series = this.#cells(name, help, 'gauge');
    return {
      set: (value, labels = {}) => {
        series.at(labels).value = value;
      },
    };
  }

  observed(name: string, help: string, read: () => readonly Reading[]): void {
    const samples = () => read().map(({ value, labels = {} }) => sample(name, printLabels(labels), value));
    this.#add({ name, help, kind: 'gauge', samples });
  }

  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const series = new SeriesMap<Distribution>(() => ({ counts: bounds.map(() => 0), sum: 0, count: 0 }));
    this.#add({ name, help, kind: 'histogram', samples: () => printHistogram(name, bounds, series) });
    return { observe: (value, labels = {}) => record(series.at(labels), bounds, value) };
  }

  /** The body of a scrape. */
  print(): string {
    const lines: string[] = [];
    for (const { name, help, kind, samples } of this.#families.values()) {
      lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${kind}`, ...samples());
    }
    return `${lines.join('\n')}\n`;
  }

  #cells(name: string, help: string, kind: Kind): SeriesMap<Cell> {
    const series = new SeriesMap<Cell>(() => ({ value: 0 }));
    this.#add({
      name,
      help,
      kind,
      samples: () => series.entries().map(([labels, { value }]) => sample(name, labels, value)),
    });
    return series;
  }

  #add(family: Family): void {
    assert(/^copyset_[a-z0-9_]+$/.test(family.name), `${family.name}: metrics are called copyset_*`);
    assert(!this.#families.has(family.name), `${family.name} exists already`);
    this.#families.set(family.name, family);
  }
}

function record(distribution: Distribution, bounds: readonly number[], value: number): void {
  const at = bounds.findIndex((bound) => value <= bound);
  if (at !== -1) distribution.counts[at] = (distribution.counts[at] ?? 0) + 1;
  distribution.sum += value;
  distribution.count += 1;
}

/** Buckets are cumulative. */
function* printHistogram(name: string, bounds: readonly number[], series: SeriesMap<Distribution>): Iterable<string> {
  for (const [labels, { counts, sum, count }] of series.entries()) {
    let below = 0;
    for (const [at, bound] of bounds.entries()) {
      below += counts[at] ?? 0;
      yield sample(`${name}_bucket`, withLabel(labels, `le="${bound}"`), below);
    }
    yield sample(`${name}_bucket`, withLabel(labels, 'le="+Inf"'), count);
    yield sample(`${name}_sum`, labels, sum);
    yield sample(`${name}_count`, labels, count);
  }
}

/** In the order of names, so that one set of labels is one series. */
function printLabels(labels: Labels): string {
  const names = Object.keys(labels);
  if (names.length > 1) names.sort();
  return names.map((name) => `${name}="${escapeValue(labels[name] ?? '')}"`).join(',');
}

function withLabel(labels: string, more: string): string {
  return labels === '' ? more : `${labels},${more}`;
}

function sample(name: string, labels: string, value: number): string {
  return labels === '' ? `${name} ${printNumber(value)}` : `${name}{${labels}} ${printNumber(value)}`;
}

function printNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

function escapeValue(text: string): string {
  if (!/[\\"\n]/.test(text)) return text;
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
