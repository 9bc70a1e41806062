/** Why: a design can be written by hand or kept from a search, evaluated, and compared with the one that runs. */
import { majority, readLevels } from '../formulas/protocol-latency.ts';
import { cachePolicies, checkDesign, type Design, designModes } from './design.ts';
import { Reader } from './reader.ts';

const defaultBlockBytes = 8 * 2 ** 20;

/** From a parsed file; what is left out is what the store does by default. */
export function readDesign(file: unknown): Design {
  const reader = new Reader(file, 'design');
  const placement = reader.list('placement').map(String);
  const mode = reader.oneOf('mode', designModes, 'copyset');
  const half = majority(placement.length);
  const design: Design = {
    id: reader.has('id') ? reader.text('id') : 'design',
    mode,
    placement,
    ...(reader.has('leader') ? { leader: reader.text('leader') } : {}),
    writeQuorum: reader.quantity('W', 'count', half),
    readQuorum: reader.quantity('R', 'count', mode === 'copyset' ? 1 : half),
    readLevel: reader.oneOf('readLevel', readLevels, mode === 'copyset' ? 'local' : 'lease'),
    blockBytes: reader.quantity('B', 'bytes', defaultBlockBytes),
    cache: readCache(reader),
    ...readCoding(reader),
    scatterWidth: reader.quantity('scatterWidth', 'count', Number.MAX_SAFE_INTEGER),
    relay: reader.flag('relay', false),
    ...(reader.has('hedgeDelay') ? { hedgeDelaySec: reader.quantity('hedgeDelay', 'seconds', 0) } : {}),
  };
  reader.finish();
  checkDesign(design);
  return design;
}

function readCache(reader: Reader): Design['cache'] {
  const cache = new Reader(reader.raw('cache') ?? {}, 'design.cache');
  const read = {
    bytes: cache.quantity('bytes', 'bytes', 0),
    policy: cache.oneOf('policy', cachePolicies, 'sieve'),
    ...(cache.has('ttl') ? { ttlSec: cache.quantity('ttl', 'seconds', 0) } : {}),
  };
  cache.finish();
  return read;
}

function readCoding(reader: Reader): Pick<Design, 'ec'> {
  if (!reader.has('ec')) return {};
  const coding = new Reader(reader.raw('ec'), 'design.ec');
  const ec = { k: coding.quantity('k', 'count', 1), m: coding.quantity('m', 'count', 0) };
  coding.finish();
  return { ec };
}

/** The design as a file that `readDesign` reads. */
export function printDesign({ writeQuorum, readQuorum, blockBytes, cache, hedgeDelaySec, ...rest }: Design) {
  const { ttlSec, ...sized } = cache;
  return {
    ...rest,
    W: writeQuorum,
    R: readQuorum,
    B: blockBytes,
    cache: ttlSec === undefined ? sized : { ...sized, ttl: ttlSec },
    ...(hedgeDelaySec === undefined ? {} : { hedgeDelay: hedgeDelaySec }),
  };
}
