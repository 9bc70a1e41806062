/** Why: catalogs of different sizes side by side: what costs the same per key has the same figure in each column. */
import { markdownTable } from '../../tools/docs/table.ts';
import { toMB } from '../run/figures.ts';
import { whole } from '../statistics.ts';
import type { Answered, CatalogFigures } from './measure.ts';

export function catalogTable(sizes: readonly CatalogFigures[]): string {
  const row = (what: string, cell: (figures: CatalogFigures) => string) => [what, ...sizes.map(cell)];
  const answers = sizes[0]?.answers ?? [];
  return markdownTable(
    ['', ...sizes.map(({ keys }) => `${whole(keys)} keys`)],
    [
      row('filled, keys/s', ({ filledPerSecond }) => whole(filledPerSecond)),
      row('database, bytes per key', ({ databaseBytes, keys }) => whole(databaseBytes / keys)),
      row('each journal, bytes per key', ({ journalBytes, keys }) => whole(journalBytes / keys)),
      row('ready after a clean stop', ({ readyAfterStopSeconds: seconds }) => `${seconds.toFixed(1)} s`),
      row('ready after kill -9', ({ readyAfterKillSeconds: seconds }) => `${seconds.toFixed(1)} s`),
      row('peak RSS', ({ peakRssMiB }) => `${whole(toMB(peakRssMiB))} MB`),
      ...answers.map(({ what }, at) => row(what, (figures) => answerText(figures.answers[at]))),
    ],
  );
}

/** First what each key that is shown costs the server: on a busy machine the times say more of the others. */
function answerText(answer: Answered | undefined): string {
  if (answer === undefined) return '-';
  const { shows, p50Ms, p99Ms, cpuUs } = answer;
  const times = `p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`;
  if (shows === undefined) return `CPU ${whole(cpuUs)} us; ${times}`;
  return `CPU ${perKey(cpuUs, shows)} us a key; p50 ${perKey(p50Ms * 1000, shows)} us a key; ${times} a page`;
}

function perKey(us: number, keys: number): string {
  return (us / keys).toFixed(us / keys < 100 ? 1 : 0);
}
