/**
 * Why: the order of system calls is what durability is made of, and `strace -f -y` writes it down. Here its text
 * becomes a row of moments: each call when it was made, and again when it returned. One thread traces all others, so
 * the order of the lines is the order in time; a call that others overtook comes in two lines, `unfinished` and
 * `resumed`.
 */

export type TracedCall = {
  /** The same when it is made and when it returns. */
  readonly number: number;
  readonly name: string;
  /** The arguments as strace prints them, strings escaped, descriptors with their paths. */
  readonly args: string;
};

export type Moment =
  | { readonly phase: 'made'; readonly call: TracedCall }
  /** `failed`: with an error. `result`: what it returned, such as a number of bytes. */
  | { readonly phase: 'returned'; readonly call: TracedCall; readonly failed: boolean; readonly result: number };

const linePattern = /^(\d+) +(.*)$/s;
const resumedPattern = /^<\.\.\. \w+ resumed>(.*)$/s;
const callPattern = /^(\w+)\((.*)$/s;
const resultPattern = /^(.*)\) += (-?)(\d*)[^=]*$/s;
const unfinished = ' <unfinished ...>';

/** Lines in their order; what is no call (signals, exits of threads) is left out. */
export async function* readMoments(lines: AsyncIterable<string>): AsyncGenerator<Moment> {
  const open = new Map<string, TracedCall>();
  let number = 0;
  for await (const line of lines) {
    const [, thread = '', text = ''] = linePattern.exec(line) ?? [];
    const resumed = resumedPattern.exec(text)?.[1];
    const [, name, rest = ''] = callPattern.exec(text) ?? [];
    if (resumed !== undefined) {
      const begun = open.get(thread);
      open.delete(thread);
      if (begun !== undefined) yield returned(begun, resumed);
    } else if (name !== undefined && rest.endsWith(unfinished)) {
      const call = { number: number++, name, args: rest.slice(0, -unfinished.length) };
      open.set(thread, call);
      yield { phase: 'made', call };
    } else if (name !== undefined) {
      const moment = returned({ number: number++, name, args: '' }, rest);
      yield { phase: 'made', call: moment.call };
      yield moment;
    }
  }
}

function returned(begun: TracedCall, rest: string): Moment {
  const [, more, minus, result] = resultPattern.exec(rest) ?? [];
  if (more === undefined) throw new Error(`not a line of strace: ${begun.name}(${begun.args}${rest}`.slice(0, 300));
  return {
    phase: 'returned',
    call: { ...begun, args: begun.args + more },
    failed: minus === '-',
    result: Number(result),
  };
}

/** The path behind the descriptor that is the first argument. */
export function descriptorPath(args: string): string | undefined {
  return /^\d+<([^>]*)>/.exec(args)?.[1];
}

/** All strings among the arguments as bytes, of each the first `shown`. */
export function stringsIn(args: string, shown: number): Buffer[] {
  const texts = [...args.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map(([, text = '']) => text);
  return texts.map((text) => unescaped(text.slice(0, shown * longestEscape)).subarray(0, shown));
}

const longestEscape = 4;
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', v: '\v', f: '\f', '"': '"', '\\': '\\' };

function unescaped(text: string): Buffer {
  const plain = text.replace(/\\([0-7]{1,3}|.)/gs, (_, code: string) => {
    return escapes[code] ?? String.fromCharCode(Number.parseInt(code, 8));
  });
  return Buffer.from(plain, 'latin1');
}
