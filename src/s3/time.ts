/** Why: times of documents and headers are read and written in one place, from milliseconds of the given clock. */

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
