import { chainOrderKey } from '../../clients/chain/keys/order-key.ts';
import { type FileState, findingOf } from '../../domain/reconcile.ts';
import { IdSet } from '../../lib/id-set.ts';
import type { OrderState, RecordState } from '../../store/reconcile-rows.ts';
import type { FindingTally } from './finding-tally.ts';
import type { ReconcileParts } from './ports.ts';
import { type Seen, sliceFiles } from './sources.ts';

/** The lists are read one after the other, so what none of them shows is asked for by name; of more than so many a disk or sWorker itself is the cause. */
const mostAsked = 500;
/** Ids of orders in one range: most rows of it are not of held files. */
const rangeIds = 4000;

/** The run so far, and what nothing may be newer than. */
export interface Judging {
  readonly parts: ReconcileParts;
  readonly seen: Seen;
  readonly tally: FindingTally;
  /** Later records were made while the lists were read. */
  readonly throughId: number;
  readonly startedMs: number;
  /** Files that were asked for by name. */
  asked: number;
}

/** Holds what the lists showed against the tables, page by page: held records, then pins of other records, then handled orders without a record. */
export async function judgeRecords(judging: Judging, signal: AbortSignal): Promise<void> {
  const held = await judgeHeld(judging, signal);
  await judgePinned(judging, held, signal);
  await judgeUnheld(judging, signal);
}

async function judgeHeld(judging: Judging, signal: AbortSignal): Promise<IdSet> {
  const { listing } = judging.parts.store;
  const held = new IdSet();
  let afterCid: string | undefined = '';
  while (afterCid !== undefined) {
    signal.throwIfAborted();
    const page = await listing.heldPage(afterCid, sliceFiles);
    for (const id of page.pinIds) held.add(id);
    await judge(judging, page.pinIds, (state) => state.record === 'held' && state.sworker !== 'pending', signal);
    afterCid = page.lastCid;
  }
  return held;
}

/** Pins whose file no record holds. Handled orders among them are judged as such. */
async function judgePinned(judging: Judging, held: IdSet, signal: AbortSignal): Promise<void> {
  for (const slice of judging.seen.pinned.slices(sliceFiles)) {
    signal.throwIfAborted();
    const unheld = slice.filter((id) => !held.has(id));
    await judge(
      judging,
      unheld,
      (state) => state.record !== 'held' && state.sworker === 'none' && state.order !== 'handled',
      signal,
    );
  }
}

async function judge(
  judging: Judging,
  recordIds: readonly number[],
  isWanted: (state: FileState) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const { seen, tally, throughId, startedMs } = judging;
  const { store, clock } = judging.parts;
  // One of a time to come was written while the clock was ahead, and may be old.
  const hasMoved = ({ updatedMs }: RecordState): boolean => updatedMs >= startedMs && updatedMs <= clock.nowMs();
  const records = await store.rows.recordStates(recordIds.filter((id) => id <= throughId));
  const orders = await store.rows.orderStates(records.map((record) => chainOrderKey(record.cid)));
  for (const record of records) {
    const order = orders.get(record.cid);
    const state = stateOf(record, order, seen, hasMoved(record));
    const finding = isWanted(state) ? findingOf(state) : undefined;
    if (finding === undefined) continue;
    if (state.sworker === 'none' && (await isThere(judging, record.cid, signal))) continue;
    tally.add(finding, { cid: record.cid, sizeBytes: record.sizeBytes, orderId: order?.id, recordId: record.id });
  }
}

async function isThere(judging: Judging, cid: string, signal: AbortSignal): Promise<boolean> {
  judging.asked += 1;
  return judging.asked <= mostAsked && (await judging.parts.sworker.fileInfo(cid, signal)) !== undefined;
}

function stateOf(record: RecordState, order: OrderState | undefined, seen: Seen, hasMoved: boolean): FileState {
  const isHeld = record.status === 'sealed' || record.status === 'lost';
  return {
    order: order?.status ?? 'none',
    record: record.isPulled ? 'running' : isHeld ? 'held' : 'ended',
    sworker: sworkerOf(record, seen),
    pin: seen.pinned.has(record.id) ? (record.hasOwnPin ? 'own' : 'other') : 'none',
    isCleaning: record.isCleaning,
    hasMoved,
  };
}

function sworkerOf({ id, cid }: RecordState, { lost, valid, pending }: Seen): FileState['sworker'] {
  // One that changed from one list to the other while they were read is where it went to: the valid list was read last.
  if (valid.has(id)) return 'valid';
  if (lost.has(id)) return 'lost';
  return pending.has(cid) ? 'pending' : 'none';
}

/** There should be none: an order becomes handled together with its record. sWorker is asked about each by name. */
async function judgeUnheld({ parts, tally }: Judging, signal: AbortSignal): Promise<void> {
  const { rows } = parts.store;
  const newest = await rows.newestOrderId();
  for (let afterId = 0; afterId < newest; afterId += rangeIds) {
    signal.throwIfAborted();
    for (const { id, cid, sizeBytes } of await rows.unheldOrders(afterId, afterId + rangeIds)) {
      const file = await parts.sworker.fileInfo(cid, signal);
      if (file !== undefined) continue;
      const finding = findingOf({
        order: 'handled',
        record: 'none',
        sworker: 'none',
        pin: 'none',
        isCleaning: false,
        hasMoved: false,
      });
      if (finding !== undefined) tally.add(finding, { cid, sizeBytes, orderId: id });
    }
  }
}
