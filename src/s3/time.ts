/** Why: times of documents and headers are read and written in one place, from milliseconds of the given clock. */

/** As in XML: `2013-05-24T00:00:00.000Z`. */
export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}

const dayMs = 86_400_000;

/** The same for many times, of which most are of the same day as the one before. */
export function isoTimes(): (atMs: number) => string {
  let midnightMs = Number.NaN;
  let date = '';
  return (atMs) => {
    const ofDayMs = Math.floor(atMs / dayMs) * dayMs;
    if (ofDayMs !== midnightMs) date = isoTime(ofDayMs).slice(0, -'00:00:00.000Z'.length);
    midnightMs = ofDayMs;
    const seconds = Math.floor((atMs - ofDayMs) / 1000);
    const [hour, minute] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    const ms = String(Math.floor(atMs - ofDayMs) % 1000).padStart(3, '0');
    return `${date}${twoDigits(hour)}:${twoDigits(minute)}:${twoDigits(seconds % 60)}.${ms}Z`;
  };
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
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
