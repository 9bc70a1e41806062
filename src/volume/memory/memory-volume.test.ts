import { describe, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { CopysetError } from '../../base/errors.ts';
import type { VolumeId } from '../../base/ids.ts';
import { sealBlock } from '../stored-form.ts';
import { volumeConformance } from '../volume.conformance.ts';
import { MemoryVolume } from './memory-volume.ts';

function newVolume(): MemoryVolume {
  return new MemoryVolume({ id: '0123456789abcdef' as VolumeId, clock: systemClock });
}

volumeConformance('the memory volume', async () => {
  const volume = newVolume();
  return { volume, setCapacity: (bytes) => volume.setCapacity(bytes), dispose: () => volume.close() };
});

describe('the memory volume', () => {
  const block = sealBlock([new Uint8Array(100)], 3, 'blake3');

  test('fails with what it is told, until it is told to heal', async () => {
    const volume = newVolume();
    await volume.put(block);
    volume.fail(new CopysetError('volume.gone', 'somebody took it'));
    await expect(volume.read(block.address)).rejects.toMatchObject({ code: 'volume.gone' });
    await expect(volume.check()).rejects.toMatchObject({ code: 'volume.gone' });
    volume.fail(undefined);
    expect(await volume.stat(block.address)).toBeDefined();
  });

  test('holds a damaged copy until it is replaced', async () => {
    const volume = newVolume();
    await volume.put(block);
    volume.corrupt(block.address, (stored) => stored.subarray(0, 50));
    expect((await volume.read(block.address)).byteLength).toBe(50);
    expect(await volume.usage()).toMatchObject({ liveBytes: 50 });
    expect(await volume.put(block)).toBe('present');
    await volume.put(block, { replace: true });
    expect((await volume.read(block.address)).byteLength).toBe(264);
  });
});
