/**
 * Why: what a store measures of itself, by a contract small enough for every room. Names are `copyset_<thing>_<unit>`,
 * those of counters end with `_total`; units are bytes and seconds. Labels have few values: never a key or an address.
 */
export type Labels = Readonly<Record<string, string>>;

/** Only grows. */
export type Counter = { add(amount?: number, labels?: Labels): void };
export type Gauge = { set(value: number, labels?: Labels): void };
export type Histogram = { observe(value: number, labels?: Labels): void };

export type Reading = { readonly value: number; readonly labels?: Labels };

export type Metrics = {
  counter(name: string, help: string): Counter;
  gauge(name: string, help: string): Gauge;
  /** Asked for at each scrape. */
  observed(name: string, help: string, read: () => readonly Reading[]): void;
  /** Upper bounds of the buckets, ascending; the last one (infinity) is added. */
  histogram(name: string, help: string, bounds: readonly number[]): Histogram;
};

/**
 * Seconds, ten bounds a decade (the preferred numbers R10 of ISO 3): a median read from such buckets is off by a few
 * percent, which is what the planner's calibration needs of volumes and commits.
 */
export const fineLatencyBounds: readonly number[] = [1e-4, 1e-3, 1e-2, 1e-1, 1, 10].flatMap((decade) =>
  [1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8].map((step) => Number((decade * step).toPrecision(3))),
);

/** Seconds: from a cached read to a request that somebody gave up on. */
export const latencyBounds: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];
