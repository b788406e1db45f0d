import { orderPosition } from '../clients/chain/keys/order-position.ts';
import type { OrderKey } from '../domain/order.ts';

/** The key of the order for a CID that sWorker names. */
export function orderKeyOf(cid: string): OrderKey {
  return { text: cid, position: orderPosition(cid) };
}
