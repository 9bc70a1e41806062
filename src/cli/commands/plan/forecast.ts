/** Why: full disks and replicas that fall behind are dates that can be known beforehand. */
import { defineCommand } from '../../command.ts';
import { readData } from '../../plan/file.ts';
import { required } from '../../plan/given.ts';
import { printAnswer } from '../../plan/print-answer.ts';

export const planForecast = defineCommand({
  name: 'plan forecast',
  text: 'say when capacity runs out or replicas fall behind; not met where that is within the horizon',
  arguments: [],
  options: ['metric', 'horizonMs', 'from', 'json'],
  run: async ({ options }, context) => {
    const file = await readData(required(options.from, 'from'));
    const horizonSec = options.horizonMs / 1000;
    const { readFill, readLoad } = await import('../../../plan/forecast/read-history.ts');
    const { capacityForecastCommand, lagForecastCommand } = await import('../../../plan/commands/check-commands.ts');
    if (options.metric === 'capacity') {
      const { history, capacityBytes } = readFill(file, horizonSec);
      return printAnswer(capacityForecastCommand(history, capacityBytes, horizonSec), context);
    }
    const { history, replica } = readLoad(file, horizonSec);
    return printAnswer(lagForecastCommand(history, replica, horizonSec), context);
  },
});
