import { hasCode } from '../domain/errors.ts';
import { DAY_BLOCKS, HOUR_BLOCKS } from '../domain/units.ts';
import type { Order } from '../domain/order.ts';
import type { LostRow } from '../store/lost-files.ts';
import { atOnceLimit } from './at-once.ts';
import { orderKeyOf } from './order-key-of.ts';
import type { SealParts } from './ports.ts';

/** A condition by this name stands while so many files are lost that a disk must be away. */
const tooManyLost = 'files-lost';
/** After this long a disk does not come back. */
const DISK_GIVEN_UP_BLOCKS = 14 * DAY_BLOCKS;
/** After a pause in the looks at the lost list a disk may be back whose files sWorker calls lost until its validator comes to them. */
const LOOKED_AT_BLOCKS = 3 * HOUR_BLOCKS;
/** An order whose file stays lost is decided again after this long. */
const LOOK_AGAIN_BLOCKS = HOUR_BLOCKS;
const aRound = 50;
const datedAtOnce = 500;

/**
 * Lost files whose grace is over: a lost file becomes valid again by itself when its disk is back, so only after a long time, and only if few are
 * lost at once, the order is decided as if the file were not held; `take` deletes the lost copy, so that the file can be pulled anew.
 * @param at `lookedBlocks`: over how many blocks the lost list was looked at without a pause
 */
export async function decideLost(
  parts: SealParts,
  at: { readonly headBlock: number; readonly lookedBlocks: number },
  signal: AbortSignal,
): Promise<void> {
  const { headBlock, lookedBlocks } = at;
  await beginGraces(parts, headBlock, signal);
  const lost = await parts.store.pins.countLost();
  const limit = lost <= atOnceLimit(0) ? lost : atOnceLimit(await parts.store.pins.countHeld());
  const graceBlocks = parts.settings.lostGraceBlocks;
  tellTooMany(parts, lost, lost > limit);
  if (lookedBlocks < Math.min(graceBlocks, LOOKED_AT_BLOCKS)) return;
  const waitBlocks = lost > limit ? Math.max(graceBlocks, DISK_GIVEN_UP_BLOCKS) : graceBlocks;
  const due = await parts.store.lost.listDue(headBlock - waitBlocks, headBlock, aRound);
  if (due.length === 0) return;
  const keys = due.map((row) => orderKeyOf(row.cid));
  const { atBlock, reads } = await parts.reads.read(keys, {}, signal);
  // The head that the bot knows may be hours old when it was away: by that a deletion would count for the day before.
  const nowBlock = Math.max(headBlock, atBlock);
  await parts.ingest.ingest(reads);
  const live = new Set(reads.filter((read) => read.figures !== undefined).map((read) => read.key.text));
  const orders = await parts.store.lost.ordersOf(keys);
  for (const row of due) {
    const order = orders.get(row.cid);
    const isLive = live.has(row.cid) && order?.status === 'handled';
    if (!isLive || !(await decideOne(parts, row, order, nowBlock, signal))) {
      await parts.store.lost.putOff(row.pinId, headBlock + LOOK_AGAIN_BLOCKS);
    }
  }
}

/** At the block of a read of now: by the head that the bot knows a grace may be over before it began, when the chain was away meanwhile. */
async function beginGraces(parts: SealParts, headBlock: number, signal: AbortSignal): Promise<void> {
  const { lost } = parts.store;
  let ids = await lost.listUndated(0, datedAtOnce);
  if (ids.length === 0) return;
  const { atBlock } = await parts.reads.read([], {}, signal);
  for (; ids.length > 0; ids = await lost.listUndated(ids.at(-1) ?? 0, datedAtOnce)) {
    await lost.date(ids, Math.max(headBlock, atBlock));
  }
}

/** False when the file stays as it is. */
async function decideOne(
  parts: SealParts,
  row: LostRow,
  order: Order,
  nowBlock: number,
  signal: AbortSignal,
): Promise<boolean> {
  const verdict = await parts.decideAsNotHeld(order);
  if (verdict !== 'take') return false;
  const file = await parts.sworker.fileInfo(row.cid, signal);
  // Valid again or being sealed: the next look at the lists writes it down.
  if (file !== undefined && file.type !== 'lost') return false;
  if (file === undefined && !row.lettingGo) return false;
  if (parts.settings.mode === 'dryRun') {
    parts.logger.debug('A lost file would be deleted so that it can be pulled anew', { cid: row.cid });
    return false;
  }
  const { maxPercentPerDay } = parts.settings;
  if (!(await parts.store.lost.markLettingGo(row, { headBlock: nowBlock, maxPercentPerDay }))) return false;
  try {
    const answer = await parts.remover.remove(row.cid, signal);
    parts.logger.warn('Deleted a lost file so that it can be pulled anew', {
      cid: row.cid,
      answer,
      atBlock: nowBlock,
    });
  } catch (error) {
    // After any other error nobody knows whether the file is there still; the mark keeps that.
    if (!hasCode(error, 'SWORKER_REFUSED')) throw error;
    await parts.store.lost.refused(row);
    parts.logger.warn('A lost file could not be deleted', { cid: row.cid, code: error.code }, error);
    return false;
  }
  await parts.store.held.letGo({ pinId: row.pinId, key: orderKeyOf(row.cid), status: 'lost' }, parts.clock.nowMs());
  return true;
}

function tellTooMany(parts: SealParts, lost: number, isTooMany: boolean): void {
  if (!isTooMany) {
    parts.conditions.clear(tooManyLost);
    return;
  }
  const isNew = parts.conditions.raise(tooManyLost, {
    kind: 'wait',
    part: 'sworker',
    message: `${lost} files are lost in sWorker at once: a disk is probably away; they become valid again when it is back`,
    blocksReady: false,
  });
  if (isNew) parts.logger.error('Many files are lost in sWorker at once: a disk is probably away', { lost });
}
