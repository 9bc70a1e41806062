/** Why: the entry of the program. */
import { runProgram } from './program.ts';
import { processTerminal } from './terminal.ts';

/** A reader that went away (`copyset volume ls | head -1`) is no failure. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await runProgram(process.argv.slice(2), processTerminal);
