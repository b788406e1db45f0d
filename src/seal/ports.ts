import type { CleanupMode } from '../domain/deletions.ts';
import type { SworkerClient } from '../clients/sworker/sworker-client.ts';
import type { Order, OrderKey, OrderRead } from '../domain/order.ts';
import type { RuleVerdict } from '../domain/verdicts.ts';
import type { LoopParts } from '../runtime/loop.ts';
import type { Database } from '../store/database.ts';
import type { Facts } from '../store/facts.ts';
import type { HeldFiles } from '../store/held-files.ts';
import type { HeldListing } from '../store/held-listing.ts';
import type { LostFiles } from '../store/lost-files.ts';
import type { PendingSeals } from '../store/pending-seals.ts';
import type { PinRows } from '../store/pin-rows.ts';

type SealSworker = Pick<SworkerClient, 'pendingFiles' | 'lostFiles' | 'validFiles' | 'fileInfo' | 'endSeal'>;

/** What this room asks of others; the composition root gives it. */
interface SealPorts {
  readonly sworker: SealSworker;
  /** Reads orders at the newest finalized block of an end point that is not syncing. */
  readonly reads: {
    read(
      keys: readonly OrderKey[],
      options: Record<string, never>,
      signal: AbortSignal,
    ): Promise<{ readonly atBlock: number; readonly reads: readonly OrderRead[] }>;
  };
  /** Brings reads into the tables. */
  readonly ingest: { ingest(reads: readonly OrderRead[]): Promise<unknown> };
  /** The one way by which files are deleted. */
  readonly remover: { remove(cid: string, signal: AbortSignal): Promise<'deleted' | 'absent'> };
  /** The verdict on an order as if its file were not held; undefined while nothing can be decided. */
  readonly decideAsNotHeld: (order: Order) => Promise<RuleVerdict | undefined>;
}

/** The tables as this room uses them. */
interface SealStore {
  readonly database: Database;
  readonly facts: Facts;
  readonly listing: HeldListing;
  readonly held: HeldFiles;
  readonly lost: LostFiles;
  readonly pending: PendingSeals;
  readonly pins: PinRows;
}

export interface SealSettings {
  readonly lostGraceBlocks: number;
  readonly endOrphanSeals: boolean;
  readonly mode: CleanupMode;
  readonly maxPercentPerDay: number;
}

/** Everything the room is made of. */
export interface SealParts extends LoopParts, SealPorts {
  readonly store: SealStore;
  readonly settings: SealSettings;
}
