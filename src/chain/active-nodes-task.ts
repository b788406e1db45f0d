import { HOUR_MS, MINUTE_MS } from '../domain/units.ts';
import { runLoop } from '../runtime/loop.ts';
import type { Task } from '../runtime/task.ts';
import type { ChainTaskParts } from './ports.ts';
import { syncedHead } from './synced-head.ts';
import { UndecodableGuard } from './undecodable.ts';

const condition = 'no-active-nodes';

/**
 * Keeps the fact `active-nodes`: how many nodes reported work for the current slot. It is counted once an hour, and at once when the wall clock was
 * stepped: by the age that the fact then has nothing would be decided for the rest of the hour.
 */
export class ActiveNodesTask implements Task {
  readonly name = 'active-nodes';
  readonly #parts: ChainTaskParts;
  readonly #guard: UndecodableGuard;
  /** Of the last count, by the wall clock, and after how long the next one is due. */
  #counted: { readonly atMs: number; readonly againMs: number } | undefined;

  constructor(parts: ChainTaskParts) {
    this.#parts = parts;
    this.#guard = new UndecodableGuard(parts, `chain-undecodable-${this.name}`);
  }

  async run(signal: AbortSignal): Promise<void> {
    await runLoop(
      this.#parts,
      { name: this.name, intervalMs: MINUTE_MS },
      signal,
      async () => await this.#guard.run(async () => await this.#look(signal)),
    );
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    if (this.#counted !== undefined && Math.abs(clock.nowMs() - this.#counted.atMs) < this.#counted.againMs) return;
    const againMs = await this.#count(signal);
    this.#counted = { atMs: clock.nowMs(), againMs };
  }

  /** Returns after how long it is to be counted again. */
  async #count(signal: AbortSignal): Promise<number> {
    const { chain, database, facts, clock, conditions, logger } = this.#parts;
    const { value: head, endPoint } = await syncedHead(chain, this.#guard.ask(signal));
    const { value: count } = await chain.facts.countActiveNodes(head, { signal, only: endPoint, priority: 'bulk' });
    const fact = { count, atBlock: head.number, atMs: clock.nowMs() };
    await database.write('event', async (tx) => await facts.setNewer(tx, 'active-nodes', fact));
    if (count > 0) {
      if (conditions.clear(condition)) logger.info('Nodes report work again', { count });
      return HOUR_MS;
    }
    const message = 'no node has reported work for the current slot: nothing can be decided';
    if (conditions.raise(condition, { kind: 'wait', part: 'node', message })) logger.warn('No active nodes');
    return 10 * MINUTE_MS;
  }
}
