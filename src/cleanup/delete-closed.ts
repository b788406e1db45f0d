import { chainOrderKey } from '../clients/chain/keys/order-key.ts';
import { hasCode, isOutage, type SmError } from '../domain/errors.ts';
import { DAY_BLOCKS, HOUR_BLOCKS, MINUTE_BLOCKS } from '../domain/units.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import type { Cleanup, Cleanups } from '../store/cleanups.ts';
import type { Gaps } from '../store/gaps.ts';
import type { FileRemover } from './file-remover.ts';
import type { GuardTalk } from './guard-talk.ts';
import type { FinalizedReads } from '../clients/chain/orders/finalized-reads.ts';
import { isFresh, type Moment, momentOf, untilEventsRead } from './last-look.ts';
import type { CleanupCoordinator, ReadIngest } from './ports.ts';

export interface DeleteParts {
  readonly cleanups: Cleanups;
  readonly gaps: Pick<Gaps, 'eventsBetween'>;
  readonly reads: Pick<FinalizedReads, 'read'>;
  readonly ingest: ReadIngest;
  readonly remover: Pick<FileRemover, 'remove'>;
  readonly coordinator: CleanupCoordinator | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly talk: Pick<GuardTalk, 'behind'>;
  readonly settings: { readonly maxPercentPerDay: number };
}

const laterBlocks = 5 * MINUTE_BLOCKS;
/** A last look at a closed order that found it absent. */
interface Absence {
  readonly atBlock: number;
  readonly since: Moment;
}

/** 30 minutes after the first refusal, doubling to a day. */
export function deleteBackOffBlocks(attempts: number): number {
  return Math.min(DAY_BLOCKS, (HOUR_BLOCKS / 2) * 2 ** Math.min(attempts, 10));
}

/**
 * Deletes the file of a confirmed close whose grace is over, if the order is absent still, at the newest finalized block, right before, and no event
 * up to that block has brought it back: both looks at the close may be older than a re-order, and one read alone may be wrong.
 * A refusal is tried again later; what cannot be asked rejects and leaves the cleanup where a later round takes it up.
 * @returns `held-back` when it may not go today, `behind` when the chain's present is not known
 */
export async function deleteClosed(
  parts: DeleteParts,
  cleanup: Cleanup,
  headBlock: number,
  signal: AbortSignal,
): Promise<'settled' | 'held-back' | 'behind'> {
  if (parts.coordinator !== undefined) {
    // Told only of what is about to go; the time it takes to answer is why the order is read again afterwards.
    const early = await lastLook(parts, cleanup, headBlock, signal);
    if (typeof early === 'string') return early;
    await parts.coordinator.withdrawSeal(cleanup.cid, signal);
  }
  const look = await lastLook(parts, cleanup, headBlock, signal);
  if (typeof look === 'string') return look;
  const { atBlock } = look;
  const key = chainOrderKey(cleanup.cid);
  const { maxPercentPerDay } = parts.settings;
  const begun = await parts.cleanups.beginDelete(cleanup, key, { atBlock, maxPercentPerDay }, parts.clock.nowMs());
  if (begun === 'held-back' || begun === 'behind') return begun;
  if (begun === 'pull-running') await parts.cleanups.putOff(cleanup, headBlock + MINUTE_BLOCKS);
  if (begun !== 'begun') return 'settled';
  if (!isFresh(look.since, parts.clock)) {
    const retry = { lookBlock: 0, attempts: cleanup.attempts, detail: 'the look was too old', isUndone: true };
    await parts.cleanups.putBack(cleanup, key, retry, parts.clock.nowMs());
    return 'behind';
  }
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

/** An order that was found cancels the cleanup. */
async function lastLook(
  parts: DeleteParts,
  cleanup: Cleanup,
  headBlock: number,
  signal: AbortSignal,
): Promise<Absence | 'settled' | 'behind'> {
  const since = momentOf(parts.clock);
  const { atBlock, reads } = await parts.reads.read([chainOrderKey(cleanup.cid)], {}, signal);
  const [order] = reads;
  // A node behind the one that was followed so far: its newest block may be from before a re-order.
  if (order === undefined || atBlock < headBlock) return 'behind';
  if (order.figures !== undefined) {
    await parts.ingest.ingest([order]);
    await parts.cleanups.cancel(cleanup, 'confirmed', 'the order was found on chain', parts.clock.nowMs());
    parts.logger.info('A closed order is back before its file was deleted', { cid: cleanup.cid, atBlock });
    return 'settled';
  }
  const sought = { afterBlock: cleanup.seenBlock, throughBlock: atBlock, since };
  if ((await untilEventsRead(parts, sought, signal)) !== 'read') return 'behind';
  parts.talk.behind(undefined);
  return { atBlock, since };
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
