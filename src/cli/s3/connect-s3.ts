/**
 * Why: most who type `copyset cp` mean the store beside them: its endpoint and key are found by its directory. Any
 * other endpoint is named as all S3 tools do.
 */
import { systemClock } from '../../base/clock.ts';
import { CopysetError } from '../../base/errors.ts';
import { systemRandom } from '../../base/random.ts';
import type { OptionName } from '../../config/options.ts';
import type { S3Client } from '../../s3-client/client.ts';
import type { S3ClientOptions, S3Credentials } from '../../s3-client/options.ts';
import type { Call, CommandContext } from '../command.ts';
import type { Terminal } from '../terminal.ts';

export const endpointOptionNames = ['endpoint', 'region', 'dir', 'json'] as const satisfies readonly OptionName[];
export type EndpointCall = Pick<Call<(typeof endpointOptionNames)[number]>, 'options' | 'origins'>;

export type Connection = S3Client & {
  /** Of the endpoint: what tells it from others. */
  readonly endpoint: string;
  [Symbol.dispose](): void;
};

export async function connectS3(call: EndpointCall, context: CommandContext, maxConnections = 16): Promise<Connection> {
  const { openS3Client } = await import('../../s3-client/open-s3-client.ts');
  const found = await findEndpoint(call, context);
  const client = openS3Client({ ...found, clock: systemClock, random: systemRandom, limits: { maxConnections } });
  return { ...client, endpoint: found.endpoint, [Symbol.dispose]: () => client.close() };
}

type Endpoint = Pick<S3ClientOptions, 'endpoint' | 'credentials' | 'region'>;

/** A flag wins over the environment, and there a store of ours over the names that all tools share. */
async function findEndpoint({ options, origins }: EndpointCall, context: CommandContext): Promise<Endpoint> {
  const { environment } = context.terminal;
  const { region, dir } = options;
  const shared = environment.AWS_ENDPOINT_URL_S3 || environment.AWS_ENDPOINT_URL || undefined;
  const given =
    origins.endpoint === '--endpoint' || origins.dir === 'default' ? (options.endpoint ?? shared) : undefined;
  const signedFor = origins.region === 'default' ? environment.AWS_REGION || region : region;
  if (given === undefined) return { ...(await localStore(dir, context)), region: signedFor };
  return { endpoint: given, credentials: sharedKeys(context.terminal) ?? missingKeys(given), region: signedFor };
}

async function localStore(dir: string, { connect, terminal }: CommandContext): Promise<Endpoint> {
  const { endpoint } = await connect(dir).status({});
  const { keyOfDirectory } = await import('../../server/directory-key.ts');
  const credentials = (await keyOfDirectory(dir)) ?? sharedKeys(terminal) ?? missingKeys(dir);
  return { endpoint: reachable(endpoint), credentials };
}

/** What listens on every address is asked on the nearest. */
function reachable(endpoint: string): string {
  return endpoint.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

function sharedKeys({ environment }: Terminal): S3Credentials | undefined {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = environment;
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

function missingKeys(where: string): never {
  throw new CopysetError(
    'request.invalid',
    `no key for ${where} is known; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
  );
}
