/** Why: an option is given as text, by flag or environment; each type of value is read in one way, with one message. */
import { CopysetError } from '../base/errors.ts';

/** How the text of an option is read, and what its value is in the program. */
export type ValueType<T> = {
  /** For help and reference: `HOST:PORT`. Empty for a switch. */
  readonly form: string;
  /** The value, or undefined when the text is not one. */
  read(text: string): T | undefined;
  /** The text of a value, as a user would write it. */
  print(value: T): string;
  /** The flag may be given several times; each time adds to the list. */
  readonly repeats?: boolean;
  /** A secret: it is never shown, and has no flag, for command lines are seen by everybody on the machine. */
  readonly hidden?: true;
  /** In a file it may be a list. */
  readonly rows?: RowsType<T>;
};

/** A list in a file: each item has fields, or is the text of its main one. */
export type RowsType<T> = {
  readonly main: string;
  readonly fields: Readonly<Record<string, ValueType<unknown>>>;
  /** The value, or undefined when the rows together are none. */
  of(rows: readonly Readonly<Record<string, unknown>>[]): T | undefined;
};

export type Address = { readonly host: string; readonly port: number };

const switchTexts: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);
const byteUnits = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;
const timeUnits = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export const path: ValueType<string> = {
  form: 'PATH',
  read: (text) => (text === '' || text.includes('\0') ? undefined : text),
  print: String,
};

export const switchValue: ValueType<boolean> = {
  form: '',
  read: (text) => switchTexts.get(text),
  print: String,
};

/** IPv6 addresses stand in brackets. */
export const address: ValueType<Address> = {
  form: 'HOST:PORT',
  read: (text) => {
    const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text) ?? [];
    const host = bracketed ?? plain;
    return host === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port) };
  },
  print: printAddress,
};

/** Five names, widest first. */
export const domain: ValueType<string> = {
  form: 'SITE/ZONE/RACK/NODE/DISK',
  read: (text) => (/^[^/\s]+(?:\/[^/\s]+){4}$/.test(text) ? text : undefined),
  print: String,
};

/** A DNS name in lower case: `s3.example.com`. */
export const hostName: ValueType<string> = {
  form: 'NAME',
  read: (text) => (text.length <= 253 && /^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*$/.test(text) ? text : undefined),
  print: String,
};

/** `eu-central-1`; any will do. */
export const regionName: ValueType<string> = {
  form: 'REGION',
  read: (text) => (/^[A-Za-z0-9_-]{1,64}$/.test(text) ? text : undefined),
  print: String,
};

/** As in `root-key.json`: docs/formats/data-directory.md. */
export const accessKeyId: ValueType<string> = {
  form: '3..128 characters of A-Z and 0-9',
  read: (text) => (/^[A-Z0-9]{3,128}$/.test(text) ? text : undefined),
  print: String,
};

/** Printable, without blanks and quotes. */
export const secretKey: ValueType<string> = {
  form: '8..128 characters',
  read: (text) => (/^[!#-~]{8,128}$/.test(text) ? text : undefined),
  print: () => '(set)',
  hidden: true,
};

export function printAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

export function integer(least: number, most: number): ValueType<number> {
  return {
    form: `${least}..${most}`,
    read: (text) => (/^\d{1,15}$/.test(text) ? within(Number(text), least, most) : undefined),
    print: String,
  };
}

export function bytes(least: number, most: number): ValueType<number> {
  return inUnits(byteUnits, { least, most });
}

/** In milliseconds. */
export function duration(least: number, most: number): ValueType<number> {
  return inUnits(timeUnits, { least, most });
}

/** Any text; who uses it knows more. */
export function anyText(form: string): ValueType<string> {
  return { form, read: (given) => (given === '' ? undefined : given), print: String };
}

/** With commas between; empty for none. */
export function list<T>(item: ValueType<T>): ValueType<readonly T[]> {
  return {
    form: `${item.form},...`,
    read: (given) => {
      const items = given === '' ? [] : given.split(',').map((each) => item.read(each));
      return items.every((each) => each !== undefined) ? items : undefined;
    },
    print: (values) => values.map((each) => item.print(each)).join(),
    repeats: true,
    rows: { main: 'item', fields: { item }, of: (rows) => rows.map((row) => row.item as T) },
  };
}

export function oneOf<const T extends string>(...choices: readonly T[]): ValueType<T> {
  return { form: choices.join('|'), read: (text) => choices.find((choice) => choice === text), print: String };
}

/** A value, or what fits the machine. */
export function orAuto<T>(given: ValueType<T>): ValueType<T | 'auto'> {
  return {
    form: `auto|${given.form}`,
    read: (text) => (text === 'auto' ? text : given.read(text)),
    print: (value) => (value === 'auto' ? 'auto' : given.print(value)),
  };
}

type Bounds = { readonly least: number; readonly most: number };

/** A number and a unit, without a blank: `8MiB`, `10min`. */
function inUnits(units: Readonly<Record<string, number>>, { least, most }: Bounds): ValueType<number> {
  return {
    form: `${printInUnits(least, units)}..${printInUnits(most, units)}`,
    read: (text) => {
      const [, number, unit = ''] = /^(\d{1,15}(?:\.\d{1,6})?)([A-Za-z]+)$/.exec(text) ?? [];
      const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
      return factor === undefined ? undefined : within(Math.round(Number(number) * factor), least, most);
    },
    print: (value) => printInUnits(value, units),
  };
}

/** In the largest unit that keeps the number whole. */
function printInUnits(value: number, units: Readonly<Record<string, number>>): string {
  const fits = Object.entries(units).filter(([, factor]) => value % factor === 0 && (value >= factor || factor === 1));
  const [unit, factor] = fits.at(-1) ?? ['', 1];
  return `${value / factor}${unit}`;
}

function within(value: number, least: number, most: number): number | undefined {
  return value >= least && value <= most ? value : undefined;
}

/** Throws `request.invalid`, naming where the text came from; a secret is not repeated. */
export function readValue<T>(type: ValueType<T>, text: string, origin: string): T {
  const value = type.read(text);
  if (value !== undefined) return value;
  const found = type.hidden ? 'no valid secret' : `"${text}"`;
  throw new CopysetError('request.invalid', `${origin} is ${found}; give ${type.form || 'true or false'}`);
}
