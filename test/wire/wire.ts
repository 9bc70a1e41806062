/** Why: what goes over the wire is made here, byte by byte, good or bad; what comes back is judged elsewhere. */
import type { AccessKey } from '../../src/access/credentials.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { S3Code } from '../../src/s3/errors.ts';
import { amzDate } from '../../src/sigv4/amz-date.ts';
import { type HeaderList, type Presigned, presign, type Signed, sign } from '../support/s3-signer.ts';
import type { Draft } from './draft.ts';

export type Wire = {
  readonly method: string;
  readonly target: string;
  readonly headers: HeaderList;
  readonly body: Buffer;
  /** Bytes instead of all that. */
  readonly raw?: Buffer;
  /** Says that nothing follows, behind the bytes. */
  readonly halfClose?: boolean;
};

/** One way in which a request can be wrong, and how it must be answered. */
export type Defect = {
  readonly name: string;
  readonly code: S3Code;
  /** It lies by a checksum in the head: nothing wrong where that is of the object and not of the body. */
  readonly isHeadChecksum?: boolean;
  readonly wire: (draft: Draft, signer: Signer) => Wire;
};

type Signing = { readonly key?: AccessKey; readonly atMs?: number; readonly amzDate?: string };

export const minuteMs = 60_000;

/** Signs drafts for one store. */
export class Signer {
  readonly key: AccessKey;
  readonly host = ['host', 'wire.test'] as const;

  constructor(key: AccessKey) {
    this.key = key;
  }

  /** Milliseconds since the epoch, some time from now. */
  in(ms: number): number {
    return systemClock.wallMs() + ms;
  }

  signed(draft: Draft, signing: Signing = {}): Wire & { readonly seed: Signed['seed'] } {
    const { method, target, body } = draft;
    const { headers, seed } = sign(signing.key ?? this.key, this.#unsigned(draft, signing));
    return { method, target, headers, body, seed };
  }

  presigned(draft: Draft, options: Signing & Parameters<typeof presign>[2] = {}): Wire & Pick<Presigned, 'seed'> {
    const unsigned = { ...this.#unsigned(draft, options), payload: 'UNSIGNED-PAYLOAD' };
    const { target, headers, seed } = presign(options.key ?? this.key, unsigned, options);
    return { method: draft.method, target, headers, body: draft.body, seed };
  }

  #unsigned({ method, target, headers, payload }: Draft, { atMs, amzDate: date }: Signing) {
    const signedAt = date ?? amzDate(atMs ?? systemClock.wallMs());
    return { method, target, headers: [this.host, ...headers], payload, amzDate: signedAt };
  }
}

export function bytesOf({ method, target, headers, body, raw }: Wire): Buffer {
  if (raw !== undefined) return raw;
  const lines = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`), '', ''];
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), body]);
}

/** The same with one header changed, or dropped where the edit gives undefined. */
export function withHeader(wire: Wire, name: string, edit: (value: string) => string | undefined): Wire {
  const headers = wire.headers.flatMap(([each, value]) => {
    if (each.toLowerCase() !== name) return [[each, value] as const];
    const edited = edit(value);
    return edited === undefined ? [] : [[each, edited] as const];
  });
  return { ...wire, headers };
}

export function without(wire: Wire, name: string): Wire {
  return withHeader(wire, name, () => undefined);
}

export function plusHeaders(wire: Wire, ...more: HeaderList): Wire {
  return { ...wire, headers: [...wire.headers, ...more] };
}

/** Another digit of a hexadecimal text in the place of its last. */
export function otherLastDigit(text: string): string {
  return text.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
}
