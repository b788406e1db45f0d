import type { Account } from '../../../domain/account.ts';
import type { Answer, Ask, BlockRef } from '../ask.ts';
import { badAnswer } from '../connection/answers.ts';
import type { ChainConnection } from '../connection/chain-connection.ts';
import type { EndPoints } from '../connection/end-points.ts';
import type { StorageKeys } from '../storage/storage-keys.ts';
import type { StorageValues } from '../storage/storage-values.ts';
import { storagePrefixes } from '../keys/storage-prefixes.ts';
import { decodedAt } from '../scale/undecodable.ts';
import {
  decodeCurrentSlot,
  decodeGroupOwner,
  decodeMembers,
  decodeOrderCount,
  decodeReportSlot,
  groupKey,
  type GroupParts,
  groupParts,
  identityKey,
} from './node-facts.ts';

const PAGE_KEYS = 1000;

/** What `Swork` says about the own group and about all nodes, and how many orders `Market` counts. Read by questions whose answers name the keys, so that a null answer is not an absent entry. */
export class FactReader {
  readonly #endPoints: EndPoints;
  readonly #keys: StorageKeys;
  readonly #values: StorageValues;

  constructor(endPoints: EndPoints, keys: StorageKeys, values: StorageValues) {
    this.#endPoints = endPoints;
    this.#keys = keys;
    this.#values = values;
  }

  /** The group of an account at one block. */
  async readGroup(account: Account, at: BlockRef, ask: Ask): Promise<Answer<GroupParts>> {
    return this.#endPoints.ask(ask, async (connection) => {
      const decoded = <T>(decode: () => T): T => decodedAt(connection.name, at, decode);
      const ownKeys = [identityKey(account), groupKey(account)];
      const [identity = null, ownGroup = null] = await this.#values.read(connection, ownKeys, at, ask);
      const owner = identity === null ? undefined : decoded(() => decodeGroupOwner(identity));
      const ownersKeys = owner === undefined ? [] : [groupKey(owner)];
      const [ownersGroup = null] = await this.#values.read(connection, ownersKeys, at, ask);
      return decoded(() => {
        const [members, ownMembers] = [decodeMembers(ownersGroup), decodeMembers(ownGroup)];
        return groupParts(account, identity !== null, owner, members, ownMembers);
      });
    });
  }

  /** Number of nodes whose newest work report is of the current slot, all read at one block. */
  async countActiveNodes(at: BlockRef, ask: Ask): Promise<Answer<number>> {
    return this.#endPoints.ask(ask, async (connection) => {
      const slotKeys = [storagePrefixes.sworkCurrentReportSlot];
      const [current = null] = await this.#values.read(connection, slotKeys, at, ask);
      const currentSlot = decodedAt(connection.name, at, () => decodeCurrentSlot(current));
      let active = 0;
      for await (const slots of this.#reportSlots(connection, at, ask)) {
        active += slots.filter((slot) => slot >= currentSlot).length;
      }
      return active;
    });
  }

  /** How many entries `FilesV2` has at one block by the chain's own count. */
  async countOrders(at: BlockRef, ask: Ask): Promise<Answer<number>> {
    return this.#endPoints.ask(ask, async (connection) => {
      const [count = null] = await this.#values.read(connection, [storagePrefixes.marketFileKeysCount], at, ask);
      return decodedAt(connection.name, at, () => decodeOrderCount(count));
    });
  }

  /** Page by page: the reports of nodes that left stay for ever. */
  async *#reportSlots(connection: ChainConnection, at: BlockRef, ask: Ask): AsyncGenerator<readonly number[]> {
    const prefix = storagePrefixes.sworkWorkReports;
    let after: string | null = null;
    for (;;) {
      const query = { prefix, limit: PAGE_KEYS, after, at };
      const keys: readonly string[] = await this.#keys.page(connection, query, ask);
      // A short page may be a node's whim; only an empty one is the end.
      if (keys.length === 0) return;
      after = keys.at(-1) ?? null;
      const values = await this.#values.read(connection, keys, at, ask);
      yield decodedAt(connection.name, at, () =>
        values.map((value, index) => {
          if (value !== null) return decodeReportSlot(value);
          throw badAnswer(connection.name, 'state_queryStorageAt', keys[index] ?? '', value);
        }),
      );
    }
  }
}
