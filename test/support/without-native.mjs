/** Why: shows what a machine without our optional native packages does, on one that has them: loading them fails. */
import { registerHooks } from 'node:module';

const native = ['koffi', '@napi-rs/blake-hash', '@node-rs/crc32'];

registerHooks({
  resolve(specifier, context, next) {
    if (native.includes(specifier)) throw new Error(`${specifier} is kept away by the test`);
    return next(specifier, context);
  },
});
