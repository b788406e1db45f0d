import { chainOrderKey } from '../clients/chain/keys/order-key.ts';
import type { OrderKey } from '../domain/order.ts';

/** The key of the order for a CID that sWorker names. */
export function orderKeyOf(cid: string): OrderKey {
  return { text: cid, position: chainOrderKey(cid).position };
}
