import type { PastPull } from '../../domain/pull-ends.ts';
import { HOUR_MS } from '../../domain/units.ts';
import { mayBeOurRest } from '../rules/history.ts';

interface Watched {
  readonly sealedBytes: number;
  readonly sinceMs: number;
  readonly seenMs: number;
}

const FORGET_MS = 2 * HOUR_MS;

/**
 * Pending entries in sWorker that stand in the way of a pull. A killed daemon leaves such entries behind: one that can only be the rest of a
 * pull of ours and does not grow for `stallMs` may be ended.
 */
export class StaleSeals {
  readonly #stallMs: number;
  readonly #watched = new Map<string, Watched>();

  constructor(stallMs: number) {
    this.#stallMs = stallMs;
  }

  /** Takes one look at an entry; true when it may be ended now. No `pin/add` of ours may be running for the CID. */
  mayEnd(cid: string, sealedBytes: number, history: readonly PastPull[], nowMs: number): boolean {
    this.#forgetOld(nowMs);
    if (!mayBeOurRest(history)) return false;
    const before = this.#watched.get(cid);
    const sinceMs = before?.sealedBytes === sealedBytes ? before.sinceMs : nowMs;
    this.#watched.set(cid, { sealedBytes, sinceMs, seenMs: nowMs });
    return nowMs - sinceMs >= this.#stallMs;
  }

  #forgetOld(nowMs: number): void {
    for (const [cid, watched] of this.#watched) if (nowMs - watched.seenMs > FORGET_MS) this.#watched.delete(cid);
  }
}
