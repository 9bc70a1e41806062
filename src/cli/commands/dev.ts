/**
 * Why: from nothing to a store that clients can use, with one command. It serves until it is told to stop, then
 * finishes what was begun. Started again on the same directory it goes on.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunningServer } from '../../server/running-server.ts';
import { defineCommand } from '../command.ts';
import { runServer } from '../serving/run-server.ts';
import { serverOptionNames, serverOptions } from '../serving/server-options.ts';

export const dev = defineCommand({
  name: 'dev',
  text: 'make a store (or go on with it) and serve S3 on this machine',
  arguments: [],
  options: ['json', ...serverOptionNames],
  run: async ({ options }, { terminal }) => {
    const words = (server: RunningServer) =>
      options.json ? `${JSON.stringify(describe(server))}\n` : welcome(server, resolve(options.dir));
    return runServer(await serverOptions(options), {
      terminal,
      onReady: (server) => terminal.out(words(server)),
      onFailure: ({ message }) => terminal.err(`copyset: ${message}; the store is started again\n`),
    });
  },
});

function describe({ endpoint, admin, metrics, accessKeyId, secretAccessKey, volumes }: RunningServer): object {
  const known = volumes.map(({ id, path }) => ({ id, path }));
  return { endpoint, admin, metrics, accessKeyId, secretAccessKey, pid: process.pid, volumes: known };
}

const programPath = fileURLToPath(new URL('../../../bin/copyset.mjs', import.meta.url));

function welcome(server: RunningServer, directory: string): string {
  const { endpoint, metrics, accessKeyId, secretAccessKey, volumes } = server;
  const keys = `AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey}`;
  return `Copyset serves ${directory} on ${volumes.length} volumes.

  endpoint    ${endpoint}
  access key  ${accessKeyId}
  secret key  ${secretAccessKey}
  health      ${metrics}/readyz
  metrics     ${metrics}/metrics

Paste this into another terminal:

  export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=us-east-1 ${keys}
  aws s3 mb s3://models
  aws s3 cp README.md s3://models/

Ctrl-C stops it; \`node ${programPath} status --dir ${directory}\` shows how it is.
`;
}
