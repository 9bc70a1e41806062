/**
 * Why: a load balancer must not send anybody to a store that would refuse them, and whoever looks must see why. All
 * that makes it unsafe to serve is told, each in one line.
 */
export type Readiness = {
  /** Empty: clients can be served. */
  reasons(): readonly string[];
};

type Stage = 'starting' | 'serving' | 'draining';

const notServing: Readonly<Record<Exclude<Stage, 'serving'>, string>> = {
  starting: 'the store is starting: its volumes and its catalog are being opened',
  draining: 'the store is stopping: requests under way are finished, new ones refused',
};

export class StoreReadiness implements Readiness {
  #stage: Stage = 'starting';
  #check: () => readonly (string | undefined)[] = () => [];

  /** From now on it is the check's answers that count. */
  serve(check: () => readonly (string | undefined)[]): void {
    this.#stage = 'serving';
    this.#check = check;
  }

  drain(): void {
    this.#stage = 'draining';
  }

  get isDraining(): boolean {
    return this.#stage === 'draining';
  }

  reasons(): readonly string[] {
    if (this.#stage !== 'serving') return [notServing[this.#stage]];
    return this.#check().filter((reason) => reason !== undefined);
  }
}
