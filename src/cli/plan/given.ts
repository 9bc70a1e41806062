/**
 * Why: commands of the planner are told of a system and of designs in the same way: by files, or a design by its id.
 */
import { CopysetError, isCopysetError } from '../../base/errors.ts';
import { flagOf, type OptionName, type Values } from '../../config/options.ts';
import type { Design } from '../../plan/model/design.ts';
import type { PlannerInputs } from '../../plan/model/inputs.ts';
import { isFile, readData } from './file.ts';

export function required<T>(value: T | undefined, name: OptionName): T {
  if (value === undefined) throw new CopysetError('request.invalid', `${flagOf(name)} is missing`);
  return value;
}

/** Limits and objective of the command line go before those of the file. */
export async function inputsOf(options: Values<'inputs'> & Partial<Values<'require' | 'minimise'>>) {
  const { parseLimit, readInputs } = await import('../../plan/model/read-inputs.ts');
  const { metricNamed } = await import('../../plan/model/metrics.ts');
  const inputs = readInputs(await readData(required(options.inputs, 'inputs')));
  const given = (options.require ?? []).map(parseLimit);
  const kept = inputs.limits.filter((limit) => given.every(({ metric }) => metric !== limit.metric));
  const objective = options.minimise === undefined ? inputs.objective : metricNamed(options.minimise);
  return { ...inputs, limits: [...kept, ...given], objective };
}

/** By its file, or by the id that a search gave it. */
export async function designOf(text: string, inputs: PlannerInputs): Promise<Design> {
  if (await isFile(text)) {
    const { readDesign } = await import('../../plan/model/read-design.ts');
    return readDesign(await readData(text));
  }
  const { designNamed } = await import('../../plan/commands/evaluate-command.ts');
  try {
    return designNamed(text, inputs);
  } catch (error) {
    if (!isCopysetError(error, 'not_found')) throw error;
    throw new CopysetError('not_found', `"${text}" is no file, and no design of these inputs has it as its id`);
  }
}

/** What most commands begin with. */
export async function inputsAndDesign(options: Values<'inputs' | 'config'> & Partial<Values<'require'>>) {
  const inputs = await inputsOf(options);
  const { usualDesign } = await import('../../plan/search/usual-design.ts');
  const design = options.config === undefined ? usualDesign(inputs) : await designOf(options.config, inputs);
  return { inputs, design };
}
