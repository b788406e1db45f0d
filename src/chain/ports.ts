import type { Account } from '../domain/account.ts';
import type { Answer, Ask, BlockRef } from '../clients/chain/ask.ts';
import type { SmError } from '../domain/errors.ts';
import type { GroupFacts } from '../domain/facts.ts';
import type { OrderKey, OrderRead } from '../domain/order.ts';
import type { Facts } from '../store/facts.ts';
import type { Database } from '../store/database.ts';
import type { LoopParts } from '../runtime/loop.ts';

/** A key with the whole storage key it was parsed from or builds, in hex. */
export interface PageKey extends OrderKey {
  readonly storageKey: string;
}

export type MarketEvent =
  | {
      readonly kind: 'FileSuccess' | 'RenewFileSuccess' | 'AddPrepaidSuccess';
      readonly key: PageKey;
      readonly payer: string;
    }
  | {
      readonly kind: 'CalculateSuccess' | 'FileClosed' | 'IllegalFileClosed';
      readonly key: PageKey;
      readonly payer: null;
    }
  | { readonly kind: 'UpdateReplicasSuccess'; readonly key: null; readonly payer: null };

/** The market's events of one block in the order they happened, and the runtime that executed it. */
export interface BlockEvents {
  readonly block: BlockRef;
  readonly specVersion: number;
  readonly events: readonly MarketEvent[];
}

/** What a block's extrinsics tell: memos parallel to its events (null: unknown), and the orders whose replicas it reports. */
export interface BlockHints {
  readonly memos: readonly (Uint8Array | null)[];
  readonly updatedReplicas: readonly PageKey[];
}

interface Blocks {
  finalizedHead(ask: Ask): Promise<Answer<BlockRef>>;
  blockAt(number: number, ask: Ask): Promise<Answer<BlockRef>>;
  blocksBetween(from: number, to: number, ask: Ask): Promise<Answer<readonly BlockRef[]>>;
  timestampMs(at: BlockRef, ask: Ask): Promise<Answer<number>>;
  specVersion(at: BlockRef, ask: Ask): Promise<Answer<number>>;
  syncState(ask: Ask): Promise<Answer<{ readonly syncing: boolean; readonly reason: string | null }>>;
}

interface Orders {
  keysPage(
    page: { readonly at: BlockRef; readonly afterStorageKey: string | null; readonly limit: number },
    ask: Ask,
  ): Promise<Answer<readonly PageKey[]>>;
  readOrders(
    keys: readonly OrderKey[],
    at: BlockRef,
    view: { readonly owner: string | null; readonly account: Account },
    ask: Ask,
  ): Promise<Answer<readonly OrderRead[]>>;
}

/** Of consecutive blocks: answers for the leading ones that can be told, at least for the first; what stands against that one is thrown. */
interface Events {
  blockEvents(parent: BlockRef, blocks: readonly BlockRef[], ask: Ask): Promise<Answer<readonly BlockEvents[]>>;
  readHints(blocks: readonly BlockEvents[], ask: Ask): Promise<Answer<readonly BlockHints[]>>;
  /** The reads of each block in the order of its keys, in the state after it. */
  readOrders(
    blocks: readonly { readonly block: BlockRef; readonly keys: readonly PageKey[] }[],
    view: { readonly owner: string | null; readonly account: Account },
    ask: Ask,
  ): Promise<Answer<readonly (readonly OrderRead[])[]>>;
}

interface NodeFacts {
  readGroup(account: Account, at: BlockRef, ask: Ask): Promise<Answer<Omit<GroupFacts, 'atBlock' | 'atMs'>>>;
  countActiveNodes(at: BlockRef, ask: Ask): Promise<Answer<number>>;
  /** By the chain's own count. */
  countOrders(at: BlockRef, ask: Ask): Promise<Answer<number>>;
}

interface KnownEndPoints {
  /** What an end point said turned out wrong: whoever asks anything asks others first for a while. */
  doubt(endPoint: string, error: SmError): void;
}

/** What this room asks the chain. */
export interface Chain {
  readonly endPoints: KnownEndPoints;
  readonly blocks: Blocks;
  readonly orders: Orders;
  readonly events: Events;
  readonly facts: NodeFacts;
}

/** What every task of this room is made of. */
export interface ChainTaskParts extends LoopParts {
  readonly chain: Chain;
  readonly database: Database;
  readonly facts: Facts;
}
