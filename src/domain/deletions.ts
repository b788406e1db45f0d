import { DAY_BLOCKS } from './units.ts';

export const cleanupModes = ['delete', 'dryRun'] as const;
/** `dryRun` tells what would be deleted, and deletes nothing. */
export type CleanupMode = (typeof cleanupModes)[number];

export interface Amount {
  readonly files: number;
  readonly bytes: number;
}

/** What the rule of the day's deletions rests on, at one block. */
export interface DeletionStanding {
  /** Held files. */
  readonly held: Amount;
  /** Deletions begun within a day before the block, also those that nobody knows the end of. */
  readonly deleted: Amount;
  /** Those of them whose end is known: no longer held. */
  readonly gone: Amount;
  /** Those of them that rested on absence from walks and on no approval. */
  readonly deletedUnproven: Amount;
  /** Open cleanups of closes known only by absence from walks and approved by nobody, also while they are in their grace. */
  readonly unproven: Amount;
}

/** What may be deleted within a day. */
export interface DayLimit extends Amount {
  /** So many may go whatever their bytes. */
  readonly freeFiles: number;
}

/** The day of the rule: deletions count for so many blocks. */
export const dayBlocks = DAY_BLOCKS;
const freeFiles = 200;
/** With fewer unproven closes than this nothing is odd about their being most of what is held. */
export const fewCloses = 20;

/** The larger of a percentage of what was held when the day began, of files and of bytes, and of 200 files. */
export function dayLimit({ held, gone }: DeletionStanding, maxPercent: number): DayLimit {
  const share = (key: keyof Amount): number => Math.floor(((held[key] + gone[key]) * maxPercent) / 100);
  return { freeFiles, files: Math.max(freeFiles, share('files')), bytes: share('bytes') };
}

/** Half of a limit, for deletions that must leave room for others. */
export function half({ freeFiles: free, files, bytes }: DayLimit): DayLimit {
  return { freeFiles: Math.floor(free / 2), files: Math.floor(files / 2), bytes: Math.floor(bytes / 2) };
}

function isWithin({ files, bytes }: Amount, limit: DayLimit): boolean {
  return files <= limit.freeFiles || (files <= limit.files && bytes <= limit.bytes);
}

/** Whether a deletion begun at a block counts within the day before another one. */
export function isWithinDay(begunBlock: number | null, headBlock: number): boolean {
  return begunBlock !== null && begunBlock > headBlock - dayBlocks;
}

function plus(a: Amount, b: Amount): Amount {
  return { files: a.files + b.files, bytes: a.bytes + b.bytes };
}

/** A deletion in question; one that was begun within the day and may have happened counts already. */
export interface PlannedDeletion {
  readonly sizeBytes: number;
  readonly isCounted: boolean;
}

/** How many of these, in their order, may be deleted now. None goes before an earlier one. */
export function countFitting(planned: readonly PlannedDeletion[], standing: DeletionStanding, limit: DayLimit): number {
  let { deleted } = standing;
  for (const [index, { sizeBytes, isCounted }] of planned.entries()) {
    if (isCounted) continue;
    deleted = plus(deleted, { files: 1, bytes: sizeBytes });
    if (!isWithin(deleted, limit)) return index;
  }
  return planned.length;
}

/**
 * What becomes of closes known only by absence from walks: they go like the others; they wait for a person, because they alone exceed what may be
 * deleted within a day; or they are most of what is held: then the chain is not believed, and nothing is deleted at all.
 */
export type UnprovenVerdict = 'go' | 'approval' | 'outage';

export function judgeUnproven(standing: DeletionStanding, maxPercent: number): UnprovenVerdict {
  const { unproven, deletedUnproven, held } = standing;
  if (unproven.files >= fewCloses && unproven.files * 2 > held.files) return 'outage';
  if (unproven.files === 0) return 'go';
  return isWithin(plus(unproven, deletedUnproven), dayLimit(standing, maxPercent)) ? 'go' : 'approval';
}
