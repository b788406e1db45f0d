/** Every fact says at which finalized block it was read and when (Unix ms by the clock), because facts expire. */
interface Dated {
  readonly atBlock: number;
  readonly atMs: number;
}

/** The newest finalized block known and its own timestamp. */
export interface ChainTime extends Dated {
  readonly blockTimestampMs: number;
  readonly specVersion: number;
}

/** Why the group rules cannot be applied; `undefined` reason means they can. */
export type GroupTrouble = 'no-identity' | 'no-group' | 'empty-group' | 'not-a-member' | 'is-owner';

export interface GroupFacts extends Dated {
  /** ss58-66 text of the group owner, null without a group. */
  readonly owner: string | null;
  /** ss58-66 texts, sorted as text. */
  readonly members: readonly string[];
  /** Position of the own account among `members`, -1 when it is not among them. */
  readonly ownIndex: number;
  readonly trouble: GroupTrouble | null;
}

export interface ActiveNodes extends Dated {
  /** Work reports with `report_slot >= currentReportSlot`. */
  readonly count: number;
}

/** How a catch-up of the event indexer goes; absent while it is close behind the head. */
export interface EventProgress {
  /** The newest block whose events are in the tables. */
  readonly atBlock: number;
  readonly headBlock: number;
  /** Since the note before this one. */
  readonly blocksPerSecond: number;
  /** By the clock: a note that is minutes old tells of a catch-up that stands still or was ended. */
  readonly atMs: number;
}

export interface FileTally {
  readonly num: number;
  readonly sizeBytes: number;
}

/** sWorker's own words for its disks, all in GiB. */
export interface SrdFigures {
  readonly srdCompleteGib: number;
  readonly srdRemainingTaskGib: number;
  readonly diskAvailableForSrdGib: number;
  readonly diskAvailableGib: number;
  readonly diskVolumeGib: number;
  readonly sysDiskAvailableGib: number;
  /** Number of SRD volumes, from `srd_detail`. */
  readonly srdVolumeCount: number;
}

export interface Workload {
  readonly files: { readonly lost: FileTally; readonly pending: FileTally; readonly valid: FileTally };
  readonly srd: SrdFigures;
}

export type WorkloadFacts = Dated & Workload;

/** What the last full comparison of sWorker's files with the tables found. */
export interface HeldReport extends Dated {
  /** Valid and lost files. */
  readonly held: number;
  readonly lost: number;
  /** Held files that no known order is for. */
  readonly withoutOrder: number;
  /** Held for more than 12 hours for a live order whose replica map lacks the own group: these earn nothing. */
  readonly uncredited: number;
  /** Files missing from sWorker that nothing was done about, because too many are missing at once. */
  readonly missingAtOnce: number;
  /** Seals in sWorker that no pull of ours began. */
  readonly orphanSeals: number;
}

/** GiB that files may use: SRD gives way to files. */
export function freeGib(srd: SrdFigures): number {
  return srd.srdCompleteGib + srd.diskAvailableGib;
}

/** Percent of the usable space that is SRD; 0 when there is none. */
export function srdRatioPercent(srd: SrdFigures): number {
  const total = freeGib(srd);
  return total === 0 ? 0 : (100 * srd.srdCompleteGib) / total;
}
