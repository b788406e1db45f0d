import { HOUR_MS, KIB, SECOND_MS } from '../../domain/units.ts';

const SLOWEST_BYTES_PER_SECOND = 200 * KIB;
const STRETCH = 4;
const HOURLY_SHARE = 0.01;

/** The time a pull of `sizeBytes` may take: 1 h and its size at 200 KiB/s. */
export function ceilingMs(sizeBytes: number): number {
  return HOUR_MS + (sizeBytes / SLOWEST_BYTES_PER_SECOND) * SECOND_MS;
}

/** Judges one pull: over its ceiling, or over four times that while each hour has sealed 1 % of its size. */
export class CeilingWatch {
  readonly #sizeBytes: number;
  readonly #ceilingMs: number;
  #elapsedMs = 0;
  #hours = 0;
  #sealedAtHour = 0;
  #lastHourGood = false;

  constructor(sizeBytes: number) {
    this.#sizeBytes = sizeBytes;
    this.#ceilingMs = ceilingMs(sizeBytes);
  }

  /** Takes the time since the poll before and the sealed bytes now; returns true when the pull has had its time. */
  poll(spanMs: number, sealedBytes: number): boolean {
    this.#elapsedMs += spanMs;
    const hours = Math.floor(this.#elapsedMs / HOUR_MS);
    if (hours > this.#hours) {
      this.#hours = hours;
      this.#lastHourGood = sealedBytes - this.#sealedAtHour >= HOURLY_SHARE * this.#sizeBytes;
      this.#sealedAtHour = sealedBytes;
    }
    if (this.#elapsedMs < this.#ceilingMs) return false;
    return !this.#lastHourGood || this.#elapsedMs >= STRETCH * this.#ceilingMs;
  }
}
