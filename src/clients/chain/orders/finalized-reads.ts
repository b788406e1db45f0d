import type { Account } from '../../../domain/account.ts';
import { hasCode, SmError } from '../../../domain/errors.ts';
import type { OrderKey, OrderRead } from '../../../domain/order.ts';
import type { Facts } from '../../../store/facts.ts';
import type { Answer, Ask, BlockRef } from '../ask.ts';
import type { GroupView } from './order-reader.ts';

/** What these reads ask the chain. */
export interface PresentChain {
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

export interface FinalizedRead {
  readonly atBlock: number;
  readonly endPoint: string;
  /** One a key, in their order. */
  readonly reads: readonly OrderRead[];
}

/**
 * Reads of orders that may be taken for the present: at the newest finalized block of an end point that is not syncing, all from that one end
 * point. What cannot be asked throws; absent is only what an end point said to be absent.
 */
export class FinalizedReads {
  readonly #chain: PresentChain;
  readonly #facts: Pick<Facts, 'find'>;
  readonly #account: Account;

  constructor(parts: { readonly chain: PresentChain; readonly facts: Pick<Facts, 'find'>; readonly account: Account }) {
    this.#chain = parts.chain;
    this.#facts = parts.facts;
    this.#account = parts.account;
  }

  /**
   * @param avoid an end point that is asked only when no other one answers
   * @throws SmError CHAIN_SYNCING and what the chain client throws
   */
  async read(
    keys: readonly OrderKey[],
    options: { readonly avoid?: string },
    signal: AbortSignal,
  ): Promise<FinalizedRead> {
    const { avoid } = options;
    try {
      return await this.#readAvoiding(avoid, keys, signal);
    } catch (error) {
      if (!hasCode(error, 'CHAIN_BAD_ANSWER', 'CHAIN_RPC_ERROR', 'CHAIN_UNDECODABLE')) throw error;
      const failed = String(error.data['endPoint']);
      // One that answers wrongly must not keep from being asked another one that answers.
      if (failed === avoid || !this.hasOther(failed)) throw error;
      return await this.#readAvoiding(failed, keys, signal);
    }
  }

  async #readAvoiding(
    avoid: string | undefined,
    keys: readonly OrderKey[],
    signal: AbortSignal,
  ): Promise<FinalizedRead> {
    const ask: Ask = avoid === undefined ? { signal } : { signal, avoid };
    const { value: sync, endPoint } = await this.#chain.blocks.syncState(ask);
    if (sync.syncing) {
      throw new SmError('CHAIN_SYNCING', `${endPoint} is still syncing; waiting for it`, {
        endPoint,
        reason: sync.reason,
      });
    }
    const only = { signal, only: endPoint };
    const { value: head } = await this.#chain.blocks.finalizedHead(only);
    const owner = (await this.#facts.find('group'))?.owner ?? null;
    const view = { owner, account: this.#account };
    const { value: reads } = await this.#chain.orders.readOrders(keys, head, view, only);
    if (reads.length !== keys.length) {
      throw new SmError('CHAIN_BAD_ANSWER', `${endPoint} answered for another number of orders than were asked for`, {
        endPoint,
        asked: keys.length,
        answered: reads.length,
      });
    }
    return { atBlock: head.number, endPoint, reads };
  }

  /** Whether any end point besides `name` could be asked, now or when it is back. */
  hasOther(name: string): boolean {
    return this.#chain.endPoints.states().some((state) => state.name !== name && state.state !== 'wrong-genesis');
  }
}
