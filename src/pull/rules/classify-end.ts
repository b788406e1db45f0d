import type { EndHold, EndReason, OrderNext, PullEnd } from '../../domain/pull-ends.ts';
import { HOUR_BLOCKS, MINUTE_BLOCKS } from '../../domain/units.ts';
import { reasonOfRefusal, type Circumstances } from './hidden-codes.ts';
import { INTERRUPTIONS_AT_ONCE, SUSPICIOUS_AT_MOST } from './history.ts';
import { suspicious, type PinAnswer, type SealState } from './end-types.ts';

const PENDING_BLOCKS = 10 * MINUTE_BLOCKS;

/** The end of a pull whose file sWorker has, whatever the daemon said. */
export function heldEnd(seal: 'valid' | 'lost'): PullEnd {
  return {
    reason: 'sealed',
    recordStatus: seal === 'valid' ? 'sealed' : 'lost',
    countsAsAttempt: false,
    next: { kind: 'handled' },
    hold: 'none',
    detail: null,
  };
}

/**
 * What the end of a pull means for its record and its order. A file that sWorker has is handled whatever the daemon said; a failure is
 * believed only when sWorker says that it has none.
 */
export function classifyEnd(answer: PinAnswer, seal: SealState, now: Circumstances): PullEnd {
  const detail = answer.kind === 'refused' || answer.kind === 'lost' ? answer.message.slice(0, 300) : null;
  if (seal === 'valid' || seal === 'lost') return heldEnd(seal);
  return endOf(reasonOf(answer, seal, now), answer.kind === 'lost', detail, now);
}

const ownDecisions: readonly EndReason[] = ['closed', 'stopped', 'oversize', 'disk-full'];

function reasonOf(answer: PinAnswer, seal: 'pending' | 'absent' | 'upgrading' | 'away', now: Circumstances): EndReason {
  // The bot's own decisions stand whatever sWorker says; the order is let go or the process ends.
  if (answer.kind === 'aborted' && ownDecisions.includes(answer.why)) return answer.why;
  const believed = answer.kind === 'refused' ? reasonOfRefusal(answer, now) : undefined;
  if (answer.kind === 'lost' || believed === 'connection-lost' || believed === 'seal-dropped')
    return now.severalEnded ? 'restart-of-several' : (believed ?? 'connection-lost');
  if (seal === 'away') return 'sworker-away';
  if (seal === 'upgrading') return 'sworker-upgrading';
  if (believed !== undefined) return believed;
  if (answer.kind === 'aborted') return answer.why;
  // Pinned at once while somebody else's seal of it is under way.
  return seal === 'pending' ? 'already-pending' : 'not-sealed';
}

function endOf(reason: EndReason, daemonLost: boolean, detail: string | null, now: Circumstances): PullEnd {
  const isAttempt = countsAsAttempt(reason, now);
  return {
    reason,
    recordStatus: isAttempt || reason === 'oversize' ? 'failed' : 'interrupted',
    countsAsAttempt: isAttempt,
    next: isAttempt ? { kind: 'attempt' } : nextOf(reason, daemonLost, now),
    hold: holdOf(reason),
    detail,
  };
}

function countsAsAttempt(reason: EndReason, now: Circumstances): boolean {
  if (suspicious.includes(reason)) return now.suspiciousInARow >= SUSPICIOUS_AT_MOST;
  return attemptReasons.includes(reason);
}

const attemptReasons: readonly EndReason[] = [
  'not-sealed',
  'stall',
  'ceiling',
  'root-not-found',
  'incomplete',
  'refused',
];

/** Ends that are neither attempts nor interruptions, and what follows them. */
const fixedNext: Partial<Record<EndReason, OrderNext>> = {
  'already-pending': { kind: 'retry', afterBlocks: PENDING_BLOCKS },
  'being-deleted': { kind: 'retry', afterBlocks: HOUR_BLOCKS },
  'sworker-full': { kind: 'retry', afterBlocks: 0 },
  'sworker-upgrading': { kind: 'retry', afterBlocks: 0 },
  'no-space': { kind: 'no-space' },
  oversize: { kind: 'bad-size' },
  closed: { kind: 'closed' },
};

function nextOf(reason: EndReason, daemonLost: boolean, now: Circumstances): OrderNext {
  const fixed = fixedNext[reason];
  if (fixed !== undefined) return fixed;
  if (now.interruptedInADay >= INTERRUPTIONS_AT_ONCE) return { kind: 'retry', afterBlocks: HOUR_BLOCKS };
  return daemonLost ? { kind: 'staggered' } : { kind: 'retry', afterBlocks: 0 };
}

function holdOf(reason: EndReason): EndHold {
  return reason === 'sworker-full' || reason === 'sworker-upgrading' ? reason : 'none';
}
