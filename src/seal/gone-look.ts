import { atOnceLimit } from './at-once.ts';
import { IdSet } from '../lib/id-set.ts';
import { orderKeyOf } from './order-key-of.ts';
import type { SealParts } from './ports.ts';

/** A condition by this name stands while too many files are missing to be believed. */
const tooManyGone = 'files-missing';
const page = 4_000;
const sliceRows = 500;
/** Missing from this many full rounds in a row, a file is asked about. */
const roundsMissed = 2;

export interface GoneLook {
  readonly held: number;
  readonly lost: number;
  readonly missingAtOnce: number;
}

/**
 * After both lists were read to their ends: which held files did they not show? A few of them, missing twice and unknown to sWorker when asked,
 * are gone; many at once are a fault of sWorker or its disks, and nothing is done about them.
 * @param through the newest record when the lists were begun; later ones cannot have been looked for
 */
export async function lookForGone(
  parts: SealParts,
  seen: IdSet,
  through: number,
  headBlock: number,
  signal: AbortSignal,
): Promise<GoneLook> {
  const { conditions, store } = parts;
  const missing = new IdSet();
  const counts: Counts = { held: 0, lost: await store.pins.countLost(), missing: 0 };
  for await (const pinIds of heldIds(parts)) {
    counts.held += pinIds.length;
    for (const id of pinIds) {
      if (id > through || seen.has(id)) continue;
      counts.missing += 1;
      missing.add(id);
    }
  }
  if (counts.missing >= atOnceLimit(counts.held)) return tooMany(parts, counts, counts.missing);
  const gone = await goneAmong(parts, missing, signal);
  conditions.clear(tooManyGone);
  await letGo(parts, gone, headBlock);
  return { held: counts.held, lost: counts.lost, missingAtOnce: 0 };
}

interface Counts {
  held: number;
  lost: number;
  missing: number;
}

async function* heldIds(parts: SealParts): AsyncGenerator<readonly number[], void, undefined> {
  let afterCid: string | undefined = '';
  while (afterCid !== undefined) {
    const { pinIds, lastCid } = await parts.store.listing.heldPage(afterCid, page);
    yield pinIds;
    afterCid = lastCid;
  }
}

/** Those that were missing from a round before and that sWorker does not know by name either. */
async function goneAmong(parts: SealParts, missing: IdSet, signal: AbortSignal): Promise<IdSet> {
  const gone = new IdSet();
  for (const slice of missing.slices(sliceRows)) {
    const rows = await parts.store.listing.heldRows(slice);
    await parts.store.held.addMissed(slice);
    for (const row of rows.filter(({ missedRounds }) => missedRounds + 1 >= roundsMissed)) {
      const file = await parts.sworker.fileInfo(row.cid, signal);
      if (file === undefined) gone.add(row.pinId);
      else if (file.type !== 'pending') await parts.store.held.seenAgain(row.pinId);
    }
  }
  return gone;
}

/** Only when all of them were asked about: an sWorker that ends in the middle may have answered for files it had forgotten already. */
async function letGo(parts: SealParts, gone: IdSet, headBlock: number): Promise<void> {
  for (const slice of gone.slices(sliceRows)) {
    for (const row of await parts.store.listing.heldRows(slice)) {
      const file = { pinId: row.pinId, key: orderKeyOf(row.cid), status: row.status };
      const end = await parts.store.held.gone(file, { headBlock, nowMs: parts.clock.nowMs() });
      if (end !== 'not-ours-to-say') {
        parts.logger.warn('A held file is gone from sWorker without our doing', { cid: row.cid, order: end });
      }
    }
  }
}

function tooMany(parts: SealParts, counts: Counts, missing: number): GoneLook {
  const isNew = parts.conditions.raise(tooManyGone, {
    kind: 'wait',
    part: 'sworker',
    message: `${missing} of ${counts.held} held files are missing from sWorker at once: look at its disks and its log; nothing is done about them`,
    blocksReady: false,
  });
  if (isNew) parts.logger.error('Many held files are missing from sWorker at once', { missing, held: counts.held });
  return { held: counts.held, lost: counts.lost, missingAtOnce: missing };
}
