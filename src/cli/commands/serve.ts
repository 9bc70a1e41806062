/**
 * Why: the same server as `dev`, for machines that are looked after: configured by a file, patient with volumes that
 * are away, and silent about its keys, for what it prints ends in logs.
 */
import { resolve } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import type { CopysetError } from '../../base/errors.ts';
import type { Defaults } from '../../config/resolve.ts';
import type { RunningServer } from '../../server/running-server.ts';
import { defineCommand } from '../command.ts';
import { runServer } from '../serving/run-server.ts';
import { serverOptionNames, serverOptions } from '../serving/server-options.ts';

/** A rebooted shelf is back in ten minutes; making its copies anew takes hours. */
export const serveDefaults: Defaults = {
  metricsListen: { host: '127.0.0.1', port: 9101 },
  lostAfterMs: 600_000,
  logLevel: 'info',
};

export const serve = defineCommand({
  name: 'serve',
  text: 'serve S3 as a configuration file says',
  arguments: [],
  options: ['config', 'json', ...serverOptionNames],
  inFile: serverOptionNames,
  defaults: serveDefaults,
  run: async ({ options }, { terminal, output }) => {
    const directory = resolve(options.dir);
    return runServer(await serverOptions(options), {
      terminal,
      onReady: (server) => output.value(describe(server, directory), () => inWords(server, directory)),
      onFailure: (failure) => terminal.err(logLine(failure)),
    });
  },
});

/** As the lines of the log around it. */
function logLine({ code, message }: CopysetError): string {
  const time = new Date(systemClock.wallMs()).toISOString();
  const line = { time, level: 'error', message: 'the store failed and is started again', error: { code, message } };
  return `${JSON.stringify(line)}\n`;
}

function describe({ endpoint, admin, metrics, volumes }: RunningServer, directory: string): object {
  const known = volumes.map(({ id, path }) => ({ id, path }));
  return { directory, endpoint, admin, metrics, pid: process.pid, volumes: known };
}

function inWords({ endpoint, metrics, volumes }: RunningServer, directory: string): string {
  return `Copyset serves ${directory} on ${volumes.length} volumes.

  endpoint    ${endpoint}
  health      ${metrics}/readyz
  metrics     ${metrics}/metrics
`;
}
