import type { ActiveNodes, ChainTime, GroupFacts, GroupTrouble } from '../../domain/facts.ts';
import { HOUR_MS, MINUTE_MS } from '../../domain/units.ts';

/** The facts that decisions need, as far as they are known. */
export interface KnownFacts {
  readonly chainTime: ChainTime | undefined;
  readonly group: GroupFacts | undefined;
  readonly activeNodes: ActiveNodes | undefined;
  /** What this node holds has been compared with sWorker's list. */
  readonly heldFilesKnown: boolean;
  readonly nowMs: number;
}

/** Facts that are there, fresh and good to decide by. */
export interface UsableFacts {
  readonly headBlock: number;
  readonly groupOwner: string;
  readonly members: number;
  readonly ownIndex: number;
  readonly activeNodes: number;
}

const groupLastsMs = 10 * MINUTE_MS;
const activeNodesLastMs = 6 * HOUR_MS;

const troubles: Readonly<Record<GroupTrouble, string>> = {
  'no-identity': 'the account has no identity on chain yet: it gets one with the first work report sWorker sends',
  'no-group': 'the account is in no group: join one',
  'empty-group': 'the group has no members',
  'not-a-member': 'the account is not among the members of its group',
  'is-owner': 'the account owns the group: an owner stores no files, configure the member account',
};

/** What sWorker holds is read at every start: a matter of seconds, and nothing is wrong meanwhile. */
export const heldFilesUnknown = 'the files that sWorker holds are not known yet';

/** The facts, or what stands in the way of deciding anything, said for a person. */
export function usableFacts(known: KnownFacts): UsableFacts | string {
  const { chainTime, group, activeNodes, nowMs } = known;
  if (chainTime === undefined) return 'the finalized block is not known yet';
  if (group === undefined) return 'the group is not known yet';
  if (isOld(group.atMs, groupLastsMs, nowMs)) return 'the group was last read more than 10 minutes ago';
  if (group.trouble !== null) return troubles[group.trouble];
  if (group.owner === null || group.members.length === 0) return troubles['no-group'];
  if (group.ownIndex < 0) return troubles['not-a-member'];
  if (activeNodes === undefined) return 'the number of active nodes is not known yet';
  if (isOld(activeNodes.atMs, activeNodesLastMs, nowMs)) {
    return 'the number of active nodes was last read more than 6 hours ago';
  }
  if (activeNodes.count === 0) return 'the chain has no active node';
  if (!known.heldFilesKnown) return heldFilesUnknown;
  return {
    headBlock: chainTime.atBlock,
    groupOwner: group.owner,
    members: group.members.length,
    ownIndex: group.ownIndex,
    activeNodes: activeNodes.count,
  };
}

/** A fact from the future is one from before the clock was stepped back: its age is unknown. */
function isOld(atMs: number, lastsMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - atMs) > lastsMs;
}
