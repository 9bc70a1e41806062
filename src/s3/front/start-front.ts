/** Why: one of the fronts is started; what was not asked for by name is chosen here, and it is kept why. */
import { CopysetError } from '../../base/errors.ts';
import { libc } from '../../base/libc.ts';
import { startFastFront } from './fast/front.ts';
import { Llhttp } from './fast/llhttp.ts';
import type { Front, FrontChoice, FrontStatus } from './front.ts';
import type { FrontOptions } from './front-options.ts';
import { startPortableFront } from './portable/front.ts';

export type StartedFront = Front & { readonly status: FrontStatus };

export async function startFront(choice: FrontChoice, options: FrontOptions): Promise<StartedFront> {
  const parser = choice === 'portable' ? undefined : loadParser();
  const status = chooseFront(choice, parser instanceof Llhttp ? undefined : parser, libc !== undefined);
  const front = parser instanceof Llhttp ? await startFastFront(parser, options) : await startPortableFront(options);
  return Object.assign(front, { status });
}

/** What is said of a fast front that cannot do all of it. */
const withoutFiles = '; without koffi (an optional dependency, on Linux) what it sends passes through this process';

/** `obstacle`: why the fast front cannot run; undefined when it can, or is not wanted. */
export function chooseFront(choice: FrontChoice, obstacle: string | undefined, sendsFiles = true): FrontStatus {
  const sending = sendsFiles ? '' : withoutFiles;
  if (choice === 'portable') return { kind: 'portable', reason: 'as configured' };
  if (obstacle === undefined)
    return { kind: 'fast', reason: `${choice === 'fast' ? 'as configured' : 'it can run here'}${sending}` };
  if (choice === 'auto') return { kind: 'portable', reason: `the fast front cannot run: ${obstacle}` };
  throw new CopysetError('unsupported', `the fast front cannot run: ${obstacle}; choose \`auto\` or \`portable\``);
}

/** The parser of the fast front, or why there is none. */
function loadParser(): Llhttp | string {
  try {
    return new Llhttp();
  } catch (cause) {
    return `its parser cannot be loaded (${(cause as Error).message.split('\n')[0]})`;
  }
}
