/** Why: S3 writes time in four ways; each is read and written in one place, from milliseconds of the given clock. */

/** `20130524T000000Z` in milliseconds since the epoch; undefined when it is not a time of that form. */
export function parseAmzDate(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const atMs = Date.UTC(year, month - 1, day, hour, minute, second);
  return amzDate(atMs) === text ? atMs : undefined;
}

export function amzDate(atMs: number): string {
  return new Date(atMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

/** As in XML: `2013-05-24T00:00:00.000Z`. */
export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** As in headers: `Fri, 24 May 2013 00:00:00 GMT`. */
export function httpTime(atMs: number): string {
  return new Date(atMs).toUTCString();
}

/** A header time in milliseconds since the epoch, whole seconds; undefined when it is none. */
export function parseHttpTime(text: string): number | undefined {
  const atMs = Date.parse(text);
  return /GMT$/.test(text) && Number.isFinite(atMs) ? atMs : undefined;
}
