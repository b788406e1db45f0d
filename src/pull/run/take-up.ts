import { isOutage } from '../../domain/errors.ts';
import { HOUR_BLOCKS } from '../../domain/units.ts';
import type { LoopParts } from '../../runtime/loop.ts';
import type { Facts } from '../../store/facts.ts';
import type { LeftoverPull, PullRecords } from '../../store/pull-records.ts';
import { headBlock, type PickPorts, type PullSworker } from '../ports.ts';
import { INTERRUPTIONS_AT_ONCE, interruptedInADay } from '../rules/history.ts';

interface TakeUpParts extends LoopParts, Pick<PickPorts, 'pinsInDoubt'> {
  readonly facts: Facts;
  readonly records: PullRecords;
  readonly sworker: Pick<PullSworker, 'fileInfo'>;
}

/**
 * Ends what a process before left running: as sealed when sWorker has it, else as interrupted, with its order queued. Returns the ids of the
 * orders to be resumed first, those that ran longest before others.
 */
export async function takeUpLeftovers(parts: TakeUpParts, signal: AbortSignal): Promise<readonly number[]> {
  const { clock, logger, facts, records } = parts;
  const head = await headBlock(facts);
  const leftovers = await records.listLeftovers();
  const sealed = await endSealed(parts, leftovers, head, signal);
  if (sealed.size > 0) parts.pinsInDoubt();
  const resume: number[] = [];
  for (const leftover of leftovers.filter(({ recordId }) => !sealed.has(recordId))) {
    const history = await records.history(leftover.cid);
    const isOften = interruptedInADay(history, head) >= INTERRUPTIONS_AT_ONCE;
    await records.endLeftover(leftover, isOften ? head + HOUR_BLOCKS : null, clock.nowMs());
    if (leftover.orderId !== null && !isOften) resume.push(leftover.orderId);
  }
  const unpulled = await records.queueUnpulled();
  if (leftovers.length > 0 || unpulled > 0) {
    logger.info('Pulls are taken up again', { resumed: resume.length, sealed: sealed.size, unpulled });
  }
  return resume;
}

/** Records of pulls that had sealed their file when their process ended; none of those after sWorker could not be asked. */
async function endSealed(
  { sworker, records, clock }: TakeUpParts,
  leftovers: readonly LeftoverPull[],
  head: number,
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  const sealed = new Set<number>();
  try {
    for (const leftover of leftovers) {
      const file = await sworker.fileInfo(leftover.cid, signal);
      if (file === undefined || file.type === 'pending') continue;
      const held = { state: file.type, sizeBytes: file.sizeBytes };
      await records.endSealedLeftover(leftover, held, clock.nowMs(), head);
      sealed.add(leftover.recordId);
    }
  } catch (error) {
    // Then they are interrupted, and sWorker is asked again before each is pulled.
    if (!isOutage(error) || !error.code.startsWith('SWORKER_')) throw error;
  }
  return sealed;
}
