import { HOUR_BLOCKS } from '../../domain/units.ts';
import type { ReconcileParts } from './ports.ts';

/** Events further behind the head than this do not tell which orders there are. */
const mostBehindBlocks = HOUR_BLOCKS;

/** What tells how much the tables know. */
interface KnowledgeStore {
  readonly facts: Pick<ReconcileParts['store']['facts'], 'find'>;
  readonly gaps: Pick<ReconcileParts['store']['gaps'], 'listOpen'>;
  readonly listing: Pick<ReconcileParts['store']['listing'], 'hasCompleteWalk'>;
}

/** Why the tables do not know all orders and files yet, so that nothing can be concluded from what they lack; undefined when they do. */
export async function unreadiness(store: KnowledgeStore, headBlock: number): Promise<string | undefined> {
  const { facts, gaps, listing } = store;
  if (!(await listing.hasCompleteWalk())) return 'no walk has seen all orders yet';
  if ((await gaps.listOpen()).length > 0) return 'blocks that could not be read wait for the next walk';
  const indexed = (await facts.find('event-cursor'))?.block;
  if (indexed === undefined || headBlock - indexed > mostBehindBlocks) {
    return 'the events of more than an hour are still to be read';
  }
  if ((await facts.find('held-scan')) === undefined) return "sWorker's files were not held against the tables yet";
  return undefined;
}
