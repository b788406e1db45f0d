import { SECOND_MS } from '../../domain/units.ts';

/** As many as half a second takes: enough to ask about the next batch meanwhile, and a batch is worth its questions. */
const SHARE = 2;
const MOST_AHEAD = 128;
const LATELY_MS = 250;
/** Some times as long as it takes to claim more. */
const CLAIM_MS = 100;

/** How fast pulls end, and so how many orders are worth asking about ahead of their slots: none while slots are freed once in a while. */
export class Pace {
  #endsMs: number[] = [];

  noteEnd(nowMs: number): void {
    this.#endsMs.push(nowMs);
  }

  /** Orders to have ready at this moment. */
  ahead(nowMs: number): number {
    const first = this.#endsMs.findIndex((endMs) => nowMs - endMs < SECOND_MS);
    this.#endsMs = first === -1 ? [] : this.#endsMs.slice(first);
    return Math.min(MOST_AHEAD, Math.floor(this.#endsMs.length / SHARE));
  }

  /** Orders to have claimed at this moment: those whose slots will be free before they could be claimed then. */
  claims(nowMs: number): number {
    const lately = this.#endsMs.filter((endMs) => nowMs - endMs < LATELY_MS);
    return Math.floor((lately.length * CLAIM_MS) / LATELY_MS);
  }
}
