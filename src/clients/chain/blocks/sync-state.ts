import type { Clock } from '../../../runtime/clock.ts';
import { SECOND_MS } from '../../../domain/units.ts';

/** Looks this close together say nothing about speed. */
const MIN_LOOK_MS = 10 * SECOND_MS;
/** A head whose own time passes between half and twice as fast as ours is followed as it is made. */
const SLOWEST = 0.5;
const FASTEST = 2;

export type SyncTrouble = 'node-says-so' | 'head-old' | 'head-racing';

export interface SyncState {
  readonly syncing: boolean;
  readonly reason: SyncTrouble | null;
  readonly peers: number;
  /** The newest block's own time, Unix ms, and how far it lies behind the clock (negative when ahead of it). */
  readonly headTimestampMs: number;
  readonly headAgeMs: number;
}

interface Look {
  readonly headTimestampMs: number;
  readonly atMs: number;
}

/**
 * Judges whether one end point is behind its chain: by its own word, or because its newest block is old. An old block whose successors come at the
 * pace of time is no sign of it (the clock here is wrong, or the chain stood still and goes on).
 */
export class SyncJudge {
  readonly #clock: Clock;
  readonly #maxHeadAgeMs: number;
  #before: Look | undefined;
  #latest: Look | undefined;

  constructor(clock: Clock, maxHeadAgeMs: number) {
    this.#clock = clock;
    this.#maxHeadAgeMs = maxHeadAgeMs;
  }

  judge(saysSyncing: boolean, peers: number, headTimestampMs: number): SyncState {
    this.#look({ headTimestampMs, atMs: this.#clock.monotonicMs() });
    const headAgeMs = this.#clock.nowMs() - headTimestampMs;
    const reason = saysSyncing ? 'node-says-so' : this.#ageTrouble(headAgeMs);
    return { syncing: reason !== null, reason, peers, headTimestampMs, headAgeMs };
  }

  #look(now: Look): void {
    if (this.#latest === undefined || now.atMs - this.#latest.atMs >= MIN_LOOK_MS) {
      this.#before = this.#latest;
      this.#latest = now;
    }
  }

  #ageTrouble(headAgeMs: number): SyncTrouble | null {
    if (headAgeMs <= this.#maxHeadAgeMs) return null;
    if (this.#before === undefined || this.#latest === undefined) return 'head-old';
    const speed =
      (this.#latest.headTimestampMs - this.#before.headTimestampMs) / (this.#latest.atMs - this.#before.atMs);
    if (speed > FASTEST) return 'head-racing';
    return speed < SLOWEST ? 'head-old' : null;
  }
}
