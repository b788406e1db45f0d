import type { EndReason } from '../../domain/pull-ends.ts';
import type { PinAnswer } from './end-types.ts';

/** What is known of sWorker and of the other pulls when a pull ends; the daemon passes on HTTP statuses, not sWorker's codes. */
export interface Circumstances {
  /** Pending ≥ 500 or files ≥ 400,000, by a workload read after the end. */
  readonly limitsReached: boolean;
  /** sWorker failed to answer in the last five minutes. */
  readonly sworkerFailedLately: boolean;
  /** Other running pulls lost their pending entry with this one. */
  readonly othersDropped: boolean;
  /** The `no-space` rule fails for this file now. */
  readonly noSpaceNow: boolean;
  /** A restart of the daemon or of sWorker ended or dropped other pulls at the same time. */
  readonly severalEnded: boolean;
  /** Suspicious ends of this order in a row before this one. */
  readonly suspiciousInARow: number;
  /** Interruptions of this order in the last day before this one. */
  readonly interruptedInADay: number;
}

const upgrading: readonly number[] = [501, 503];

/** The sWorker code behind a refused pull, as the name of an end (chain-facts: what the patched daemon passes on). */
export function reasonOfRefusal(answer: PinAnswer & { readonly kind: 'refused' }, now: Circumstances): EndReason {
  if (answer.code === 8013) return 'already-pending';
  const status = answer.httpStatus ?? 0;
  switch (answer.stage) {
    case 'resolve':
      return 'root-not-found';
    case 'sworker-away':
      return 'connection-lost';
    case 'start-seal':
      if (upgrading.includes(status)) return 'sworker-upgrading';
      if (status === 400) return 'being-deleted';
      return status === 500 && now.limitsReached ? 'sworker-full' : 'refused';
    case 'seal':
      if (upgrading.includes(status)) return 'sworker-upgrading';
      if (status !== 500) return 'refused';
      if (now.sworkerFailedLately || now.othersDropped) return 'seal-dropped';
      return now.noSpaceNow ? 'no-space' : 'refused';
    case 'end-seal':
      if (upgrading.includes(status)) return 'sworker-upgrading';
      if (status === 404) return 'seal-dropped';
      return status === 500 ? 'incomplete' : 'refused';
    case 'other':
      break;
  }
  return 'refused';
}
