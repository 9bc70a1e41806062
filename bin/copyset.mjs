#!/usr/bin/env node
/** Why: the command. It only finds a Node that can run the program. */
import { become, checkMachine } from './runtime.mjs';

checkMachine();
become('src/cli/main.ts', process.argv.slice(2));
