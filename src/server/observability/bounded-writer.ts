/**
 * Why: a log whose reader stops reading must cost neither memory nor time: lines beyond a bound are dropped and
 * counted.
 */
import type { Writable } from 'node:stream';
import type { Counter } from '../../observe/metrics/metrics.ts';

export type BoundedWriterOptions = { readonly maxBytes: number; readonly dropped: Counter };

/** Writes lines to the stream while it holds less than `maxBytes` that nobody read yet. */
export function boundedWriter(stream: Writable, { maxBytes, dropped }: BoundedWriterOptions): (line: string) => void {
  return (line) => {
    if (stream.writableLength + Buffer.byteLength(line) >= maxBytes) dropped.add();
    else stream.write(`${line}\n`);
  };
}
