import type { Config } from './config/config.ts';
import { type CleanupHold, holdsOf } from './domain/cleanup-holds.ts';
import type { Amount, DeletionStanding } from './domain/deletions.ts';
import { type Approval, Approvals } from './store/approvals.ts';
import { Cleanups } from './store/cleanups.ts';
import { Database } from './store/database.ts';
import { Facts } from './store/facts.ts';
import { type ListedCleanup, OpenCleanups } from './store/open-cleanups.ts';

/** What waits to be deleted. */
export interface CleanupView {
  /** The newest finalized block known; undefined before the bot has seen one. */
  readonly headBlock: number | undefined;
  readonly standing: DeletionStanding;
  /** Due closes that an event proves, or a person approved. */
  readonly due: Amount;
  /** All that are not over. */
  readonly openCleanups: number;
  /** Events up to this block are not all read; 0 without a gap. */
  readonly newestGapEnd: number;
  /** The newest ones first. */
  readonly approvals: readonly Approval[];
}

/** One of them, with all that it waits for. */
export interface WaitingCleanup extends ListedCleanup {
  readonly waitsFor: readonly CleanupHold[];
}

/** The closed orders' files of a bot's database, to look at and to approve. */
export interface CleanupDesk {
  view(): Promise<CleanupView>;
  /** Some of what waits, by what was seen of the whole; the oldest first. */
  list(
    view: CleanupView,
    page: { readonly afterId: number; readonly limit: number },
  ): Promise<readonly WaitingCleanup[]>;
  /** Undefined when nothing waits for an approval. */
  approve(command: string, nowMs: number): Promise<Approval | undefined>;
  close(): Promise<void>;
}

/**
 * Opens the database beside the bot.
 * @throws SmError DATABASE_MISSING, DATABASE_OLDER, DATABASE_FOREIGN, DATABASE_NEWER, DATABASE_DAMAGED
 */
export async function openCleanupDesk(
  config: Config,
  options: { readonly writes: boolean; readonly signal: AbortSignal },
): Promise<CleanupDesk> {
  const database = await Database.openExisting(config.dataDir, options);
  const cleanups = new Cleanups(database);
  const approvals = new Approvals(database);
  const openCleanups = new OpenCleanups(database);
  const head = async (): Promise<number | undefined> => (await new Facts(database).find('chain-time'))?.atBlock;
  return {
    view: async () => {
      const headBlock = await head();
      return {
        headBlock,
        standing: await cleanups.standing(headBlock ?? 0),
        due: await cleanups.countDue(headBlock ?? 0, { unproven: false }),
        openCleanups: await openCleanups.count(),
        newestGapEnd: await openCleanups.newestGapEnd(),
        approvals: await approvals.list(),
      };
    },
    list: async ({ headBlock = 0, standing, newestGapEnd }, { afterId, limit }) => {
      const { mode, maxPercentPerDay } = config.cleanup;
      const basis = { headBlock, standing, newestGapEnd, mode, maxPercentPerDay };
      const listed = await openCleanups.list(afterId, limit);
      return listed.map((cleanup) => ({ ...cleanup, waitsFor: holdsOf(cleanup, basis) }));
    },
    approve: async (command, nowMs) => {
      const headBlock = await head();
      if (headBlock === undefined) return undefined;
      const { maxPercentPerDay } = config.cleanup;
      return await approvals.give({ command, nowMs, headBlock, maxPercentPerDay });
    },
    close: async () => await database.close(),
  };
}
