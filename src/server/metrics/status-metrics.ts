/**
 * Why: what `status` says is also measured. It is looked up once a scrape, not kept: a store that cannot tell leaves
 * these series out, so that nobody takes yesterday's for today's.
 */
import type { AdminService, StoreStatus, VolumeStatus } from '../../admin/contract.ts';
import { type Clock, deadline } from '../../base/clock.ts';
import type { Metrics, Reading } from '../../observe/metrics/metrics.ts';

const askMs = 5_000;

export type StatusMetrics = {
  /** Before each scrape. Never rejects. */
  refresh(service: Pick<AdminService, 'status'>): Promise<void>;
};

export function statusMetrics(metrics: Metrics, clock: Clock): StatusMetrics {
  let found: StoreStatus | undefined;
  const failures = metrics.counter('copyset_scrape_failures_total', 'Scrapes without what the status says.');
  failures.add(0);
  const gauge = (name: string, help: string, read: (status: StoreStatus) => readonly Reading[]) =>
    metrics.observed(name, help, () => (found === undefined ? [] : read(found)));
  defineStore(gauge);
  defineVolumes(gauge);
  return {
    refresh: async (service) => {
      using limit = deadline(clock, askMs, 'the status for a scrape');
      found = await service.status({}, limit).catch(() => {
        failures.add();
        return undefined;
      });
    },
  };
}

type Gauge = (name: string, help: string, read: (status: StoreStatus) => readonly Reading[]) => void;

function defineStore(gauge: Gauge): void {
  gauge('copyset_under_replicated_blocks', 'Blocks with fewer good copies than M, as far as it is known.', (status) => [
    { value: status.underReplicatedBlocks },
  ]);
  gauge('copyset_open_upload_bytes', 'Held by uploads that nobody completed.', ({ openUploads: { bytes } }) => [
    { value: bytes },
  ]);
  gauge('copyset_problems', 'Ways in which the store is not whole; `copyset status` names them.', ({ problems }) => [
    { value: problems.length },
  ]);
  gauge('copyset_catalog_revision', 'Commits of the catalog so far.', ({ catalog }) => [{ value: catalog.revision }]);
  gauge('copyset_journal_ok', '1 for a journal that takes every commit.', ({ catalog: { journals } }) =>
    journals.map(({ volume, state }) => ({ value: state === 'ok' ? 1 : 0, labels: { volume } })),
  );
  gauge('copyset_journal_damaged', '1 while damage that was found in it is not healed.', ({ catalog: { journals } }) =>
    journals.map(({ volume, damage }) => ({ value: damage === undefined ? 0 : 1, labels: { volume } })),
  );
  gauge('copyset_jobs_running', 'Running jobs, by kind.', ({ jobs }) =>
    [...Map.groupBy(jobs, ({ kind }) => kind)].map(([kind, { length }]) => ({ value: length, labels: { kind } })),
  );
  gauge('copyset_build_info', 'Always 1; the version is in the label.', ({ version }) => [
    { value: 1, labels: { version } },
  ]);
}

function defineVolumes(gauge: Gauge): void {
  const each = (name: string, help: string, read: (volume: VolumeStatus) => number) =>
    gauge(`copyset_volume_${name}`, help, ({ volumes }) =>
      volumes.filter(isReadable).map((volume) => ({ value: read(volume), labels: { volume: volume.id } })),
    );
  each('free_bytes', 'What the device still takes.', ({ freeBytes }) => freeBytes);
  each('used_bytes', 'All that the volume occupies, garbage included.', ({ usedBytes }) => usedBytes);
  each('live_bytes', 'Blocks that are present.', ({ liveBytes }) => liveBytes);
  each('capacity_bytes', 'Used and free bytes together.', ({ usedBytes, freeBytes }) => usedBytes + freeBytes);
  each('blocks', 'Blocks that are present.', ({ blocks }) => blocks);
  gauge('copyset_volume_state', '1, with the state as a label.', ({ volumes }) =>
    volumes.map(({ id, state }) => ({ value: 1, labels: { volume: id, state } })),
  );
}

/** Of others the bytes are not known. */
function isReadable({ state }: VolumeStatus): boolean {
  return state !== 'gone' && state !== 'suspect' && state !== 'retired';
}
