import { SECOND_MS } from '../../domain/units.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Facts } from '../../store/facts.ts';

const RECENT_MS = SECOND_MS;

/** The newest finalized block known, at most a second old: ends of pulls come by the hundreds, and blocks every six seconds. */
export class HeadBlock {
  readonly #parts: { readonly facts: Facts; readonly clock: Clock };
  #known: { readonly block: number; readonly atMs: number } | undefined;

  constructor(parts: { readonly facts: Facts; readonly clock: Clock }) {
    this.#parts = parts;
  }

  /** 0 before any is known. */
  async now(): Promise<number> {
    const { facts, clock } = this.#parts;
    const atMs = clock.monotonicMs();
    if (this.#known !== undefined && atMs - this.#known.atMs < RECENT_MS) return this.#known.block;
    const block = (await facts.find('chain-time'))?.atBlock ?? 0;
    this.#known = { block, atMs };
    return block;
  }
}
