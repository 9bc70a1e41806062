/** Why: the package scripts. Each installs what is missing, then runs one program on a Node that fits. */
import { installMissing } from './install.mjs';
import { become, checkMachine, refuse } from './runtime.mjs';

const [task = '', ...args] = process.argv.slice(2);
const programs = {
  start: ['src/cli/main.ts', 'dev'],
  test: ['tools/test.ts', 'quick'],
  'test:long': ['tools/test.ts', 'long'],
  check: ['tools/check.ts'],
  bench: ['bench/main.ts'],
  'bench:peers': ['bench/peers/main.ts'],
  'bench:catalog': ['bench/catalog/main.ts'],
};

checkMachine();
if (programs[task] === undefined) refuse(`unknown task "${task}"; there are: ${Object.keys(programs).join(', ')}`);
const [script, ...first] = programs[task];
installMissing();
become(script, [...first, ...args]);
