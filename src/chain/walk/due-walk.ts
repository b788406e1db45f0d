import type { Gap } from '../../store/gaps.ts';
import type { Walk, WalkReason } from '../../store/walks.ts';

export interface WalkSituation {
  readonly lastComplete: Walk | undefined;
  readonly lastReadingAll: Walk | undefined;
  readonly openGaps: readonly Gap[];
  /** null while there is none. */
  readonly groupOwner: string | null;
  readonly headBlock: number;
  readonly intervalBlocks: number;
}

/** Why a walk should begin now; undefined when none is due. */
export function dueWalk(situation: WalkSituation): WalkReason | undefined {
  const { lastComplete, lastReadingAll, openGaps, groupOwner, headBlock, intervalBlocks } = situation;
  if (lastComplete === undefined) return 'first';
  if (groupOwner !== null && lastReadingAll?.groupOwner !== groupOwner) return 'new-group-owner';
  if (openGaps.some((gap) => gap.toBlock <= headBlock)) return 'gap';
  return headBlock - lastComplete.oldestPageBlock >= intervalBlocks ? 'interval' : undefined;
}

/** Only the walk by the clock may take unread values for unchanged. */
export function readsAllValues(reason: WalkReason): boolean {
  return reason !== 'interval';
}

/** A walk that reads values for a group owner of the past is of no use. */
export function isOutdated(walk: Walk, groupOwner: string | null): boolean {
  return groupOwner !== null && walk.groupOwner !== groupOwner;
}
