import { vi } from 'vitest';
import { lostParts } from './lost-parts.conformance.ts';

vi.setConfig({ testTimeout: 300_000 });
lostParts('parts of a store are lost under load', { rounds: 1, writes: 25 });
