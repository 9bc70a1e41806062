/** Why: one connection to a door, signed requests on it one after the other, as raw bytes. */
import type { RawConnection, RawResponse } from '../../support/raw-http.ts';
import type { Ask, TestDoor } from '../../support/s3-door.ts';

export class Session {
  readonly #door: TestDoor;
  #connection: RawConnection | undefined;

  constructor(door: TestDoor) {
    this.#door = door;
  }

  async ask(ask: Ask): Promise<RawResponse> {
    this.#connection ??= await this.#door.connect();
    const connection = this.#connection;
    connection.sendHead(ask.method, ask.target, this.#door.sign(ask).headers);
    if (ask.body !== undefined) connection.send(ask.body);
    const response = await connection.receive(ask.method);
    if (response.headers.get('connection') === 'close') this.end();
    return response;
  }

  end(): void {
    this.#connection?.end();
    this.#connection = undefined;
  }
}
