import chunk from 'lodash/chunk.js';
import type { OrderRead } from '../../../domain/order.ts';
import type { Ask, BlockRef } from '../ask.ts';
import { badAnswer } from '../connection/answers.ts';
import type { ChainConnection } from '../connection/chain-connection.ts';
import type { ChainOrderKey } from '../keys/order-key.ts';
import type { GroupView } from '../orders/order-reader.ts';
import { decodeOrderValue, replicaViewOf } from '../orders/order-value.ts';
import type { ReplicaView } from '../orders/order-value.ts';
import { decodedAt } from '../scale/undecodable.ts';
import { QUERY_STORAGE_AT, valuesOf } from '../storage/storage-changes.ts';
import { leading } from './leading.ts';

/** Orders worth reading in the state after a block. */
export interface OrdersAfter {
  readonly block: BlockRef;
  readonly keys: readonly ChainOrderKey[];
}

/** Of the heaviest orders these come to a megabyte and a half of hex. */
const KEYS_A_CALL = 25;

/** The reads of each block in the order of its keys, each block's at its own state, for the leading blocks that the node can tell. */
export async function readOrdersAfter(
  connection: ChainConnection,
  blocks: readonly OrdersAfter[],
  view: GroupView,
  ask: Ask,
): Promise<readonly (readonly OrderRead[])[]> {
  const parts = blocks.map(({ block, keys }) => chunk(keys, KEYS_A_CALL).map((part) => ({ block, keys: part })));
  const calls = parts.flat().map(({ block, keys }) => {
    const params = [keys.map(({ storageKey }) => storageKey), block.hash];
    return { method: QUERY_STORAGE_AT, params, at: block };
  });
  const outcomes = await connection.requestBatchAt(calls, ask);
  const replicaView = replicaViewOf(view.owner, view.account);
  let next = 0;
  return leading(blocks.length, (index) =>
    (parts[index] ?? []).flatMap((part) => {
      const outcome = outcomes[next++];
      if (outcome === undefined) throw badAnswer(connection.name, QUERY_STORAGE_AT, 'result', outcome);
      if ('error' in outcome) throw outcome.error;
      return readsOf(connection.name, part, outcome.result, replicaView);
    }),
  );
}

function readsOf(endPoint: string, { block, keys }: OrdersAfter, result: unknown, view: ReplicaView): OrderRead[] {
  const storageKeys = keys.map(({ storageKey }) => storageKey);
  const values = valuesOf(endPoint, storageKeys, block, result);
  return decodedAt(endPoint, block, () =>
    keys.map((key, index): OrderRead => {
      const value = values[index] ?? null;
      const figures = value === null ? undefined : decodeOrderValue(value, view);
      return { key, atBlock: block.number, figures };
    }),
  );
}
