import { expect, test } from 'vitest';
import { storedBytesOf } from '../stored-form.ts';
import { frameBytesOf } from './frame.ts';
import { segmentPath } from './paths.ts';
import { segmentHeaderBytes } from './segment-header.ts';
import { blockOf, readable, Trial } from './trial.conformance.ts';

const MiB = 2 ** 20;

test.each([
  ['nothing that begins as a frame', 'x'],
  ['what begins as a frame, where none can', 'xCSF1'],
  ['what begins as a frame, where one can', 'CSF1 and so on up to the next 64 bytes, again and again and agai'],
])('a whole frame is found behind megabytes of %s', async (_, text) => {
  const trial = await Trial.create();
  const volume = await trial.open();
  const [large, small] = [blockOf(1, 9 * MiB + 77), blockOf(2)];
  for (const block of [large, small]) await volume.put(block);
  const frameBytes = frameBytesOf({ storedBytes: storedBytesOf(9 * MiB + 77) });
  trial.kill();
  trial.memory.corrupt(segmentPath(1), segmentHeaderBytes, Buffer.alloc(frameBytes, text));
  expect(await readable(await trial.open(), [large, small])).toEqual([1]);
});
