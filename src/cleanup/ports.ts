import type { Answer, Ask, BlockRef } from '../clients/chain/ask.ts';
import type { GroupView } from '../clients/chain/orders/order-reader.ts';
import type { CoordinatorClient } from '../clients/coordinator/coordinator-client.ts';
import type { Ipfs } from '../clients/ipfs/ipfs.ts';
import type { SworkerClient } from '../clients/sworker/sworker-client.ts';
import type { OrderKey, OrderRead } from '../domain/order.ts';

/** What this room asks the chain. */
export interface CleanupChain {
  readonly endPoints: { states(): readonly { readonly name: string; readonly state: string }[] };
  readonly blocks: {
    syncState(ask: Ask): Promise<Answer<{ readonly syncing: boolean; readonly reason: string | null }>>;
    finalizedHead(ask: Ask): Promise<Answer<BlockRef>>;
  };
  readonly orders: {
    readOrders(
      keys: readonly OrderKey[],
      at: BlockRef,
      view: GroupView,
      ask: Ask,
    ): Promise<Answer<readonly OrderRead[]>>;
  };
}

export type CleanupSworker = Pick<SworkerClient, 'deleteFile'>;
export type CleanupIpfs = Pick<Ipfs, 'pinRemove'>;
export type GcIpfs = Pick<Ipfs, 'repoSize' | 'collectGarbage'>;
export type CleanupCoordinator = Pick<CoordinatorClient, 'withdrawSeal'>;

/** Brings reads into the tables; a found order takes back its cleanup. */
export interface ReadIngest {
  ingest(reads: readonly OrderRead[]): Promise<unknown>;
}
