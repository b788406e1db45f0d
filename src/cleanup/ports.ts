import type { CoordinatorClient } from '../clients/coordinator/coordinator-client.ts';
import type { Ipfs } from '../clients/ipfs/ipfs.ts';
import type { SworkerClient } from '../clients/sworker/sworker-client.ts';
import type { OrderRead } from '../domain/order.ts';

export type CleanupSworker = Pick<SworkerClient, 'deleteFile'>;
export type CleanupIpfs = Pick<Ipfs, 'pinRemove'>;
export type GcIpfs = Pick<Ipfs, 'repoSize' | 'collectGarbage'>;
export type CleanupCoordinator = Pick<CoordinatorClient, 'ping' | 'withdrawSeal'>;

/** Brings reads into the tables; a found order takes back its cleanup. */
export interface ReadIngest {
  ingest(reads: readonly OrderRead[]): Promise<unknown>;
}
