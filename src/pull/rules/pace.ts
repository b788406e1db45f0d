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

  /** Orders to have ready at this moment. Many ends of a moment ago tell the pace before a second of them has gone by. */
  ahead(nowMs: number): number {
    const first = this.#endsMs.findIndex((endMs) => nowMs - endMs < SECOND_MS);
    this.#endsMs = first === -1 ? [] : this.#endsMs.slice(first);
    const perSecond = Math.max(this.#endsMs.length, ((this.#lately(nowMs) - 1) * SECOND_MS) / LATELY_MS);
    return Math.min(MOST_AHEAD, Math.floor(perSecond / SHARE));
  }

  /** Orders to have claimed at this moment: those whose slots will be free before they could be claimed then. */
  claims(nowMs: number): number {
    return Math.floor((this.#lately(nowMs) * CLAIM_MS) / LATELY_MS);
  }

  #lately(nowMs: number): number {
    return this.#endsMs.filter((endMs) => nowMs - endMs < LATELY_MS).length;
  }
}
