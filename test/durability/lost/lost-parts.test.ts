import { lostParts } from './lost-parts.conformance.ts';

lostParts('parts of a store are lost under load', { rounds: 1, writes: 25 });
