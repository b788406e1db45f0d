import type { EndReason, PastPull } from '../../domain/pull-ends.ts';
import { DAY_BLOCKS } from '../../domain/units.ts';
import { interruptions, suspicious } from './end-types.ts';

/** An order is queued at once after this many interruptions in a day; the next one waits an hour. */
export const INTERRUPTIONS_AT_ONCE = 3;
/** This many suspicious ends in a row are nobody's fault; the next one is an attempt. */
export const SUSPICIOUS_AT_MOST = 3;

// Neither lengthens nor breaks a row of suspicious ends: they say nothing about the file.
const silent: readonly EndReason[] = ['stopped', 'killed', 'restart-of-several', 'sworker-away', 'sworker-upgrading'];

/** How many suspicious ends stand at the head of a history given newest first. */
export function suspiciousInARow(history: readonly PastPull[]): number {
  let count = 0;
  for (const past of history) {
    if (past.endReason === null) break;
    if (silent.includes(past.endReason)) continue;
    if (!suspicious.includes(past.endReason)) break;
    count += 1;
  }
  return count;
}

/** How many of the pulls that started within the last day were interrupted. */
export function interruptedInADay(history: readonly PastPull[], headBlock: number): number {
  return history.filter(
    (past) =>
      past.endReason !== null && interruptions.includes(past.endReason) && past.startedBlock > headBlock - DAY_BLOCKS,
  ).length;
}

/** What an earlier pull of ours found out about the pin; undefined when it has to be asked (again). */
export function knownPinnedBefore(history: readonly PastPull[]): boolean | undefined {
  const [last] = history;
  // After a removal, or a record that no pull of ours made, a standing pin is another story.
  if (last === undefined || last.cause !== 'pull' || last.status === 'removed') return undefined;
  return last.pinnedBefore ?? undefined;
}

// Refused before anything of ours began in sWorker.
const neverBegan: readonly EndReason[] = ['already-pending', 'being-deleted', 'sworker-full'];

/** Whether a pending entry in sWorker can only be the rest of an interrupted pull of ours. */
export function mayBeOurRest(history: readonly PastPull[]): boolean {
  const [last] = history;
  if (last === undefined || last.cause !== 'pull' || last.status !== 'interrupted') return false;
  return last.endReason === null || !neverBegan.includes(last.endReason);
}
