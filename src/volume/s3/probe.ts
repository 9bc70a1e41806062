/**
 * Why: "S3" is said of many endpoints, and a volume must not find out later what one lacks. What is needed is tried
 * before anything is relied on, and what is missing is named; what is optional is declared as data.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import { equalBytes, utf8 } from '../../base/bytes.ts';
import { CopysetError, isCopysetError, throwIfBug, toCopysetError } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import type { Random } from '../../base/random.ts';
import type { S3Listed } from '../../s3-client/client.ts';
import { pathIn, placeText, probeFolder, type VolumePlace } from './place.ts';

/** Differences between endpoints. */
export type TargetCapabilities = {
  /** If-None-Match and If-Match of a put are obeyed, so that of two owners one is refused. */
  readonly conditionalPut: boolean;
  /** The time of a put is told at most that much too early. */
  readonly timeStepMs: 1 | 1000;
};

type Probe = CallOptions & { readonly place: VolumePlace; readonly folder: string };

/** In the order of their bytes. */
const names = ['B', 'a', 'a/b', 'ab'];
const content = utf8('0123456789');

/** What the endpoint can do there; `unsupported` names what it lacks, other errors what failed and how. */
export async function probeTarget(
  place: VolumePlace,
  random: Random,
  options: CallOptions = {},
): Promise<TargetCapabilities> {
  const probe: Probe = { ...options, place, folder: `${probeFolder}${newId(random)}/` };
  try {
    await step(probe, 'writing', writeAll);
    await step(probe, 'reading', readBack);
    await step(probe, 'reading ranges', readRange);
    const timeStepMs = await step(probe, 'listing in order', listInOrder);
    const conditionalPut = await step(probe, 'conditional writing', obeysConditions);
    await step(probe, 'deleting', deleteAll);
    return { conditionalPut, timeStepMs };
  } catch (error) {
    await deleteAll(probe).catch(throwIfBug); // what failed first is what is told
    throw error;
  }
}

async function step<T>(probe: Probe, what: string, work: (probe: Probe) => Promise<T>): Promise<T> {
  try {
    return await work(probe);
  } catch (thrown) {
    const error = toCopysetError(thrown);
    if (error.kind === 'bug') throw error;
    const message = `${placeText(probe.place)} cannot hold a volume: ${what} failed: ${error.message}`;
    throw new CopysetError(error.code, message, { cause: error, details: error.details });
  }
}

function pathOf({ place, folder }: Probe, name: string) {
  return pathIn(place, folder + name);
}

async function writeAll(probe: Probe): Promise<void> {
  for (const name of names.toReversed()) await probe.place.client.put(pathOf(probe, name), content, probe);
}

async function readBack(probe: Probe): Promise<void> {
  const { client } = probe.place;
  for (const name of names) {
    const read = await client.getBytes(pathOf(probe, name), { ...probe, maxBytes: 1024 });
    expect(equalBytes(read, content), 'what was written does not come back');
  }
  const { bytes } = await client.head(pathOf(probe, 'a'), probe);
  expect(bytes === content.byteLength, 'HEAD tells another size');
}

async function readRange(probe: Probe): Promise<void> {
  const range = { from: 3, to: 7 };
  const read = await probe.place.client.getBytes(pathOf(probe, 'a'), { ...probe, range, maxBytes: 1024 });
  expect(equalBytes(read, content.subarray(3, 7)), 'other bytes came');
}

async function listInOrder(probe: Probe): Promise<TargetCapabilities['timeStepMs']> {
  const all = await listed(probe, undefined);
  expect(namesOf(probe, all).join(' ') === names.join(' '), 'not all keys came in the order of their bytes');
  const rest = await listed(probe, names[1]);
  expect(namesOf(probe, rest).join(' ') === names.slice(2).join(' '), 'a listing does not begin where it should');
  return all.every(({ modifiedAtMs }) => modifiedAtMs % 1000 === 0) ? 1000 : 1;
}

async function listed(probe: Probe, after: string | undefined): Promise<S3Listed[]> {
  const { place } = probe;
  const { key: prefix } = pathOf(probe, '');
  const query = { prefix, pageKeys: 2, ...(after !== undefined && { after: prefix + after }) };
  const pages = await Array.fromAsync(place.client.list(place.bucket, query, probe));
  return pages.flatMap(({ objects }) => objects);
}

function namesOf(probe: Probe, objects: readonly S3Listed[]): string[] {
  return objects.map(({ key }) => key.slice(pathOf(probe, '').key.length));
}

/** An endpoint may obey, ignore or refuse conditions. */
async function obeysConditions(probe: Probe): Promise<boolean> {
  const { client } = probe.place;
  const path = pathOf(probe, 'a');
  for (const condition of [{ ifNoneMatch: '*' as const }, { ifMatch: 'no-tag-of-any-object' }]) {
    try {
      await client.put(path, content, { ...probe, ...condition });
      return false;
    } catch (error) {
      if (isCopysetError(error, 'unsupported', 'request.invalid')) return false;
      if (!isCopysetError(error, 'precondition_failed')) throw error;
    }
  }
  const { etag } = await client.head(path, probe);
  await client.put(path, content, { ...probe, ifMatch: etag });
  return true;
}

async function deleteAll(probe: Probe): Promise<void> {
  for (const name of names) await probe.place.client.delete(pathOf(probe, name), probe);
  expect((await listed(probe, undefined)).length === 0, 'what was deleted is listed still');
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new CopysetError('unsupported', otherwise);
}
