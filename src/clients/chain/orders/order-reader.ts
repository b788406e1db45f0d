import type { OrderKey, OrderRead } from '../../../domain/order.ts';
import type { Account } from '../../../domain/account.ts';
import { parseAccount } from '../../../domain/account.ts';
import type { Answer, Ask, BlockRef } from '../ask.ts';
import { badAnswer } from '../connection/answers.ts';
import type { ChainConnection } from '../connection/chain-connection.ts';
import type { EndPoints } from '../connection/end-points.ts';
import type { StorageValues } from '../storage/storage-values.ts';
import { keysPage } from '../storage/keys-page.ts';
import { parseStorageKey, prefixOf, storageKeyOf } from '../keys/order-key.ts';
import type { ChainOrderKey } from '../keys/order-key.ts';
import { storagePrefixes } from '../keys/storage-prefixes.ts';
import { decodedAt } from '../scale/undecodable.ts';
import { decodeOrderValue } from './order-value.ts';

/** Whose place in the replica maps is asked for. */
export interface GroupView {
  /** ss58 address of the own group's owner; null without a group. */
  readonly owner: string | null;
  readonly account: Account;
}

export interface KeysPageQuery {
  readonly at: BlockRef;
  /** The last key of the page before; null for the first page. */
  readonly afterStorageKey: string | null;
  /** At most 1000: nodes refuse more. */
  readonly limit: number;
}

/** `Market.FilesV2`: keys page by page, and values. */
export class OrderReader {
  readonly #endPoints: EndPoints;
  readonly #values: StorageValues;

  constructor(endPoints: EndPoints, values: StorageValues) {
    this.#endPoints = endPoints;
    this.#values = values;
  }

  /** The next keys in the chain's order. An empty page is the end of the map; a short one may be a node's whim and is followed by another question. */
  async keysPage(query: KeysPageQuery, ask: Ask): Promise<Answer<readonly ChainOrderKey[]>> {
    const { at, afterStorageKey, limit } = query;
    return this.#endPoints.ask(ask, async (connection) => {
      const prefix = storagePrefixes.marketFilesV2;
      const storageKeys = await keysPage(connection, { prefix, limit, after: afterStorageKey, at }, ask);
      return decodedAt(connection.name, at, () => storageKeys.map(parseStorageKey));
    });
  }

  /**
   * What the chain says about these orders at one block, in their order: `figures` is undefined where it has no entry. All are answered by one
   * end point or the whole question fails; a value that is too large to come with others comes alone.
   */
  async readOrders(
    keys: readonly OrderKey[],
    at: BlockRef,
    view: GroupView,
    ask: Ask,
  ): Promise<Answer<readonly OrderRead[]>> {
    const ownerHex = view.owner === null ? null : parseAccount(view.owner).publicKeyHex;
    const replicaView = { ownerHex, accountHex: view.account.publicKeyHex };
    return this.#endPoints.ask(ask, async (connection) => {
      const storageKeys = await this.#resolve(connection, keys, at, ask);
      const present = storageKeys.filter((key) => key !== undefined);
      const values = await this.#values.read(connection, present, at, ask);
      return decodedAt(connection.name, at, () => {
        let next = 0;
        return keys.map((key, index): OrderRead => {
          const value = storageKeys[index] === undefined ? null : values[next++];
          if (value === undefined) throw badAnswer(connection.name, 'state_queryStorageAt', key.text, value);
          const figures =
            value === null ? undefined : { ...decodeOrderValue(value, replicaView), groupOwner: view.owner };
          return { key, atBlock: at.number, figures };
        });
      });
    });
  }

  /** Storage keys; undefined for an order whose text is a substitute and whose key the chain does not have at that block. */
  async #resolve(
    connection: ChainConnection,
    keys: readonly OrderKey[],
    at: BlockRef,
    ask: Ask,
  ): Promise<(string | undefined)[]> {
    const resolved: (string | undefined)[] = [];
    for (const key of keys) resolved.push(storageKeyOf(key) ?? (await this.#find(connection, key, at, ask)));
    return resolved;
  }

  async #find(connection: ChainConnection, key: OrderKey, at: BlockRef, ask: Ask): Promise<string | undefined> {
    const query = { prefix: prefixOf(key.position), limit: 1000, after: null, at };
    const storageKeys = await keysPage(connection, query, ask);
    return decodedAt(connection.name, at, () => storageKeys.find((found) => parseStorageKey(found).text === key.text));
  }
}
