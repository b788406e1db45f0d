import type { Answer, BlockRef } from '../clients/chain/ask.ts';
import { isOutage } from '../domain/errors.ts';
import { BLOCK_MS } from '../domain/units.ts';
import { runLoop } from '../runtime/loop.ts';
import type { Task } from '../runtime/task.ts';
import { FinalityWatch } from './finality-watch.ts';
import type { ChainTaskParts } from './ports.ts';
import { syncedHead } from './synced-head.ts';
import { UndecodableGuard } from './undecodable.ts';

/** Keeps the fact `chain-time`: the newest finalized block and its own timestamp. A syncing end point is waited for. */
export class ChainTimeTask implements Task {
  readonly name = 'chain-time';
  readonly #parts: ChainTaskParts;
  readonly #guard: UndecodableGuard;
  readonly #finality: FinalityWatch;

  constructor(parts: ChainTaskParts) {
    this.#parts = parts;
    this.#guard = new UndecodableGuard(parts, `chain-undecodable-${this.name}`);
    this.#finality = new FinalityWatch(parts);
  }

  async run(signal: AbortSignal): Promise<void> {
    await runLoop(
      this.#parts,
      { name: this.name, intervalMs: BLOCK_MS },
      signal,
      async () => await this.#guard.run(async () => await this.#round(signal)),
    );
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { chain, database, facts, clock } = this.#parts;
    const { value: head, endPoint } = await this.#head(signal);
    const ask = { signal, only: endPoint };
    const [timestamp, spec] = await Promise.all([
      chain.blocks.timestampMs(head, ask),
      chain.blocks.specVersion(head, ask),
    ]);
    const time = {
      atBlock: head.number,
      atMs: clock.nowMs(),
      blockTimestampMs: timestamp.value,
      specVersion: spec.value,
    };
    await database.write('event', async (tx) => await facts.setNewer(tx, 'chain-time', time));
  }

  /** Of another end point where the first one's does not move: whoever has finalized more is asked first from then on. */
  async #head(signal: AbortSignal): Promise<Answer<BlockRef>> {
    const ask = this.#guard.ask(signal);
    const seen = await syncedHead(this.#parts.chain, ask);
    if (!this.#finality.standsStill(seen)) return seen;
    try {
      const other = await syncedHead(this.#parts.chain, { ...ask, avoid: seen.endPoint });
      if (other.value.number <= seen.value.number) return seen;
      this.#finality.standsStill(other);
      return other;
    } catch (error) {
      // The first one's answer stands, and what ails the other is told when its own turn comes.
      if (!isOutage(error)) throw error;
      return seen;
    }
  }
}
