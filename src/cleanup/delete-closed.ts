import { chainOrderKey } from '../clients/chain/keys/order-key.ts';
import { hasCode, isOutage, type SmError } from '../domain/errors.ts';
import { DAY_BLOCKS, HOUR_BLOCKS, MINUTE_BLOCKS } from '../domain/units.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import type { Cleanup, Cleanups } from '../store/cleanups.ts';
import type { Facts } from '../store/facts.ts';
import type { Gaps } from '../store/gaps.ts';
import type { FileRemover } from './file-remover.ts';
import type { FinalizedReads } from '../clients/chain/orders/finalized-reads.ts';
import type { CleanupCoordinator, ReadIngest } from './ports.ts';

export interface DeleteParts {
  readonly cleanups: Cleanups;
  readonly facts: Pick<Facts, 'find'>;
  readonly gaps: Pick<Gaps, 'listOpen'>;
  readonly reads: Pick<FinalizedReads, 'read'>;
  readonly ingest: ReadIngest;
  readonly remover: Pick<FileRemover, 'remove'>;
  readonly coordinator: CleanupCoordinator | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: { readonly maxPercentPerDay: number };
}

const laterBlocks = 5 * MINUTE_BLOCKS;

/** 30 minutes after the first refusal, doubling to a day. */
export function deleteBackOffBlocks(attempts: number): number {
  return Math.min(DAY_BLOCKS, (HOUR_BLOCKS / 2) * 2 ** Math.min(attempts, 10));
}

/**
 * Deletes the file of a confirmed close whose grace is over, if the order is absent still, at the newest finalized block, right before, and no event
 * up to that block has brought it back: both looks at the close may be older than a re-order, and one read alone may be wrong.
 * A refusal is tried again later; what cannot be asked rejects and leaves the cleanup where a later round takes it up.
 * @returns `held-back` when it may not go today
 */
export async function deleteClosed(
  parts: DeleteParts,
  cleanup: Cleanup,
  headBlock: number,
  signal: AbortSignal,
): Promise<'settled' | 'held-back'> {
  const key = chainOrderKey(cleanup.cid);
  if (parts.coordinator !== undefined) {
    // Told only of what is about to go; the time it takes to answer is why the order is read again afterwards.
    if ((await absentAt(parts, cleanup, headBlock, signal)) === undefined) return 'settled';
    await parts.coordinator.withdrawSeal(cleanup.cid, signal);
  }
  const atBlock = await absentAt(parts, cleanup, headBlock, signal);
  if (atBlock === undefined || !(await knowsEvents(parts, cleanup.seenBlock, atBlock))) return 'settled';
  const { maxPercentPerDay } = parts.settings;
  const begun = await parts.cleanups.beginDelete(cleanup, key, { atBlock, maxPercentPerDay }, parts.clock.nowMs());
  if (begun === 'held-back') return begun;
  if (begun === 'pull-running') await parts.cleanups.putOff(cleanup, headBlock + MINUTE_BLOCKS);
  if (begun !== 'begun') return 'settled';
  try {
    const answer = await parts.remover.remove(cleanup.cid, signal);
    await parts.cleanups.finish(cleanup, answer, parts.clock.nowMs());
    parts.logger.info('Let go of the file of a closed order', { cid: cleanup.cid, answer, atBlock });
  } catch (error) {
    if (!isOutage(error)) throw error;
    await putBack(parts, cleanup, headBlock, error);
  }
  return 'settled';
}

/** The block at which the order was absent; undefined when it was found (and the cleanup cancelled) or the read is too old to say. */
async function absentAt(
  parts: DeleteParts,
  cleanup: Cleanup,
  headBlock: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const read = await parts.reads.read([chainOrderKey(cleanup.cid)], {}, signal);
  const [order] = read.reads;
  // A node behind the one that was followed so far: its newest block may be from before a re-order.
  if (order === undefined || read.atBlock < headBlock) return undefined;
  if (order.figures === undefined) return read.atBlock;
  await parts.ingest.ingest([order]);
  await parts.cleanups.cancel(cleanup, 'confirmed', 'the order was found on chain', parts.clock.nowMs());
  parts.logger.info('A closed order is back before its file was deleted', { cid: cleanup.cid, atBlock: read.atBlock });
  return undefined;
}

/** Whether the tables hold what happened after one block up to another one: a re-order has taken the cleanup back by then. */
async function knowsEvents(parts: DeleteParts, afterBlock: number, throughBlock: number): Promise<boolean> {
  const cursor = await parts.facts.find('event-cursor');
  if (cursor === undefined || cursor.block < throughBlock) return false;
  return (await parts.gaps.listOpen()).every((gap) => gap.toBlock <= afterBlock);
}

async function putBack(parts: DeleteParts, cleanup: Cleanup, headBlock: number, error: SmError): Promise<void> {
  const refused = hasCode(error, 'SWORKER_REFUSED', 'IPFS_REFUSED');
  const state = await parts.cleanups.putBack(
    cleanup,
    chainOrderKey(cleanup.cid),
    {
      attempts: refused ? cleanup.attempts + 1 : cleanup.attempts,
      lookBlock: headBlock + (refused ? deleteBackOffBlocks(cleanup.attempts) : laterBlocks),
      detail: error.message,
      // Of an error of the daemon's sWorker had deleted the file before.
      isUndone: hasCode(error, 'SWORKER_REFUSED', 'SWORKER_UPGRADING'),
    },
    parts.clock.nowMs(),
  );
  if (!refused) throw error;
  parts.logger.warn(
    'The file of a closed order could not be deleted',
    { cid: cleanup.cid, state, code: error.code },
    error,
  );
}
