import { chainOrderKey } from '../clients/chain/keys/order-key.ts';
import { type CleanupMode, countFitting, dayLimit, type DeletionStanding, judgeUnproven } from '../domain/deletions.ts';
import { SECOND_MS } from '../domain/units.ts';
import { runLoop, type LoopParts } from '../runtime/loop.ts';
import type { Task } from '../runtime/task.ts';
import { type Cleanup, type Cleanups, toPlanned } from '../store/cleanups.ts';
import type { Facts } from '../store/facts.ts';
import type { Gaps } from '../store/gaps.ts';
import { confirmCloses } from './confirm-closes.ts';
import { deleteClosed } from './delete-closed.ts';
import type { FileRemover } from './file-remover.ts';
import { GuardTalk } from './guard-talk.ts';
import type { FinalizedReads } from '../clients/chain/orders/finalized-reads.ts';
import type { CleanupCoordinator, ReadIngest } from './ports.ts';

export interface CleanupTaskParts extends LoopParts {
  readonly cleanups: Cleanups;
  readonly facts: Facts;
  readonly gaps: Gaps;
  readonly reads: FinalizedReads;
  readonly ingest: ReadIngest;
  readonly remover: FileRemover;
  readonly coordinator: CleanupCoordinator | undefined;
  readonly settings: {
    readonly mode: CleanupMode;
    readonly graceBlocks: number;
    readonly maxPercentPerDay: number;
  };
}

const intervalMs = 10 * SECOND_MS;
const deletesARound = 20;
const toldARound = 250;

/** Follows closes of held files from the first sign to the deleted file. */
export class CleanupTask implements Task {
  readonly name = 'cleanup';
  readonly #parts: CleanupTaskParts;
  readonly #talk: GuardTalk;
  #isGreeted = false;

  constructor(parts: CleanupTaskParts) {
    this.#parts = parts;
    this.#talk = new GuardTalk(parts);
  }

  async run(signal: AbortSignal): Promise<void> {
    await runLoop(this.#parts, { name: this.name, intervalMs }, signal, async () => await this.#round(signal));
  }

  async #round(signal: AbortSignal): Promise<number | undefined> {
    const { cleanups, facts, settings } = this.#parts;
    await this.#putBackUnfinished();
    const headBlock = (await facts.find('chain-time'))?.atBlock;
    if (headBlock === undefined) return undefined;
    await confirmCloses({ ...this.#parts, graceBlocks: settings.graceBlocks }, headBlock, signal);
    const standing = await cleanups.standing(headBlock);
    const verdict = judgeUnproven(standing, settings.maxPercentPerDay);
    this.#talk.unproven(verdict, standing.unproven, standing.held);
    if (verdict === 'outage') {
      this.#talk.nothingGoes(settings.mode);
      return undefined;
    }
    const sought = { unproven: verdict === 'go' };
    if (settings.mode === 'dryRun') return await this.#tell(headBlock, sought);
    const due = await cleanups.listDue(headBlock, { ...sought, limit: deletesARound });
    const end = await this.#delete(due, standing, headBlock, signal);
    this.#talk.behind(end === 'behind' ? await cleanups.countDue(headBlock, sought) : undefined);
    if (end === 'behind') return undefined;
    const allGone = end === 'all-gone';
    if (!allGone) this.#talk.limit(await cleanups.countDue(headBlock, sought));
    return allGone && due.length === deletesARound ? SECOND_MS : undefined;
  }

  /** Deletes the oldest ones, as many as may be within a day. None after one that waits for events: they would wait for the same. */
  async #delete(
    due: readonly Cleanup[],
    standing: DeletionStanding,
    headBlock: number,
    signal: AbortSignal,
  ): Promise<'all-gone' | 'held-back' | 'behind'> {
    const { maxPercentPerDay } = this.#parts.settings;
    const planned = due.map((cleanup) => toPlanned(cleanup, headBlock));
    const fitting = due.slice(0, countFitting(planned, standing, dayLimit(standing, maxPercentPerDay)));
    // Before any of them goes: what keeps one from it, an outage of sWorker for example, is another matter.
    if (fitting.length === due.length && due.length < deletesARound) this.#talk.limit(undefined);
    if (fitting.length > 0) await this.#greet(signal);
    const parts = { ...this.#parts, talk: this.#talk };
    for (const cleanup of fitting) {
      signal.throwIfAborted();
      const end = await deleteClosed(parts, cleanup, headBlock, signal);
      if (end !== 'settled') return end;
    }
    return fitting.length === due.length ? 'all-gone' : 'held-back';
  }

  /** Tells what would be deleted, each file once. */
  async #tell(headBlock: number, sought: { readonly unproven: boolean }): Promise<number | undefined> {
    const { cleanups, logger } = this.#parts;
    const told = await cleanups.tellDue(headBlock, { ...sought, limit: toldARound });
    for (const { cid, sizeBytes, seenBlock } of told) {
      logger.info('Would let go of the file of a closed order', { cid, sizeBytes, seenBlock });
    }
    this.#talk.dryRun(await cleanups.countDue(headBlock, sought));
    return told.length === toldARound ? SECOND_MS : undefined;
  }

  /** Nothing is deleted before the coordinator has answered its ping once. */
  async #greet(signal: AbortSignal): Promise<void> {
    if (this.#isGreeted) return;
    await this.#parts.coordinator?.ping(signal);
    this.#isGreeted = true;
  }

  /** A deletion whose end was not written down has to prove itself again: the last process ended in it, or the disk was full. */
  async #putBackUnfinished(): Promise<void> {
    const { cleanups, clock, logger } = this.#parts;
    for (const cleanup of await cleanups.listDeleting()) {
      const key = chainOrderKey(cleanup.cid);
      const detail = 'its deletion was interrupted';
      const retry = { lookBlock: 0, attempts: cleanup.attempts, detail, isUndone: false };
      const state = await cleanups.putBack(cleanup, key, retry, clock.nowMs());
      logger.info('A deletion was interrupted', { cid: cleanup.cid, state });
    }
  }
}
