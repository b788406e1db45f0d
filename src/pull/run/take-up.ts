import { HOUR_BLOCKS } from '../../domain/units.ts';
import type { LoopParts } from '../../runtime/loop.ts';
import type { Facts } from '../../store/facts.ts';
import type { PullRecords } from '../../store/pull-records.ts';
import { headBlock } from '../ports.ts';
import { INTERRUPTIONS_AT_ONCE, interruptedInADay } from '../rules/history.ts';

/**
 * Ends what a process before left running and queues its orders. Returns the ids of the orders to be resumed first, those that ran longest
 * before others.
 */
export async function takeUpLeftovers(
  parts: LoopParts & { readonly facts: Facts; readonly records: PullRecords },
): Promise<readonly number[]> {
  const { clock, logger, facts, records } = parts;
  const head = await headBlock(facts);
  const resume: number[] = [];
  for (const leftover of await records.listLeftovers()) {
    const history = await records.history(leftover.cid);
    const isOften = interruptedInADay(history, head) >= INTERRUPTIONS_AT_ONCE;
    await records.endLeftover(leftover, isOften ? head + HOUR_BLOCKS : null, clock.nowMs());
    if (leftover.orderId !== null && !isOften) resume.push(leftover.orderId);
  }
  const unpulled = await records.queueUnpulled();
  if (resume.length > 0 || unpulled > 0) logger.info('Pulls are taken up again', { resumed: resume.length, unpulled });
  return resume;
}
