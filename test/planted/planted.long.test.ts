/** All planted faults. Where only a share of the long runs is asked for, planted.test.ts is this one's. */

import { test } from 'vitest';
import { shareOf } from '../../tools/long-share.ts';
import { describePlantedSimulation } from './in-simulation.ts';
import { describePlantedUnits } from './in-units.ts';
import { describePlantedSuites } from './seeded-suites.ts';

const all = 100;

if (shareOf(all) < all) test.skip('all planted faults are found', () => undefined);
else {
  await describePlantedSimulation('test/planted/planted.long.test.ts');
  await describePlantedSuites('test/planted/planted.long.test.ts');
  await describePlantedUnits('simulation');
  await describePlantedUnits('journal');
  await describePlantedUnits('volume');
  await describePlantedUnits('wire');
  await describePlantedUnits('s3');
}
