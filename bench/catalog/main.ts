/**
 * Why: whether the catalog stays as quick when it grows: `npm run bench:catalog -- [--keys N,...] [--quick] [--json]
 * [--seconds S] [--dir PATH]`. One store grows from size to size, and is measured at each.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { S3Client } from '../../test/support/client.ts';
import { type CommonOptions, commonOptions, optionsOrExit, readCommon, wholeNumber } from '../command-line.ts';
import { bucket } from '../load/endpoint.ts';
import { loadProgram } from '../load/program.ts';
import { loadText, machine } from '../machine.ts';
import { cacheFolder } from '../peers/packages.ts';
import { loadCore, pinnedTo, serverCore } from '../run/private-network.ts';
import { startCopyset } from '../targets/copyset.ts';
import { fillCatalog } from './fill.ts';
import { keysPerPrefix } from './keys.ts';
import { type CatalogFigures, type MeasureOptions, measureCatalog } from './measure.ts';
import { catalogTable } from './report.ts';

type Options = Omit<CommonOptions, 'repeats'> & { readonly sizes: readonly number[] };

const defaults = { repeats: 1, seconds: 3, quickSeconds: 0.2 };
const sizesByDefault = '100000,1000000';
const sizesWhenQuick = '10000,20000';
const copies = 3;
const memoryFolder = '/dev/shm';

function readOptions(args: readonly string[]): Options {
  const { repeats: _, ...options } = commonOptions;
  const { values } = parseArgs({ args: [...args], options: { ...options, keys: { type: 'string' } } });
  const texts = (values.keys ?? (values.quick ? sizesWhenQuick : sizesByDefault)).split(',');
  const sizes = texts.map((text) => wholeNumber('--keys', Number(text))).toSorted((left, right) => left - right);
  if (sizes.some((size) => size % keysPerPrefix !== 0 || size < 2 * keysPerPrefix))
    throw new Error(`--keys must be multiples of ${keysPerPrefix}, from ${2 * keysPerPrefix} on`);
  return { ...readCommon(values, defaults), sizes };
}

/** A first start makes the store, the bucket and, with an object, the layout. */
async function beginStore(directory: string): Promise<void> {
  const server = await startCopyset(directory, { copies });
  try {
    const { endpoint } = server;
    using client = new S3Client({ ...endpoint, endpoint: `http://${endpoint.host}:${endpoint.port}` });
    await client.put(bucket, 'first', Buffer.from('first'));
    await client.delete(bucket, 'first');
  } finally {
    await server.stop();
  }
}

async function grow(directory: string, { sizes }: Options, options: MeasureOptions): Promise<CatalogFigures[]> {
  const figures: CatalogFigures[] = [];
  await beginStore(directory);
  let from = 0;
  for (const keys of sizes) {
    const { tell, signal } = options;
    const filledPerSecond = await fillCatalog(directory, { from, to: keys, copies, tell, signal });
    figures.push(await measureCatalog(directory, { keys, filledPerSecond }, options));
    from = keys;
  }
  return figures;
}

async function main(options: Options): Promise<void> {
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => ending.abort(new Error(`ended by ${name}`)));
  }
  await mkdir(cacheFolder(), { recursive: true });
  const folder = await mkdtemp(join(options.dir, 'copyset-catalog-'));
  const planFolder = await mkdtemp(join(existsSync(memoryFolder) ? memoryFolder : tmpdir(), 'copyset-catalog-'));
  const before = loadText();
  try {
    const sizes = await grow(join(folder, 'store'), options, {
      ...{ program: loadProgram(cacheFolder()), under: pinnedTo([loadCore]), serverUnder: pinnedTo([serverCore]) },
      ...{ planFolder, copies, milliseconds: options.cellMs, signal: ending.signal },
      tell: (line) => console.error(line),
    });
    const about = `${machine()}; load average before ${before}, after ${loadText()}`;
    console.log(options.json ? JSON.stringify({ about, sizes }) : [catalogTable(sizes), '', about].join('\n'));
  } catch (error) {
    console.error(`bench: ${((ending.signal.aborted ? ending.signal.reason : error) as Error).message}`);
    process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(planFolder, { recursive: true, force: true });
  }
}

if (import.meta.main) await main(optionsOrExit(readOptions));
