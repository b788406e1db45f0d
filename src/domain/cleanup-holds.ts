import {
  type CleanupMode,
  countFitting,
  dayLimit,
  type DeletionStanding,
  isWithinDay,
  judgeUnproven,
} from './deletions.ts';
import type { CleanupStatus } from './statuses.ts';

/** What keeps the file of a closed order from being deleted now. `turn`: nothing but those before it. */
const cleanupHolds = [
  'second-look',
  'grace',
  'approval',
  'outage',
  'gap',
  'pull',
  'retry',
  'dry-run',
  'limit',
  'turn',
  'being-deleted',
] as const;
export type CleanupHold = (typeof cleanupHolds)[number];

export interface OpenCleanup {
  readonly status: CleanupStatus;
  readonly sizeBytes: number;
  readonly seenBlock: number;
  /** The end of its grace; null before the second look. */
  readonly dueBlock: number | null;
  /** It is left alone until then. */
  readonly lookBlock: number | null;
  readonly deletedBlock: number | null;
  /** An event proves the close, or a person approved it. */
  readonly isProven: boolean;
  /** A pull of it runs. */
  readonly isPulled: boolean;
}

/** What the holds of all cleanups rest on. */
export interface HoldBasis {
  readonly headBlock: number;
  readonly standing: DeletionStanding;
  readonly newestGapEnd: number;
  readonly mode: CleanupMode;
  readonly maxPercentPerDay: number;
}

/** All that a cleanup waits for, as the cleanup room would judge it at the head. */
export function holdsOf(cleanup: OpenCleanup, basis: HoldBasis): readonly CleanupHold[] {
  const { status, dueBlock, isProven } = cleanup;
  if (status === 'deleting') return ['being-deleted'];
  const { headBlock, standing, maxPercentPerDay } = basis;
  const verdict = judgeUnproven(standing, maxPercentPerDay);
  const isConfirmed = status === 'confirmed';
  const isDue = isConfirmed && dueBlock !== null && dueBlock <= headBlock;
  const isCounted = isWithinDay(cleanup.deletedBlock, headBlock);
  const planned = [{ sizeBytes: cleanup.sizeBytes, isCounted }];
  const holds: Readonly<Partial<Record<CleanupHold, boolean>>> = {
    'second-look': !isConfirmed,
    grace: isConfirmed && !isDue,
    approval: !isProven && verdict !== 'go',
    outage: isProven && verdict === 'outage',
    gap: isConfirmed && cleanup.seenBlock < basis.newestGapEnd,
    pull: isConfirmed && cleanup.isPulled,
    retry: isDue && (cleanup.lookBlock ?? 0) > headBlock,
    'dry-run': basis.mode === 'dryRun',
    limit: isDue && countFitting(planned, standing, dayLimit(standing, maxPercentPerDay)) === 0,
  };
  const names = cleanupHolds.filter((name) => holds[name] === true);
  return names.length === 0 ? ['turn'] : names;
}
