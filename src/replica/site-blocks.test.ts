import { expect, test } from 'vitest';
import { startMemorySite } from '../../test/support/memory-site.ts';
import { copysetNow, putBlock } from '../../test/support/site-blocks.ts';
import type { VolumeId } from '../base/ids.ts';
import { readWholeBlock } from '../volume/read-block.ts';
import { sealNamed } from '../volume/stored-form.ts';
import type { Volume } from '../volume/volume.ts';
import { setVolumeState } from './change-volumes.ts';

test('the last copy is read wherever it lies, also on a volume that was given up', async () => {
  const site = await startMemorySite({ volumes: 5 });
  await site.store.createBucket('models');
  const address = await putBlock(site, 'models', 'weights');
  const copyset = await copysetNow(site, address);
  const outside = site.members.all().find(({ entry }) => !copyset.includes(entry.id))?.entry.id as VolumeId;
  const volumeOf = (id: VolumeId) => site.members.volume(id) as Volume;
  const bytes = await readWholeBlock(volumeOf(copyset[0] as VolumeId), address);
  await volumeOf(outside).put(sealNamed(address.name, [bytes], address.classId));
  await setVolumeState(site.kv, outside, { state: 'retired', reason: 'a test' });
  for (const id of copyset) await volumeOf(id).delete(address);
  expect(await site.context.blocks.read(address)).toEqual(bytes);
  await volumeOf(outside).delete(address);
  await expect(site.context.blocks.read(address)).rejects.toMatchObject({ code: 'block.unavailable' });
});
