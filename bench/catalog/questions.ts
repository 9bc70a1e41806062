/** Why: what is asked of a catalog of so many keys, at places that tell whether a page costs what it shows. */
import { bucket, type HttpEndpoint } from '../load/endpoint.ts';
import type { PlannedRequest } from '../load/plan.ts';
import { signedHead } from '../load/signed-head.ts';
import { anywhere, folderAt, keyAt, keysPerFolder, keysPerPrefix, prefixAt, topFolder } from './keys.ts';

export type Question = {
  readonly what: string;
  /** Keys or common prefixes that every answer shows; undefined of a HEAD. */
  readonly shows: number | undefined;
  readonly targets: readonly string[];
};

const pageKeys = 1000;
const pages = 200;
const heads = 20_000;

/** Of a bucket with keys 0 to `keys`. */
export function questionsOf(keys: number): readonly Question[] {
  const shows = Math.min(pageKeys, keys);
  const folders = keys / keysPerFolder;
  const behindFirst = Math.min(pageKeys, folders - 1);
  const page = (after: number) => listing({ 'start-after': keyAt(after) });
  const rolled = (after: number) => listing({ delimiter: '/', prefix: topFolder, 'start-after': folderAt(after) });
  return [
    { what: 'LIST, the first page', shows, targets: [listing({})] },
    { what: 'LIST, pages anywhere', shows, targets: anywhere(pages, keys - shows).map(page) },
    { what: 'LIST, the last page', shows: shows - 1, targets: [page(keys - shows)] },
    {
      what: 'LIST of a prefix of 1,000 keys, anywhere',
      shows: Math.min(keysPerPrefix, keys),
      targets: anywhere(pages, keys / keysPerPrefix).map((prefix) => listing({ prefix: prefixAt(prefix) })),
    },
    {
      what: 'LIST of common prefixes, the first page',
      shows: Math.min(pageKeys, folders),
      targets: [listing({ delimiter: '/', prefix: topFolder })],
    },
    {
      what: 'LIST of common prefixes, pages anywhere',
      shows: behindFirst,
      targets: anywhere(pages, folders - behindFirst).map(rolled),
    },
    {
      what: 'HEAD, keys anywhere',
      shows: undefined,
      targets: anywhere(Math.min(heads, keys), keys).map((number) => `/${bucket}/${keyAt(number)}`),
    },
  ];
}

/** Of names and values in their order. */
function listing(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries({ 'list-type': '2', 'max-keys': String(pageKeys), ...query }).toSorted(byName);
  return `/${bucket}?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`;
}

function byName([left]: readonly [string, string], [right]: readonly [string, string]): number {
  return left < right ? -1 : 1;
}

export function requestOf(endpoint: HttpEndpoint, { shows }: Question, target: string): PlannedRequest {
  const isHead = shows === undefined;
  return { head: signedHead(endpoint, { method: isHead ? 'HEAD' : 'GET', target }), body: 0, isHead };
}
