import { seededRandom } from '../../base/random.ts';
import { kvConformance } from '../kv.conformance.ts';
import { MemoryKv } from './memory-kv.ts';

kvConformance('memory', async () => new MemoryKv({ random: seededRandom(1) }), { dense: true, runs: 100 });
