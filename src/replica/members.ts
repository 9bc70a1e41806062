/**
 * Why: the volumes as this process sees them: what the catalog says of each, the open volume if there is one, and what
 * was observed of it. A volume that is not open stays a member: its copies are missed, not forgotten.
 */
import type { VolumeId } from '../base/ids.ts';
import type { VolumeEntry } from '../catalog/records/volume-entry.ts';
import type { Volume } from '../volume/volume.ts';
import { LatencyTracker } from './core/latency.ts';

export type Member = {
  entry: VolumeEntry;
  volume: Volume | undefined;
  readonly latency: LatencyTracker;
  inFlight: number;
  /**
   * Writes that wait for it. A suspect is given one at a time where others suffice, so that a stuck volume holds no
   * memory but that one's.
   */
  pendingWrites: number;
  /** It failed or hung at its last use; cleared by the next success. */
  suspect: boolean;
  /** It did not answer, or was gone, when it was last looked at: background work leaves it alone. */
  isSilent: boolean;
};

export class Members {
  readonly #members = new Map<VolumeId, Member>();

  set(entry: VolumeEntry, volume: Volume | undefined): Member {
    const known = this.#members.get(entry.id);
    if (known !== undefined) {
      known.entry = entry;
      known.volume = volume ?? known.volume;
      return known;
    }
    const member: Member = {
      entry,
      volume,
      latency: new LatencyTracker(),
      inFlight: 0,
      pendingWrites: 0,
      suspect: false,
      isSilent: false,
    };
    this.#members.set(entry.id, member);
    return member;
  }

  delete(id: VolumeId): void {
    this.#members.delete(id);
  }

  get(id: VolumeId): Member | undefined {
    return this.#members.get(id);
  }

  /** The open volume, if it can be asked. */
  volume(id: VolumeId): Volume | undefined {
    return this.#members.get(id)?.volume;
  }

  all(): Member[] {
    return [...this.#members.values()];
  }

  /** Those that are not among these. */
  others(ids: readonly VolumeId[]): VolumeId[] {
    return [...this.#members.keys()].filter((id) => !ids.includes(id));
  }

  /** Open volumes of which an answer can be expected. */
  answering(): Volume[] {
    return this.all().flatMap(({ volume, isSilent }) => (volume === undefined || isSilent ? [] : volume));
  }

  isSilent(id: VolumeId): boolean {
    return this.#members.get(id)?.isSilent ?? false;
  }

  /** Volumes that hold blocks which count: a lost or retired one does not, whatever may still be readable on it. */
  holding(): Member[] {
    return this.all().filter(({ entry }) => entry.state === 'active' || entry.state === 'draining');
  }

  /** The widest level at which a copy on this volume counts as one of W: its whole path below the site. */
  domainOf(id: VolumeId): string {
    const member = this.#members.get(id);
    return member === undefined ? id : member.entry.domain.join('/');
  }
}
