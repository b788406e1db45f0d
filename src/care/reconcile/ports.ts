import type { Ipfs } from '../../clients/ipfs/ipfs.ts';
import type { SworkerClient } from '../../clients/sworker/sworker-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Database } from '../../store/database.ts';
import type { Facts } from '../../store/facts.ts';
import type { Gaps } from '../../store/gaps.ts';
import type { HeldFiles } from '../../store/held-files.ts';
import type { HeldListing } from '../../store/held-listing.ts';
import type { PinRows } from '../../store/pin-rows.ts';
import type { ReconcileRows } from '../../store/reconcile-rows.ts';

/** What finds sealed files without a pin and pins them again. */
export interface PinKeeperParts {
  readonly sworker: Pick<SworkerClient, 'fileInfo'>;
  readonly ipfs: Pick<Ipfs, 'pinnedRoots' | 'isPinned' | 'pinAgain'>;
  readonly store: {
    readonly listing: Pick<HeldListing, 'heldPage'>;
    readonly rows: Pick<ReconcileRows, 'recordsOf' | 'recordStates' | 'orderStates' | 'unheldPulls'>;
  };
}

/** Everything a run is made of. */
export interface ReconcileParts {
  readonly clock: Clock;
  /** The newest finalized block, of an end point that is not syncing. @throws SmError CHAIN_* */
  readonly headBlock: (signal: AbortSignal) => Promise<number>;
  readonly sworker: Pick<SworkerClient, 'pendingFiles' | 'lostFiles' | 'validFiles' | 'fileInfo'>;
  readonly ipfs: PinKeeperParts['ipfs'];
  readonly store: {
    readonly database: Pick<Database, 'write'>;
    readonly facts: Pick<Facts, 'find' | 'set'>;
    readonly gaps: Pick<Gaps, 'listOpen'>;
    readonly held: Pick<HeldFiles, 'apply'>;
    readonly listing: Pick<HeldListing, 'heldPage' | 'hasCompleteWalk'>;
    readonly pins: Pick<PinRows, 'newestId'>;
    readonly rows: ReconcileRows;
  };
}
