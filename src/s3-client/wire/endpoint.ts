/** Why: where a bucket and a key are at an endpoint: two ways of addressing, one place that knows them. */
import { CopysetError } from '../../base/errors.ts';
import { uriEncode } from '../../sigv4/uri.ts';

export type Endpoint = {
  readonly isSecure: boolean;
  /** As node:http takes it: IPv6 without its brackets. */
  readonly host: string;
  readonly port: number;
  /** As the Host header has it. */
  readonly authority: string;
  readonly addressing: 'path' | 'virtual-host';
};

/** Of one request. */
export type Place = { readonly host: string; readonly authority: string; readonly path: string };

export function parseEndpoint(text: string, addressing: Endpoint['addressing'] = 'path'): Endpoint {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSecure = url?.protocol === 'https:';
  if (url === undefined || !(isSecure || url.protocol === 'http:')) {
    throw invalid(`the endpoint must be http://HOST[:PORT] or https://HOST[:PORT]`);
  }
  if (url.username !== '' || url.password !== '') throw invalid('the endpoint must not hold a name or password');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw invalid(`the endpoint ${url.origin} must end behind its host and port`);
  }
  return {
    isSecure,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port || (isSecure ? 443 : 80)),
    authority: url.host,
    addressing,
  };
}

/** `undefined` for what is asked of the whole account, of the whole bucket. Refuses names that lead elsewhere. */
export function placeOf(endpoint: Endpoint, bucket: string | undefined, key: string | undefined): Place {
  const { host, authority } = endpoint;
  if (bucket === undefined) return { host, authority, path: '/' };
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(bucket)) throw invalid(`"${bucket}" is no name of a bucket`);
  if (key === '') throw invalid(`an object of bucket ${bucket} needs a key`);
  const keyPath = key === undefined ? '' : `/${uriEncode(key, { keepSlash: true })}`;
  if (endpoint.addressing === 'path') return { host, authority, path: `/${bucket}${keyPath}` };
  return { host: reachable(`${bucket}.${host}`), authority: `${bucket}.${authority}`, path: keyPath || '/' };
}

/** Names under `localhost` are this machine, which not every resolver knows (RFC 6761, 6.3). */
function reachable(host: string): string {
  return host.endsWith('.localhost') ? 'localhost' : host;
}

function invalid(why: string): CopysetError {
  return new CopysetError('request.invalid', why);
}
