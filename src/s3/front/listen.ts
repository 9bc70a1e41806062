/** Why: all who listen for the S3 door say in the same way why they cannot. */
import type { AddressInfo, Server } from 'node:net';
import { CopysetError } from '../../base/errors.ts';

export type ListenOptions = {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Whether others of this user may listen there as well, each with its part of the connections (SO_REUSEPORT). */
  readonly isShared?: boolean;
};

export type Address = { readonly host: string; readonly port: number };

/** Resolves with what it got. */
export async function listenOn(server: Server, { host, port, isShared = false }: ListenOptions): Promise<Address> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen({ host, port, reusePort: isShared }, resolve);
  try {
    await promise;
  } catch (cause) {
    throw new CopysetError('request.invalid', `cannot listen on ${host}:${port}: ${(cause as Error).message}`, {
      cause,
    });
  }
  server.off('error', reject);
  const bound = server.address() as AddressInfo;
  return { host: bound.address, port: bound.port };
}
