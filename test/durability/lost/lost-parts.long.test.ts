import { shareOf } from '../../../tools/long-share.ts';
import { lostParts } from './lost-parts.conformance.ts';

lostParts('parts of a store are lost under a longer load', { rounds: shareOf(10), writes: shareOf(200, 25) });
