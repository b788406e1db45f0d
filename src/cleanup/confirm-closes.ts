import groupBy from 'lodash/groupBy.js';
import { chainOrderKey } from '../clients/chain/keys/order-key.ts';
import type { OrderRead } from '../domain/order.ts';
import { DAY_BLOCKS } from '../domain/units.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import type { Cleanup, Cleanups } from '../store/cleanups.ts';
import type { Gaps } from '../store/gaps.ts';
import type { FinalizedRead, FinalizedReads } from '../clients/chain/orders/finalized-reads.ts';
import { momentOf, untilEventsRead } from './last-look.ts';
import type { ReadIngest } from './ports.ts';

/** A close is believed when the order is still absent this much later. */
const CONFIRM_AFTER_BLOCKS = 10;
/** A second end point that cannot be had is waited for this long; then the first one's second word counts. */
const OTHER_END_POINT_BLOCKS = DAY_BLOCKS;
const batch = 250;

export interface ConfirmParts {
  readonly cleanups: Cleanups;
  readonly gaps: Pick<Gaps, 'eventsBetween'>;
  readonly reads: Pick<FinalizedReads, 'read' | 'hasOther'>;
  readonly ingest: ReadIngest;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly graceBlocks: number;
}

/**
 * Asks the chain a second time about closes that were seen, each at another end point than the one that said so, if there is one. Those stay as they
 * are whose events since are not all read: a later round asks again.
 */
export async function confirmCloses(parts: ConfirmParts, headBlock: number, signal: AbortSignal): Promise<void> {
  let afterId = 0;
  for (;;) {
    const seen = await parts.cleanups.listSeen(headBlock - CONFIRM_AFTER_BLOCKS, afterId, batch);
    const last = seen.at(-1);
    if (last === undefined) return;
    afterId = last.id;
    for (const cleanups of Object.values(groupBy(seen, (cleanup) => cleanup.seenEndPoint ?? ''))) {
      // The others would wait for the same events.
      if (!(await confirmBatch(parts, cleanups, signal))) return;
    }
  }
}

/** False when the events of the block that was looked at were not read in time. */
async function confirmBatch(parts: ConfirmParts, cleanups: readonly Cleanup[], signal: AbortSignal): Promise<boolean> {
  const endPoint = cleanups[0]?.seenEndPoint ?? undefined;
  const keys = cleanups.map((cleanup) => chainOrderKey(cleanup.cid));
  const since = momentOf(parts.clock);
  const read = await parts.reads.read(keys, endPoint === undefined ? {} : { avoid: endPoint }, signal);
  const sought = { afterBlock: read.atBlock, throughBlock: read.atBlock, since };
  if ((await untilEventsRead(parts, sought, signal)) === 'behind') return false;
  for (const [index, cleanup] of cleanups.entries()) {
    const key = keys[index];
    const order = read.reads[index];
    if (key === undefined || order === undefined) continue;
    const nowMs = parts.clock.nowMs();
    if (isFirstKnownLook(parts, cleanup, read, order)) {
      await parts.cleanups.seeFrom(cleanup, read, nowMs);
      continue;
    }
    if (!isSecondLook(parts, cleanup, read)) continue;
    if (order.figures !== undefined) {
      await parts.ingest.ingest([order]);
      await parts.cleanups.cancel(cleanup, 'seen', 'the order was found on chain', nowMs);
    } else if (
      await parts.cleanups.confirm(cleanup, key, { atBlock: read.atBlock, graceBlocks: parts.graceBlocks }, nowMs)
    ) {
      parts.logger.info('Close confirmed', {
        cid: cleanup.cid,
        seenBlock: cleanup.seenBlock,
        confirmedBlock: read.atBlock,
        dueBlock: read.atBlock + parts.graceBlocks,
        endPoint: read.endPoint,
      });
    }
  }
  return true;
}

/** Nobody knows which end point closed the order of a file that was found held: among several this one may be it, and another one has to say the same. */
function isFirstKnownLook(
  parts: ConfirmParts,
  { seenEndPoint }: Cleanup,
  { endPoint }: FinalizedRead,
  { figures }: OrderRead,
): boolean {
  return seenEndPoint === null && figures === undefined && parts.reads.hasOther(endPoint);
}

function isSecondLook(parts: ConfirmParts, cleanup: Cleanup, read: FinalizedRead): boolean {
  const laterBlocks = read.atBlock - cleanup.seenBlock;
  if (laterBlocks < CONFIRM_AFTER_BLOCKS) return false;
  if (read.endPoint !== cleanup.seenEndPoint || laterBlocks >= OTHER_END_POINT_BLOCKS) return true;
  return !parts.reads.hasOther(read.endPoint);
}
