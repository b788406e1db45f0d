import type { Ask } from '../../clients/chain/ask.ts';
import { parseStorageKey } from '../../clients/chain/keys/order-key.ts';
import { SmError } from '../../domain/errors.ts';
import type { Chain } from '../ports.ts';
import type { ComparedPage } from './page-reader.ts';

const positions = 2 ** 48;
/** Natural logarithm of a chance, once in 10^13. */
const neverByChance = -30;

/**
 * Whether the empty page behind the last key may be believed to be the end of the map. Keys are hashes: where many come before a cursor, some come
 * behind it. An empty map is one only if the chain counts no orders.
 * @param orders keys before the end
 * @throws SmError CHAIN_BAD_ANSWER
 */
export async function assertEndOfMap(
  chain: Pick<Chain, 'facts'>,
  end: Pick<ComparedPage, 'afterCursor' | 'at' | 'endPoint'>,
  orders: number,
  ask: Ask,
): Promise<void> {
  const { afterCursor, at, endPoint } = end;
  const isEnd =
    afterCursor === null
      ? (await chain.facts.countOrders(at, { ...ask, only: endPoint })).value === 0
      : orders * Math.log(shareBefore(afterCursor)) > neverByChance;
  if (isEnd) return;
  const data = { endPoint, field: 'Market.FilesV2', block: at.number, orders, share: shareBefore(afterCursor) };
  throw new SmError('CHAIN_BAD_ANSWER', 'The keys of all orders end where more must come', data);
}

/** Part of the map before a storage key. */
function shareBefore(cursor: string | null): number {
  return cursor === null ? 0 : (parseStorageKey(cursor).position + 1) / positions;
}
