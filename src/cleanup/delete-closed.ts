import { chainOrderKey } from '../clients/chain/keys/order-key.ts';
import { hasCode, isOutage, type SmError } from '../domain/errors.ts';
import { DAY_BLOCKS, HOUR_BLOCKS, MINUTE_BLOCKS, SECOND_MS } from '../domain/units.ts';
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
/** Events follow within seconds; a look that they have not reached by then is too old to delete by. */
const eventsPatienceMs = 30 * SECOND_MS;

/** What the last look at a closed order says: the block at which it was absent, that it is no reason to delete, or that events are not read that far. */
type LastLook = { readonly absentAtBlock: number } | 'settled' | 'behind';

/** 30 minutes after the first refusal, doubling to a day. */
export function deleteBackOffBlocks(attempts: number): number {
  return Math.min(DAY_BLOCKS, (HOUR_BLOCKS / 2) * 2 ** Math.min(attempts, 10));
}

/**
 * Deletes the file of a confirmed close whose grace is over, if the order is absent still, at the newest finalized block, right before, and no event
 * up to that block has brought it back: both looks at the close may be older than a re-order, and one read alone may be wrong.
 * A refusal is tried again later; what cannot be asked rejects and leaves the cleanup where a later round takes it up.
 * @returns `held-back` when it may not go today, `behind` when the events are not read as far as the chain says orders are
 */
export async function deleteClosed(
  parts: DeleteParts,
  cleanup: Cleanup,
  headBlock: number,
  signal: AbortSignal,
): Promise<'settled' | 'held-back' | 'behind'> {
  const key = chainOrderKey(cleanup.cid);
  if (parts.coordinator !== undefined) {
    // Told only of what is about to go; the time it takes to answer is why the order is read again afterwards.
    const early = await lastLook(parts, cleanup, headBlock, signal);
    if (typeof early === 'string') return early;
    await parts.coordinator.withdrawSeal(cleanup.cid, signal);
  }
  const look = await lastLook(parts, cleanup, headBlock, signal);
  if (typeof look === 'string') return look;
  const atBlock = look.absentAtBlock;
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

/** An order that was found cancels the cleanup; a read that is too old to say, or a gap since the close, leaves it. */
async function lastLook(
  parts: DeleteParts,
  cleanup: Cleanup,
  headBlock: number,
  signal: AbortSignal,
): Promise<LastLook> {
  const { atBlock, reads } = await parts.reads.read([chainOrderKey(cleanup.cid)], {}, signal);
  const [order] = reads;
  // A node behind the one that was followed so far: its newest block may be from before a re-order.
  if (order === undefined || atBlock < headBlock) return 'settled';
  if (order.figures !== undefined) {
    await parts.ingest.ingest([order]);
    await parts.cleanups.cancel(cleanup, 'confirmed', 'the order was found on chain', parts.clock.nowMs());
    parts.logger.info('A closed order is back before its file was deleted', { cid: cleanup.cid, atBlock });
    return 'settled';
  }
  if ((await parts.gaps.listOpen()).some((gap) => gap.toBlock > cleanup.seenBlock)) return 'settled';
  return (await areEventsRead(parts, atBlock, signal)) ? { absentAtBlock: atBlock } : 'behind';
}

/**
 * Waits a while for the tables to hold what happened up to a block: a re-order has taken the cleanup back by then. By the wall clock, as a machine may
 * sleep meanwhile: what was looked at before it did says nothing of the present.
 */
async function areEventsRead(parts: DeleteParts, throughBlock: number, signal: AbortSignal): Promise<boolean> {
  const { clock, facts } = parts;
  const startedMs = clock.nowMs();
  for (;;) {
    const cursor = await facts.find('event-cursor');
    if (Math.abs(clock.nowMs() - startedMs) > eventsPatienceMs) return false;
    if (cursor !== undefined && cursor.block >= throughBlock) return true;
    await clock.sleep(SECOND_MS, signal);
  }
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
