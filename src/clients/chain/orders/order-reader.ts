import type { OrderKey, OrderRead } from '../../../domain/order.ts';
import type { Account } from '../../../domain/account.ts';
import type { Answer, Ask, BlockRef } from '../ask.ts';
import type { ChainConnection } from '../connection/chain-connection.ts';
import type { EndPoints } from '../connection/end-points.ts';
import type { StorageValues } from '../storage/storage-values.ts';
import type { StorageKeys } from '../storage/storage-keys.ts';
import { parseListedKey, prefixOf, storageKeyOf } from '../keys/order-key.ts';
import type { ChainOrderKey } from '../keys/order-key.ts';
import { storagePrefixes } from '../keys/storage-prefixes.ts';
import { decodeOrderValue, replicaViewOf } from './order-value.ts';

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
  readonly #keys: StorageKeys;
  readonly #values: StorageValues;

  constructor(endPoints: EndPoints, keys: StorageKeys, values: StorageValues) {
    this.#endPoints = endPoints;
    this.#keys = keys;
    this.#values = values;
  }

  /** The next keys in the chain's order. An empty page is the end of the map; a short one may be a node's whim and is followed by another question. */
  async keysPage(query: KeysPageQuery, ask: Ask): Promise<Answer<readonly ChainOrderKey[]>> {
    const { at, afterStorageKey, limit } = query;
    return this.#endPoints.ask(ask, async (connection) => {
      const pageQuery = { prefix: storagePrefixes.marketFilesV2, limit, after: afterStorageKey, at };
      return this.#keys.parse(connection, pageQuery, ask, parseListedKey);
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
    const replicaView = replicaViewOf(view.owner, view.account);
    return this.#endPoints.ask(ask, async (connection) => {
      const storageKeys = await this.#resolve(connection, keys, at, ask);
      const present = storageKeys.filter((key) => key !== undefined);
      const figures = await this.#values.decode(connection, present, at, ask, (value) =>
        value === null ? undefined : decodeOrderValue(value, replicaView),
      );
      let next = 0;
      return keys.map(
        (key, index): OrderRead => ({
          key,
          atBlock: at.number,
          figures: storageKeys[index] === undefined ? undefined : figures[next++],
        }),
      );
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
    const found = await this.#keys.parse(connection, query, ask, parseListedKey);
    return found.find(({ text }) => text === key.text)?.storageKey;
  }
}
