import { MINUTE_MS } from '../../domain/units.ts';

const FIRST_BLOCK_MS = 60 * MINUTE_MS;

/** What one poll of a running pull saw. */
export interface PollView {
  /** Blocks the daemon reported. */
  readonly blocks: number;
  /** sWorker's `sealed_size`. */
  readonly sealedBytes: number;
  /** Time this poll stands for: since the poll before, but at most twice the interval, so that a suspended process sees no stall. */
  readonly spanMs: number;
  /** False while sWorker cannot be asked, which leaves `sealedBytes` unknown. */
  readonly sealedKnown: boolean;
  /** The daemon holds pins back that wait for their first block. */
  readonly held: boolean;
}

/** Judges one pull: stalled when neither blocks nor sealed bytes grew for `stallMs`, or for 60 min before the first block. */
export class StallWatch {
  readonly #stallMs: number;
  #idleMs = 0;
  #blocks = 0;
  #sealedBytes = 0;

  constructor(stallMs: number) {
    this.#stallMs = stallMs;
  }

  /** Returns true when the pull has stalled. */
  poll(view: PollView): boolean {
    const grew = view.blocks > this.#blocks || view.sealedBytes > this.#sealedBytes;
    this.#blocks = Math.max(this.#blocks, view.blocks);
    // Not the maximum: an entry that began anew counts its growth from where it is.
    if (view.sealedKnown) this.#sealedBytes = view.sealedBytes;
    if (grew) {
      this.#idleMs = 0;
      return false;
    }
    const started = this.#blocks > 0 || this.#sealedBytes > 0;
    if (started ? !view.sealedKnown : view.held) return false;
    this.#idleMs += view.spanMs;
    return this.#idleMs >= (started ? this.#stallMs : FIRST_BLOCK_MS);
  }
}
