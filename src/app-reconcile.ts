import type { Clients } from './app-parts.ts';
import { PinKeeperTask } from './care/pin-keeper-task.ts';
import { PinKeeper } from './care/reconcile/pin-keeper.ts';
import { type ReconcileOutcome, Reconciler } from './care/reconcile/reconciler.ts';
import { ReconcileTask } from './care/reconcile/reconcile-task.ts';
import { unreadiness } from './care/reconcile/unreadiness.ts';
import { syncedHead } from './chain/synced-head.ts';
import type { Config } from './config/config.ts';
import { SmError } from './domain/errors.ts';
import { type Clock, SystemClock } from './runtime/clock.ts';
import type { LoopParts } from './runtime/loop.ts';
import type { Task } from './runtime/task.ts';
import { Database } from './store/database.ts';
import { Facts } from './store/facts.ts';
import { Gaps } from './store/gaps.ts';
import { HeldFiles } from './store/held-files.ts';
import { HeldListing } from './store/held-listing.ts';
import { PinRows } from './store/pin-rows.ts';
import { ReconcileRows } from './store/reconcile-rows.ts';

interface ReconcilerParts {
  readonly clock: Clock;
  readonly database: Database;
  readonly facts: Facts;
}

type Sources = Pick<Clients, 'chain' | 'sworker' | 'ipfs'>;

function createReconciler({ clock, database, facts, chain, sworker, ipfs }: ReconcilerParts & Sources): Reconciler {
  return new Reconciler({
    clock,
    headBlock: async (signal) => (await syncedHead(chain, { signal })).value.number,
    sworker,
    ipfs,
    store: {
      database,
      facts,
      gaps: new Gaps(database),
      held: new HeldFiles(database),
      listing: new HeldListing(database),
      pins: new PinRows(database),
      rows: new ReconcileRows(database),
    },
  });
}

/** Pins sealed files again whose pin is missing. */
export function pinKeeperTask(parts: LoopParts & Pick<ReconcilerParts, 'database'> & Sources): PinKeeperTask {
  const { database, sworker, ipfs } = parts;
  const store = { listing: new HeldListing(database), rows: new ReconcileRows(database) };
  return new PinKeeperTask({ ...parts, keeper: new PinKeeper({ sworker, ipfs, store }) });
}

/** Whether the tables know every order: a file whose order they lack is not pinned again. */
export async function areOrdersKnown({ database, facts }: Omit<ReconcilerParts, 'clock'>): Promise<boolean> {
  const headBlock = (await facts.find('chain-time'))?.atBlock;
  if (headBlock === undefined) return false;
  const store = { facts, gaps: new Gaps(database), listing: new HeldListing(database) };
  return (await unreadiness(store, headBlock)) === undefined;
}

/** The bot's own runs. */
export function reconcileTask(parts: LoopParts & ReconcilerParts & Sources & { readonly intervalMs: number }): Task {
  return new ReconcileTask({ ...parts, reconciler: createReconciler(parts) });
}

/** A run by hand on the database of a bot, which may be running. */
export interface OpenedReconciler {
  /** Of the database; the sources have to be of the same chain. */
  readonly genesisHash: string;
  run(sources: Sources, signal: AbortSignal): Promise<ReconcileOutcome>;
  close(): Promise<void>;
}

/** @throws SmError DATABASE_MISSING, DATABASE_OLDER, DATABASE_FOREIGN, DATABASE_NEWER, DATABASE_DAMAGED, DATABASE_OTHER_ACCOUNT */
export async function openReconciler(
  config: Config,
  { apply, signal }: { readonly apply: boolean; readonly signal: AbortSignal },
): Promise<OpenedReconciler> {
  const database = await Database.openExisting(config.dataDir, { writes: apply, signal });
  try {
    const facts = new Facts(database);
    const identity = await facts.find('identity');
    if (identity === undefined) {
      throw new SmError('DATABASE_MISSING', 'no bot has worked on this database yet', { dataDir: config.dataDir });
    }
    const { address } = config.chain.account;
    if (identity.account !== address) {
      throw new SmError('DATABASE_OTHER_ACCOUNT', `the database is that of ${identity.account}, not of ${address}`, {
        account: address,
      });
    }
    return {
      genesisHash: identity.genesisHash,
      run: async (sources, signal) => {
        const parts = { clock: new SystemClock(), database, facts };
        return await createReconciler({ ...parts, ...sources }).run({ apply }, signal);
      },
      close: async () => await database.close(),
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}
