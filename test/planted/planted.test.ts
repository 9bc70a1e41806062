/** Share of planted.long.test.ts: a few faults of each list that are found fast. */
import { describePlantedSimulation } from './in-simulation.ts';
import { describePlantedUnits } from './in-units.ts';

await describePlantedSimulation('test/planted/planted.test.ts', {
  names: ['acknowledge before sync', 'no directory sync', 'forgotten debt'],
});
await describePlantedUnits('journal', { names: ['an empty place counts as a journal'] });
await describePlantedUnits('volume', { names: ['present without a look at the path'] });
await describePlantedUnits('wire', { names: ['Deny does not beat Allow'] });
await describePlantedUnits('s3', { names: ['ranges are not probed'] });
