/** Why: defaults and guesses give way to what a running store shows of itself. */
import { defineCommand } from '../../command.ts';
import { writeText } from '../../plan/file.ts';
import { inputsOf, required } from '../../plan/given.ts';
import { printAnswer } from '../../plan/print-answer.ts';
import { telemetryFrom } from '../../plan/telemetry.ts';

export const planCalibrate = defineCommand({
  name: 'plan calibrate',
  text: 'replace what the inputs say by what the metrics of a running store show',
  arguments: [],
  options: ['inputs', 'from', 'earlier', 'overMs', 'out', 'json'],
  run: async ({ options }, context) => {
    const inputs = await inputsOf(options);
    const seen = await telemetryFrom(required(options.from, 'from'), options, context.terminal);
    const { calibrateCommand } = await import('../../../plan/commands/check-commands.ts');
    const answer = calibrateCommand(inputs, seen);
    const file = `${JSON.stringify(answer.json, undefined, 2)}\n`;
    if (options.out !== undefined) await writeText(options.out, file, context.terminal);
    for (const note of answer.notes) context.terminal.err(`${note}\n`); // also seen where the output is a pipe
    return printAnswer({ ...answer, notes: [] }, context);
  },
});
