import type { Config } from './config/config.ts';
import type { Amount, DeletionStanding } from './domain/deletions.ts';
import { type Approval, Approvals } from './store/approvals.ts';
import { Cleanups } from './store/cleanups.ts';
import { Database } from './store/database.ts';
import { Facts } from './store/facts.ts';

/** What waits to be deleted. */
export interface CleanupView {
  /** The newest finalized block known; undefined before the bot has seen one. */
  readonly headBlock: number | undefined;
  readonly standing: DeletionStanding;
  /** Due closes that an event proves, or a person approved. */
  readonly due: Amount;
  /** The newest ones first. */
  readonly approvals: readonly Approval[];
}

/** The closed orders' files of a bot's database, to look at and to approve. */
export interface CleanupDesk {
  view(): Promise<CleanupView>;
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
  const head = async (): Promise<number | undefined> => (await new Facts(database).find('chain-time'))?.atBlock;
  return {
    view: async () => {
      const headBlock = await head();
      return {
        headBlock,
        standing: await cleanups.standing(headBlock ?? 0),
        due: await cleanups.countDue(headBlock ?? 0, { unproven: false }),
        approvals: await approvals.list(),
      };
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
