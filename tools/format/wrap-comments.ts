/**
 * Why: Biome wraps code, not comments. Paragraphs of a comment that go beyond the last column are set anew; those that
 * fit stay as their author broke them.
 */
import { parseSync } from 'oxc-parser';

const maxColumns = 120;

/** The source with every comment that stands on lines of its own within the columns. */
export function wrapComments(path: string, text: string): string {
  const { comments } = parseSync(path, text);
  let wrapped = text;
  for (const { type, start, end } of comments.toReversed()) {
    const lineStart = wrapped.lastIndexOf('\n', start - 1) + 1;
    const indent = wrapped.slice(lineStart, start);
    const comment = wrapped.slice(start, end);
    if (indent.trim() !== '' || !`${indent}${comment}`.split('\n').some(isTooWide)) continue;
    const set = type === 'Line' ? wrapLine(comment, indent) : wrapBlock(comment, indent);
    wrapped = wrapped.slice(0, start) + set + wrapped.slice(end);
  }
  return wrapped;
}

function isTooWide(line: string): boolean {
  return line.length > maxColumns;
}

function wrapLine(comment: string, indent: string): string {
  return fill(comment.slice(2).trim(), `${indent}// `).join('\n').trimStart();
}

function wrapBlock(comment: string, indent: string): string {
  const start = `${indent} * `;
  const content = comment
    .replace(/^\/\*\*?[ ]?/, '')
    .replace(/\s*\*\/$/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''));
  if (content[0]?.trim() === '') content.shift();
  const lines = paragraphs(content).flatMap((lines) => setParagraph(lines, start));
  return [comment.startsWith('/**') ? '/**' : '/*', ...lines.map((line) => line.trimEnd()), `${indent} */`].join('\n');
}

/** A blank line ends one; a bullet, a row or indented text starts one. */
function paragraphs(lines: readonly string[]): string[][] {
  const found: string[][] = [];
  for (const [at, line] of lines.entries()) {
    const starts =
      at === 0 || line.trim() === '' || lines[at - 1]?.trim() === '' || /^\s*(- |\d+\. |\||```)|^ {3,}/.test(line);
    if (starts) found.push([line]);
    else found.at(-1)?.push(line);
  }
  return found;
}

function setParagraph(lines: readonly string[], start: string): string[] {
  if (!lines.some((line) => isTooWide(start + line))) return lines.map((line) => start + line);
  const [, hang = ''] = /^(\s*(?:- |\d+\. )?)/.exec(lines[0] ?? '') ?? [];
  const words = lines.map((line) => line.trim()).join(' ');
  const [first = '', ...rest] = fill(words.slice(hang.trimStart().length), start + ' '.repeat(hang.length));
  return [start + hang + first.slice(start.length + hang.length), ...rest];
}

/** Words in lines that begin with `start`. */
function fill(text: string, start: string): string[] {
  const lines: string[] = [];
  let line = start;
  for (const word of text.split(/\s+/)) {
    if (line !== start && line.length + 1 + word.length > maxColumns) {
      lines.push(line);
      line = start;
    }
    line += line === start ? word : ` ${word}`;
  }
  return [...lines, line];
}
