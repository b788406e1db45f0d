import { DAY_BLOCKS } from '../../../../src/domain/units.ts';
import { Absences } from '../../../../src/store/absences.ts';
import { Facts } from '../../../../src/store/facts.ts';
import { Gaps } from '../../../../src/store/gaps.ts';
import { applyBlocks, heldAmong, moveEventCursor } from '../../../../src/store/order-events.ts';
import { ingestReads } from '../../../../src/store/order-ingest.ts';
import { Owners } from '../../../../src/store/owners.ts';
import { comparePage, markSeenByWalk } from '../../../../src/store/walk-pages.ts';
import { Walks } from '../../../../src/store/walks.ts';
import { madeCid } from '../../database/made-cids.ts';
import { madeBasis } from '../../database/made-orders.ts';
import { chainOrderKey } from '../../../../src/clients/chain/keys/order-key.ts';
import { changed, type Drive, idsOf, keysOf, sliceRows, someOrders, type Stage } from './sample.ts';

const groupOwner = madeBasis.groupOwner;

/** Walks, events and gaps. */
export const driveChain: Drive = async (stage) => {
  await walkAPage(stage);
  await applyABlock(stage);
  const { database, headBlock, nowMs } = stage;
  const gaps = new Gaps(database);
  await database.write('event', async (tx) => {
    await gaps.add(tx, { fromBlock: 1, toBlock: 2, reason: 'pruned' }, nowMs);
    await gaps.close(tx, { id: 1, newestGap: 10, oldestPageBlock: headBlock });
  });
  await gaps.listOpen();
};

async function walkAPage(stage: Stage): Promise<void> {
  const { database, headBlock, nowMs } = stage;
  const walks = new Walks(database);
  const absences = new Absences(database);
  const orders = await someOrders(stage, 'waiting', 1000);
  const keys = keysOf(orders);
  const atBlock = headBlock + 1;
  const afterPosition = (keys.at(0)?.position ?? 1) - 1;
  const beforePosition = (keys.at(-1)?.position ?? 1) + 1;
  const turns = { startBlock: headBlock - 50_000, cycleBlocks: 100_000, throughPosition: afterPosition };
  const page = { keys, afterPosition, beforePosition, atBlock };
  const compared = await comparePage(database, page, { readsAll: false, groupOwner, turns });
  await walks.findLastComplete();
  await walks.findLastReadingAll();
  await database.write('bulk', async (tx) => {
    const reason = 'interval';
    const begun = {
      reason,
      readsAll: false,
      groupOwner,
      newestGap: 0,
      anchorBlock: atBlock,
      startedMs: nowMs,
    } as const;
    await walks.begin(tx, begun);
    const walk = await walks.findRunning(tx);
    if (walk === undefined) throw new Error('the walk did not begin');
    await walks.reanchor(tx, walk, atBlock);
    await markSeenByWalk(tx, idsOf(orders.slice(0, sliceRows)));
    const missing = compared.missing.slice(0, sliceRows);
    await absences.note(tx, missing, { walkId: walk.id, atBlock, endPoint: 'ws://127.0.0.1' });
    await absences.clear(tx, missing.slice(0, 5));
    const step = { walkId: walk.id, fromCursor: null, toCursor: '0x01', atBlock, orders: 1000, pages: 1, missing: 0 };
    await walks.step(tx, step);
    await walks.end(tx, walk.id, { status: 'complete', suspect: false, endedMs: nowMs });
    await walks.findCompleteBefore(walk.id, tx);
  });
  const last = (await walks.findLastComplete())?.id ?? 0;
  await absences.list({ lastWalk: last, begunBefore: last + 1 }, 0, 200);
  await absences.count({ lastWalk: last, begunBefore: last + 1, begunFrom: 0 });
  await absences.forgetWalk(last);
}

async function applyABlock(stage: Stage): Promise<void> {
  const { database, headBlock, nowMs, run } = stage;
  const [again, ...closing] = await someOrders(stage, 'waiting', 40);
  const held = await someOrders({ ...stage, run: stage.run + 1 }, 'handled', 5);
  const named = await someOrders({ ...stage, run: stage.run + 2 }, 'waiting', 100);
  if (again === undefined) throw new Error('no order waits');
  const atBlock = headBlock + 10 + run;
  const born = Array.from({ length: 20 }, (_, at) => chainOrderKey(madeCid(8_000_000 + run * 100 + at)));
  const changes = [
    { read: { key: again.key, atBlock, figures: changed(again) }, ordered: true, closed: false },
    ...born.map((key) => ({ read: { key, atBlock, figures: changed(again) }, ordered: true, closed: false })),
    ...[...closing, ...held].map(({ key }) => ({
      read: { key, atBlock, figures: undefined },
      ordered: false,
      closed: true,
    })),
  ];
  const payments = [again.key, ...born].map((key) => ({ key, payer: groupOwner, memo: Buffer.from('folder') }));
  const block = { atBlock, endPoint: 'ws://127.0.0.1', orders: changes, payments, replicasUpdated: keysOf(named) };
  await database.write('event', async (tx) => {
    await applyBlocks(tx, [block], { nowMs, scanIntervalBlocks: DAY_BLOCKS });
    await moveEventCursor(tx, headBlock, headBlock);
  });
  await heldAmong(database, keysOf(held));
  await new Owners(database).list(again.id);
  const queued = await someOrders(stage, 'queued', 50);
  await database.write('bulk', async (tx) => {
    const reads = queued.map((order) => ({ key: order.key, atBlock, figures: changed(order) }));
    await ingestReads(tx, reads, { seen: 1, nowMs });
    await ingestReads(
      tx,
      reads.map((read) => ({ ...read, atBlock: atBlock + 1 })),
      { seen: 0, nowMs },
    );
    // Two later walks: nearly all stands here as it was.
    const turns = { startBlock: headBlock, cycleBlocks: 14_400, throughPosition: 2 ** 47 };
    for (const [later, which] of [turns, undefined].entries()) {
      const again = reads.map((each, at) => ({
        ...each,
        ...(at === 0 ? { figures: { ...each.figures, replicas: 119 + later } } : {}),
        atBlock: atBlock + 2 + later,
      }));
      await ingestReads(tx, again, { seen: 1, nowMs, mostlyAsKnown: true, turns: which });
    }
  });
  const facts = new Facts(database);
  await database.write('event', async (tx) => {
    await facts.setNewer(tx, 'chain-time', {
      atBlock: headBlock,
      atMs: nowMs,
      blockTimestampMs: nowMs,
      specVersion: 25,
    });
    await facts.remove(tx, 'event-progress');
  });
}
