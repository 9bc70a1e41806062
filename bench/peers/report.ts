/**
 * Why: where each server stands beside the peer that is the best at the same work. A ratio is taken within a repeat.
 */
import { type CellRow, cellRow, cellsIn, cellTable } from '../run/cell-rows.ts';
import type { Sample } from '../run/cells.ts';
import { rateOf } from '../run/figures.ts';
import { fixed, median, medianOf } from '../statistics.ts';

export type PeerRow = CellRow & {
  /** Of the throughput of the peer that is the best at this; undefined without peers. */
  readonly ofBestPeer: number | undefined;
};

/** In the order of `servers`. */
export function peerRows(samples: readonly Sample[], servers: readonly string[]): readonly PeerRow[] {
  return cellsIn(samples, servers).map((cell) => {
    const best = bestPeer(samples.filter(({ workload }) => workload.name === cell[0]?.workload.name));
    return { ...cellRow(cell), ofBestPeer: medianOf(cell.map((sample) => ratio(sample, best))) };
  });
}

/** The samples of the peer with the highest median; none where no peer succeeded. */
function bestPeer(samples: readonly Sample[]): readonly Sample[] {
  const peers = Object.values(Object.groupBy(samples.filter(isOfPeer), ({ server }) => server));
  const able = peers.filter((group = []) => median(group.map(rateOf)) > 0);
  return able.toSorted((left = [], right = []) => median(right.map(rateOf)) - median(left.map(rateOf)))[0] ?? [];
}

function isOfPeer({ role }: Sample): boolean {
  return role === 'peer';
}

function ratio(sample: Sample, best: readonly Sample[]): number | undefined {
  const beside = best.find(({ repeat }) => repeat === sample.repeat);
  return beside === undefined || rateOf(beside) === 0 ? undefined : rateOf(sample) / rateOf(beside);
}

export function peerTable(rows: readonly PeerRow[]): string {
  return cellTable(rows, [{ title: 'of best peer', cells: rows.map(({ ofBestPeer }) => fixed(ofBestPeer, 2)) }]);
}
