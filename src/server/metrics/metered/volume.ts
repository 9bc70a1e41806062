/** Why: how fast a volume reads and writes, and how often it fails, is measured where it is called, whatever it is. */
import type { Clock } from '../../../base/clock.ts';
import { toCopysetError } from '../../../base/errors.ts';
import { fineLatencyBounds, type Metrics } from '../../../observe/metrics/metrics.ts';
import type { Volume } from '../../../volume/volume.ts';

/** Wraps volumes; all of a process share the series, which tell them apart by their ids. */
export function volumeMeter(metrics: Metrics, clock: Clock): (volume: Volume) => Volume {
  const writes = metrics.histogram('copyset_volume_write_seconds', 'Puts of blocks until durable.', fineLatencyBounds);
  const reads = metrics.histogram(
    'copyset_volume_read_seconds',
    'Reads of blocks or ranges of them.',
    fineLatencyBounds,
  );
  const errors = metrics.counter('copyset_volume_errors_total', 'Calls that the volume failed, by code.');
  const lent = metrics.counter('copyset_volume_lent_bytes_total', 'Bytes that the kernel sent from its page cache.');
  const readNow = metrics.counter('copyset_volume_read_at_once_bytes_total', 'Bytes read from the page cache at once.');
  return (volume) => {
    const labels = { volume: volume.id };
    const timed = async <T>(work: Promise<T>, record: (seconds: number, result: T) => void): Promise<T> => {
      const startedMs = clock.monotonicMs();
      try {
        const result = await work;
        record((clock.monotonicMs() - startedMs) / 1000, result);
        return result;
      } catch (error) {
        const { code } = toCopysetError(error);
        if (code !== 'request.aborted') errors.add(1, { ...labels, code });
        throw error;
      }
    };
    return {
      id: volume.id,
      capabilities: volume.capabilities,
      get blocks() {
        return volume.blocks;
      },
      put: (block, options) =>
        timed(volume.put(block, options), (seconds, result) => {
          if (result === 'stored') writes.observe(seconds, labels);
        }),
      read: (address, range, options) =>
        timed(volume.read(address, range, options), (seconds) => reads.observe(seconds, labels)),
      placeOf: (address) => volume.placeOf?.(address),
      lend: (address, range) => {
        const loan = volume.lend?.(address, range);
        if (loan !== undefined) lent.add(loan.span.bytes, labels);
        return loan;
      },
      readNow: (address, from, into) => {
        const isRead = volume.readNow?.(address, from, into) ?? false;
        if (isRead) readNow.add(into.byteLength, labels);
        return isRead;
      },
      stat: (address, options) => volume.stat(address, options),
      delete: (address, options) => volume.delete(address, options),
      list: (query, options) => volume.list(query, options),
      usage: (options) => volume.usage(options),
      check: (options) => volume.check(options),
      close: (options) => volume.close(options),
    };
  };
}
