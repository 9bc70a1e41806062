/**
 * Why: the admin API has listeners of its own, apart from the S3 door: everything on a Unix socket in the data
 * directory (mode 0600: its owner operates the store), and status on loopback.
 */
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../observe/log.ts';
import type { AdminService } from './contract.ts';
import { handlerOf } from './handle.ts';
import { cameByForeignName, type Handler, listen, refuseName, stopListening, urlOf } from './listener.ts';
import { socketAddress } from './socket-address.ts';
import { socketName } from './wire.ts';

export type AdminOptions = {
  readonly service: AdminService;
  /** Whoever starts us holds its lock: a socket that lies there is left over. */
  readonly directory: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly log: Log;
};

export type AdminServer = {
  readonly socketPath: string;
  /** URL of the loopback listener. */
  readonly url: string;
  /** Hangs up on everybody. */
  close(): Promise<void>;
};

export async function startAdmin(options: AdminOptions): Promise<AdminServer> {
  const socketPath = join(options.directory, socketName);
  const address = socketAddress(socketPath);
  const everything = handlerOf(options.service, options.log, () => true);
  try {
    await rm(socketPath, { force: true });
    const local = await listen(everything, { path: address.path });
    await chmod(socketPath, 0o600);
    const loopback = await listen(publicHandler(options), options.listen).catch(async (error: unknown) => {
      await stopListening(local);
      throw error;
    });
    return {
      socketPath,
      url: urlOf(loopback),
      close: async () => {
        await Promise.all([stopListening(local), stopListening(loopback)]);
        address.release();
      },
    };
  } catch (error) {
    address.release();
    throw error;
  }
}

function publicHandler({ service, log, listen: { host } }: AdminOptions): Handler {
  const operations = handlerOf(service, log, (name) => name === 'status');
  return async (request, response) =>
    cameByForeignName(request, host) ? refuseName(response) : operations(request, response);
}
