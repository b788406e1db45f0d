/**
 * What a bot can be in the middle of when it is killed. A bot does many things at once, so a kill may fall into several: it counts for the one it was
 * aimed at, else for the first of these.
 */
export const phases = [
  'migrate',
  'backup',
  'checkpoint',
  'delete',
  'seal',
  'claim',
  'GC',
  'pull',
  'walk',
  'catch-up',
] as const;
export type Phase = (typeof phases)[number];

/** No phase was seen: a start, an end, or nothing to do. */
export const elsewhere = 'elsewhere';
export type Counted = Phase | typeof elsewhere;

/** What a kill waits for; `anywhere`: any call at all. */
export type Aim = Phase | 'anywhere';

/** What is seen of a bot that has just been killed: by what it left in its folder, and by the world, which knows what it was asked. */
export interface Signs {
  /** Its database was of an older schema when it started, and that has been backed up. */
  readonly isOldAndBackedUp: boolean;
  /** The database is of this program's schema. */
  readonly isMigrated: boolean;
  /** Copies of the database that are not whole yet, begun in this life. */
  readonly copiesUnderWay: number;
  /** The log's pages are on their way into the database file. */
  readonly isCheckpointing: boolean;
  /** Cleanups that are being carried out. */
  readonly deletions: number;
  /** Running records of files that sWorker has. */
  readonly sealedUnwritten: number;
  /** Running records of this life whose pull the daemon was not asked for yet. */
  readonly claimed: number;
  /** The daemon was asked to collect garbage, and the outcome is not written. */
  readonly isCollecting: boolean;
  /** Pulls that the daemon was at. */
  readonly pulling: number;
  readonly isWalking: boolean;
  /** Of those that were there when it started, the blocks whose events are not read yet. */
  readonly blocksBehind: number;
}

/** A bot that starts is always some blocks behind. */
const catchUpBlocks = 50;

const seen: Readonly<Record<Phase, (signs: Signs) => boolean>> = {
  migrate: ({ isOldAndBackedUp, isMigrated }) => isOldAndBackedUp && !isMigrated,
  backup: ({ copiesUnderWay }) => copiesUnderWay > 0,
  checkpoint: ({ isCheckpointing }) => isCheckpointing,
  delete: ({ deletions }) => deletions > 0,
  seal: ({ sealedUnwritten }) => sealedUnwritten > 0,
  claim: ({ claimed }) => claimed > 0,
  GC: ({ isCollecting }) => isCollecting,
  pull: ({ pulling }) => pulling > 0,
  walk: ({ isWalking }) => isWalking,
  'catch-up': ({ blocksBehind }) => blocksBehind >= catchUpBlocks,
};

/** What the kill counts for. */
export function countedAs(aim: Aim, signs: Signs): Counted {
  const found = phases.filter((phase) => seen[phase](signs));
  return found.find((phase) => phase === aim) ?? found[0] ?? elsewhere;
}
