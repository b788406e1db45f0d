import { chainOrderKey } from '../clients/chain/keys/order-key.ts';
import { SECOND_MS } from '../domain/units.ts';
import { runLoop, type LoopParts } from '../runtime/loop.ts';
import type { Task } from '../runtime/task.ts';
import type { Cleanups } from '../store/cleanups.ts';
import type { Facts } from '../store/facts.ts';
import { confirmCloses } from './confirm-closes.ts';
import { deleteClosed } from './delete-closed.ts';
import type { FileRemover } from './file-remover.ts';
import type { FinalizedReads } from '../clients/chain/orders/finalized-reads.ts';
import type { CleanupCoordinator, ReadIngest } from './ports.ts';

export interface CleanupTaskParts extends LoopParts {
  readonly cleanups: Cleanups;
  readonly facts: Facts;
  readonly reads: FinalizedReads;
  readonly ingest: ReadIngest;
  readonly remover: FileRemover;
  readonly coordinator: CleanupCoordinator | undefined;
  readonly settings: { readonly graceBlocks: number };
}

const intervalMs = 10 * SECOND_MS;
const deletesARound = 20;

/** Follows closes of held files from the first sign to the deleted file. */
export class CleanupTask implements Task {
  readonly name = 'cleanup';
  readonly #parts: CleanupTaskParts;
  #isGreeted = false;

  constructor(parts: CleanupTaskParts) {
    this.#parts = parts;
  }

  async run(signal: AbortSignal): Promise<void> {
    // A deletion that was under way when the last process ended has to prove itself again.
    await this.#putBackUnfinished();
    await runLoop(this.#parts, { name: this.name, intervalMs }, signal, async () => await this.#round(signal));
  }

  async #round(signal: AbortSignal): Promise<number | undefined> {
    const { cleanups, facts, settings } = this.#parts;
    const headBlock = (await facts.find('chain-time'))?.atBlock;
    if (headBlock === undefined) return undefined;
    await confirmCloses({ ...this.#parts, graceBlocks: settings.graceBlocks }, headBlock, signal);
    const due = await cleanups.listDue(headBlock, deletesARound);
    if (due.length > 0) await this.#greet(signal);
    for (const cleanup of due) {
      signal.throwIfAborted();
      await deleteClosed(this.#parts, cleanup, headBlock, signal);
    }
    return due.length === deletesARound ? SECOND_MS : undefined;
  }

  /** Nothing is deleted before the coordinator has answered its ping once. */
  async #greet(signal: AbortSignal): Promise<void> {
    if (this.#isGreeted) return;
    await this.#parts.coordinator?.ping(signal);
    this.#isGreeted = true;
  }

  async #putBackUnfinished(): Promise<void> {
    const { cleanups, clock, logger } = this.#parts;
    for (const cleanup of await cleanups.listDeleting()) {
      const key = chainOrderKey(cleanup.cid);
      const retry = { lookBlock: 0, attempts: cleanup.attempts, detail: 'the process ended while it was deleted' };
      const state = await cleanups.putBack(cleanup, key, retry, clock.nowMs());
      logger.info('A deletion was interrupted', { cid: cleanup.cid, state });
    }
  }
}
