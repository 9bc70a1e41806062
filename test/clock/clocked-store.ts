/** Why: a store whose clock a test sets, and clients whose clocks are set with it, or are wrong by hours. */
import { join } from 'node:path';
import { amzDate } from '../../src/sigv4/amz-date.ts';
import { S3Client } from '../support/client.ts';
import { type DevProcess, launchDev, whenReady } from '../support/dev-process.ts';
import { RawConnection, type RawResponse } from '../support/raw-http.ts';
import { presign, sha256Hex, sign } from '../support/s3-signer.ts';
import { FakeClock, type FakeTime, hourMs } from './fake-clock.ts';

/** A URL that is good for 15 minutes, and what the clock showed when it was signed. */
export type SignedUrl = { readonly url: string; readonly aheadHours: number };

/** A put of which the first bytes were sent. */
export type HalfPut = { finish(): Promise<RawResponse> };

export class ClockedStore {
  readonly dev: DevProcess;
  readonly clock: FakeClock;

  private constructor(dev: DevProcess, clock: FakeClock) {
    this.dev = dev;
    this.clock = clock;
  }

  static async start(fakeTime: FakeTime, folder: string): Promise<ClockedStore> {
    return ClockedStore.#launch(folder, new FakeClock(fakeTime, join(folder, 'time')));
  }

  /** Starts again what has ended, by the same clock. */
  restart(folder: string): Promise<ClockedStore> {
    return ClockedStore.#launch(folder, this.clock);
  }

  static async #launch(folder: string, clock: FakeClock): Promise<ClockedStore> {
    const program = launchDev(join(folder, 'store'), ['--block-bytes', '1MiB'], { under: clock.under });
    return new ClockedStore(await whenReady(program), clock);
  }

  /** Its clock is the store's, but for so many hours. */
  client(aheadHours = 0): S3Client {
    return new S3Client({ ...this.dev.ready, wallMs: () => this.clock.wallMs() + aheadHours * hourMs });
  }

  signUrl(target: string): SignedUrl {
    const { ready } = this.dev;
    const signed = presign(
      ready,
      { ...this.#unsigned('GET', target), payload: 'UNSIGNED-PAYLOAD' },
      { expires: '900' },
    );
    return { url: ready.endpoint + signed.target, aheadHours: this.clock.aheadHours };
  }

  async beginPut(target: string, body: Uint8Array, firstBytes: number): Promise<HalfPut> {
    const connection = await RawConnection.open(Number(new URL(this.dev.ready.endpoint).port));
    const unsigned = this.#unsigned('PUT', target);
    const headers = [...unsigned.headers, ['content-length', String(body.byteLength)]] as const;
    const signed = sign(this.dev.ready, { ...unsigned, headers, payload: sha256Hex(body) });
    connection.sendHead('PUT', target, signed.headers);
    connection.send(body.subarray(0, firstBytes));
    const finish = async () => {
      connection.send(body.subarray(firstBytes));
      const answer = await connection.receive('PUT');
      connection.end();
      return answer;
    };
    return { finish };
  }

  #unsigned(method: string, target: string) {
    const { host } = new URL(this.dev.ready.endpoint);
    return { method, target, headers: [['host', host]] as const, amzDate: amzDate(this.clock.wallMs()) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dev[Symbol.asyncDispose]();
  }
}
