import { HeldListing } from '../../../../src/store/held-listing.ts';
import { ReconcileRows } from '../../../../src/store/reconcile-rows.ts';
import { type Drive, keysOf, sliceRows, someOrders } from './sample.ts';

const rangeIds = 4000;

/** What the reconciler reads of slices of 1000 and of a range of orders, and the moves that are its own. */
export const driveReconcile: Drive = async (stage) => {
  const rows = new ReconcileRows(stage.database);
  const orders = await someOrders(stage, 'handled', sliceRows);
  const { recordIds } = await rows.recordsOf(orders.map((order) => order.key.text));
  await rows.recordStates(recordIds);
  await rows.orderStates(keysOf(orders));
  const { pinIds } = await new HeldListing(stage.database).heldPage('QmT', sliceRows);
  await rows.recordStates(pinIds);
  await rows.unheldPulls(sliceRows);
  const newest = await rows.newestOrderId();
  const unheld = await rows.unheldOrders(newest - rangeIds, newest);
  await rows.decideAnew(unheld.slice(0, 10).map(({ id }) => id));
  // Of an order that a record holds nothing is moved, and the statement has been seen.
  await rows.decideAnew(orders.slice(0, 1).map(({ id }) => id));
  await rows.beginUnpins(
    orders.slice(0, 250).map(({ id }) => id),
    1,
  );
};
