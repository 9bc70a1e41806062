/**
 * Why: under the domains that an operator names, the host names the bucket; every other host, an address above all, is
 * the store itself. Source: "Virtual hosting of general purpose buckets", Amazon S3 User Guide.
 */

/** The bucket that the Host header names; undefined for path style. `domains` are lower-case and without port. */
export function bucketOfHost(hosts: readonly string[], domains: readonly string[]): string | undefined {
  const [host] = hosts;
  if (domains.length === 0 || host === undefined) return undefined;
  if (hosts.length > 1) return undefined; // two are refused where they would be signed
  const name = hostName(host);
  if (domains.includes(name)) return undefined;
  const under = domains.filter((domain) => name.endsWith(`.${domain}`));
  const longest = under.toSorted((left, right) => right.length - left.length)[0];
  return longest === undefined ? undefined : name.slice(0, -longest.length - 1);
}

/** Without port, without the dot of the root, lower-case. */
function hostName(host: string): string {
  return host.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
}
