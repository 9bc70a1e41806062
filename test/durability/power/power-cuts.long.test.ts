import { expect, test } from 'vitest';
import { shareOf } from '../../../tools/long-share.ts';
import { type PlaceName, places } from './places.ts';
import { runPowerCuts } from './power-cuts.ts';
import { whyNoPowerDevice } from './power-device.ts';

const reason = await whyNoPowerDevice();
const names = Object.keys(places) as PlaceName[];
const cuts = shareOf(50);

test.skipIf(reason !== undefined).each(names)(
  `${cuts} power cuts of %s${reason === undefined ? '' : ` (${reason})`}`,
  async (place) => {
    const report = await runPowerCuts({ place, cuts, seed: 10 });
    console.log(
      `${report.cuts} power cuts of ${place}: ${report.acknowledged} writes acknowledged, ` +
        `${report.unanswered} under way, ${report.verified} objects compared, ${report.wrong.length} wrong`,
    );
    expect(report.wrong).toEqual([]);
  },
);
