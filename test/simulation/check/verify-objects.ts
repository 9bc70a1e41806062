/**
 * Why: after every recovery, and at the end, all that was acknowledged is there, byte for byte, read from the volumes
 * themselves.
 */
import { isCopysetError } from '../../../src/base/errors.ts';
import type { Life } from '../life.ts';
import { Violation } from '../model/violation.ts';
import { nameOf, see } from '../workload/client.ts';
import { type Target, targets } from '../workload/contents.ts';
import type { World } from '../world.ts';
import { checkOwed } from './owed.ts';

const attempts = 20;
const retryMs = 1_000;

/** While there are no faults. */
export async function verifyObjects(world: World): Promise<void> {
  const life = await world.life;
  for (const target of targets) await verifyObject(world, life, target);
  await checkOwed(world);
}

/** What a fault left behind (a call that hung, a stale suspicion) may take its time to pass. */
async function verifyObject(world: World, life: Life, { bucket, key }: Target): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const look = world.model.look(nameOf({ bucket, key }));
    try {
      await see(world.model, look, await life.uncached.get(bucket, key));
      return;
    } catch (error) {
      if (isCopysetError(error, 'not_found')) return world.model.saw(look, undefined);
      if (error instanceof Violation) throw error;
      if (attempt === attempts)
        throw new Violation(`${look.key} cannot be read while nothing is wrong: ${String(error)}`, { cause: error });
    } finally {
      world.model.endLook(look);
    }
    await world.clock.sleep(retryMs);
  }
}
