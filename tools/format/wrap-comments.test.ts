import { expect, test } from 'vitest';
import { wrapComments } from './wrap-comments.ts';

const words = (count: number, word = 'word') => `${word} `.repeat(count).trim();
const wrap = (text: string) => wrapComments('x.ts', text);

test('what fits is left alone, however it is broken', () => {
  const text = '/**\n * Why: short\n * lines.\n *\n * - a\n *   b\n */\nconst a = 1; // at the end\n// x\n';
  expect(wrap(text)).toBe(text);
});

test('one long line becomes a block', () => {
  expect(wrap(`  /** ${words(30)} */\n  f();\n`)).toBe(`  /**\n   * ${words(23)}\n   * ${words(7)}\n   */\n  f();\n`);
});

test('a paragraph is set anew, its neighbours are not', () => {
  const head = '/**\n * short\n * lines\n *\n';
  const text = `${head} * ${words(25)}\n * end.\n * - ${words(25, 'item')}\n *   more\n */\n`;
  const list = ` * - ${words(23, 'item')}\n *   ${words(2, 'item')} more\n`;
  expect(wrap(text)).toBe(`${head} * ${words(23)}\n * ${words(2)} end.\n${list} */\n`);
});

test('a line comment goes on in line comments; code is not touched', () => {
  expect(wrap(`  // ${words(30)}\n  f();\n`)).toBe(`  // ${words(23)}\n  // ${words(7)}\n  f();\n`);
  const code = `const a = '// ${words(30)}'; // ${words(30)}\n`;
  expect(wrap(code)).toBe(code);
});

test('setting twice changes nothing more', () => {
  const once = wrap(`/** ${words(40)} */\n/**\n * 1. ${words(50)}\n * | ${words(5)} |\n */\n`);
  expect(wrap(once)).toBe(once);
});
