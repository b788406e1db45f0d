import type { Reading } from './list-reader.ts';
import { creditOf } from './slice-plan.ts';

const sliceOrders = 2000;
const maxUnread = 250;

/**
 * The orders of the files that were listed: open ones whose file is held are handled, closed ones get a cleanup, and of the others it is seen
 * whether their copies are credited. What the list did to the records is written before, because the moves rest on it.
 */
export async function lookAtOrders(reading: Reading): Promise<void> {
  const { parts, positions, tally, writer } = reading;
  const { listing } = parts.store;
  await writer.write();
  for (const slice of positions.takeSorted(sliceOrders)) {
    const orders = await listing.ordersAt(slice);
    tally.withoutOrder += Math.max(0, slice.length - orders.count);
    await writer.add({ handledOrders: orders.open, closedOrders: orders.closed });
    if (reading.state === 'valid') await judgeCredit(reading, orders.withoutGroup);
  }
  await writer.write();
}

async function judgeCredit({ parts, tally, headBlock }: Reading, orderIds: readonly number[]): Promise<void> {
  for (const copy of await parts.store.listing.uncounted(orderIds)) {
    const credit = creditOf(copy, headBlock);
    if (credit === 'uncredited') tally.uncredited += 1;
    if (credit === 'unread' && tally.unread.length < maxUnread) tally.unread.push(copy.key);
  }
}
