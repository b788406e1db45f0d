import type { Clock } from '../../../runtime/clock.ts';

/** Answers this quick say nothing against a node, whatever the quickest was. */
const NEVER_SLOW_MS = 50;
/** An answer this late is slow, whatever the quickest was. */
const ALWAYS_SLOW_MS = 10_000;
const SLOW_FACTOR = 2.5;
const SLOW_IN_A_ROW = 3;
const QUICK_IN_A_ROW = 8;
/** The same until a first slow answer: a quick node is used fully at once. */
const FIRST_QUICK_IN_A_ROW = 2;
/** What was quick once is expected for about as long: the quickest time doubles with each of these. */
const FORGET_MS = 3_600_000;

interface Quickest {
  readonly ms: number;
  readonly atMs: number;
}

/**
 * How many questions may be in flight, following the node.
 *
 * An answer is slow when it took longer than 2.5 times the quickest recent answer of its kind and size (50 ms at least, 10 s at most) for each question
 * that was in flight with it, and quick within half of that. Three slow answers in a row take one place away, eight quick ones in a row give one back.
 *
 * Sizes are compared within a factor of two, so a large page is no slow node; the quickest answer of a distant node holds its distance, so that is none
 * either; and what our own questions cost each other is allowed for, so what is left is the node and its other clients.
 */
export class Pace {
  readonly #max: number;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #quickest = new Map<string, Quickest>();
  #level: number;
  #slow = 0;
  #quick = 0;
  #wasSlow = false;

  constructor(max: number, start: number, clock: Pick<Clock, 'monotonicMs'>) {
    this.#max = max;
    this.#level = start;
    this.#clock = clock;
  }

  /** From 1 to the configured bound. */
  get level(): number {
    return this.#level;
  }

  /**
   * @param size in any unit that the times of this kind grow with
   * @param inFlight questions in flight when this one was sent, itself included
   */
  note(kind: string, size: number, tookMs: number, inFlight: number): void {
    const slowMs = Math.min(ALWAYS_SLOW_MS, this.#expectedMs(kind, size, tookMs) * inFlight);
    if (tookMs > slowMs) this.noteSlow();
    else if (tookMs <= slowMs / 2) this.#noteQuick();
    else this.#noteNeither();
  }

  /** Also for what took long without ever being answered. */
  noteSlow(): void {
    this.#quick = 0;
    this.#slow += 1;
    if (this.#slow < SLOW_IN_A_ROW) return;
    this.#slow = 0;
    this.#wasSlow = true;
    this.#level = Math.max(1, this.#level - 1);
  }

  /** Another node may answer from now on. */
  forget(): void {
    this.#quickest.clear();
  }

  #noteQuick(): void {
    this.#slow = 0;
    this.#quick += 1;
    if (this.#quick < (this.#wasSlow ? QUICK_IN_A_ROW : FIRST_QUICK_IN_A_ROW)) return;
    this.#quick = 0;
    this.#level = Math.min(this.#max, this.#level + 1);
  }

  #noteNeither(): void {
    this.#slow = 0;
    this.#quick = 0;
  }

  /** What one answer may take at most when nothing else is in flight. */
  #expectedMs(kind: string, size: number, tookMs: number): number {
    const name = `${kind} ${Math.round(Math.log2(Math.max(1, size)))}`;
    const nowMs = this.#clock.monotonicMs();
    const known = this.#quickest.get(name);
    const agedMs = known === undefined ? Number.POSITIVE_INFINITY : known.ms * 2 ** ((nowMs - known.atMs) / FORGET_MS);
    if (tookMs <= agedMs) this.#quickest.set(name, { ms: tookMs, atMs: nowMs });
    return Math.max(NEVER_SLOW_MS, SLOW_FACTOR * Math.min(tookMs, agedMs));
  }
}
