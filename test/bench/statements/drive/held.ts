import { Facts } from '../../../../src/store/facts.ts';
import { Cleanups } from '../../../../src/store/cleanups.ts';
import { HeldFiles } from '../../../../src/store/held-files.ts';
import { HeldListing } from '../../../../src/store/held-listing.ts';
import { LostFiles } from '../../../../src/store/lost-files.ts';
import { PendingSeals } from '../../../../src/store/pending-seals.ts';
import { PinRows } from '../../../../src/store/pin-rows.ts';
import { type Drive, idsOf, keysOf, sliceRows, someOrders } from './sample.ts';

/** What sWorker's lists are held against, and what they change. */
export const driveSeal: Drive = async (stage) => {
  const { database, headBlock, nowMs } = stage;
  const listing = new HeldListing(database);
  const held = new HeldFiles(database);
  const pins = new PinRows(database);
  const orders = await someOrders(stage, 'handled', sliceRows);
  const cids = orders.map((order) => order.key.text).toSorted();
  await listing.records(cids, 'valid');
  await listing.ordersAt(keysOf(orders).map((key) => key.position));
  await listing.uncounted(idsOf(orders));
  const page = await listing.heldPage('QmT', 1000);
  const rows = await listing.heldRows(page.pinIds);
  await listing.hasCompleteWalk();
  const [gone, lost, ...others] = rows;
  if (gone === undefined || lost === undefined) throw new Error('nothing is held');
  const at = { headBlock, nowMs };
  const found = (await someOrders(stage, 'waiting', 10)).map((order) => ({
    cid: order.key.text,
    sizeBytes: order.sizeBytes,
    type: 'valid' as const,
  }));
  const closed = await someOrders(stage, 'closed', 10);
  const changes = {
    found,
    recovered: [lost.pinId],
    lost: others.slice(0, 3).map((row) => row.pinId),
    seenAgain: others.slice(3, 6).map((row) => row.pinId),
    handledOrders: idsOf(orders).slice(0, 5),
    closedOrders: idsOf(closed),
  };
  await held.apply(changes, at, { monotonicMs: () => performance.now() });
  await held.addMissed([gone.pinId]);
  await held.seenAgain(gone.pinId);
  const [first, second] = orders;
  const goneFile = { pinId: gone.pinId, key: first?.key ?? { text: '', position: 0 }, status: 'sealed' } as const;
  await held.gone(goneFile, at);
  await held.letGo({ ...goneFile, pinId: lost.pinId, key: second?.key ?? goneFile.key }, nowMs);
  const files = new LostFiles(database);
  await files.page(0, sliceRows);
  await files.date(await files.listUndated(0, sliceRows), headBlock);
  for (const row of (await files.listDue(headBlock, headBlock, 10)).slice(0, 1)) {
    await files.markLettingGo(row, { headBlock, maxPercentPerDay: 5 });
    await files.refused(row);
    await files.putOff(row.pinId, headBlock + 600);
  }
  await files.ordersOf(keysOf(orders).slice(0, 10));
  const seals = new PendingSeals(database);
  await seals.progress([{ cid: cids[0] ?? '', sealedBytes: 5 }], nowMs);
  await seals.strangers(cids.slice(0, 100));
  await pins.countRunning();
  await pins.countHeld();
  await pins.countLost();
  await pins.newestId();
  await pins.isOurPin(cids[0] ?? '');
};

/** Closed orders on their way out. */
export const driveCleanup: Drive = async (stage) => {
  const { database, headBlock, nowMs } = stage;
  const cleanups = new Cleanups(database);
  const seen = await cleanups.listSeen(headBlock + 1000, 0, 50);
  await cleanups.listDeleting();
  const due = await cleanups.listDue(headBlock + 20_000, { unproven: true, limit: 50 });
  await cleanups.countDue(headBlock + 20_000, { unproven: false });
  await cleanups.standing(headBlock);
  await cleanups.tellDue(headBlock + 20_000, { unproven: false, limit: 10 });
  const [first, second] = seen;
  const begun = { atBlock: headBlock + 1000, maxPercentPerDay: 5 };
  const key = { text: first?.cid ?? '', position: 1 };
  if (first === undefined) throw new Error('no close was seen');
  const facts = new Facts(database);
  await database.write('event', async (tx) => await facts.set(tx, 'event-cursor', { block: headBlock + 1000 }));
  await cleanups.confirm(first, key, { atBlock: headBlock + 1000, graceBlocks: 0 }, nowMs);
  if (second !== undefined) await cleanups.cancel(second, 'seen', 'came back', nowMs);
  await cleanups.putOff(first, headBlock + 10);
  await cleanups.beginDelete(first, key, begun, nowMs);
  const later = { lookBlock: headBlock + 10, attempts: 1, detail: 'later' };
  await cleanups.putBack(first, key, { ...later, isUndone: true }, nowMs);
  await cleanups.beginDelete(first, key, begun, nowMs);
  await cleanups.putBack(first, key, { ...later, isUndone: false }, nowMs);
  await cleanups.beginDelete(first, key, begun, nowMs);
  await cleanups.finish(first, 'sWorker deleted it', nowMs);
  for (const cleanup of due.slice(0, 2)) await cleanups.putOff(cleanup, headBlock);
};
