import { seededRandom } from '../../base/random.ts';
import { kvConformance } from '../kv.conformance.ts';
import { stagingConformance } from '../staging.conformance.ts';
import { MemoryKv } from './memory-kv.ts';

const open = async () => new MemoryKv({ random: seededRandom(1) });

kvConformance('memory', open, { dense: true, runs: 100 });
stagingConformance('memory', open, { runs: 50 });
