import chunk from 'lodash/chunk.js';
import type { GoneFile } from '../store/held-files.ts';
import type { HeldRow } from '../store/held-listing.ts';
import { atOnceLimit } from './at-once.ts';
import type { IdSet } from './id-set.ts';
import { orderKeyOf } from './order-key-of.ts';
import type { SealParts } from './ports.ts';

/** A condition by this name stands while too many files are missing to be believed. */
const tooManyGone = 'files-missing';
const page = 500;
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
  const { counts, missing } = await findMissing(parts, seen, through);
  const { conditions, store } = parts;
  if (missing.length >= atOnceLimit(counts.held)) return tooMany(parts, counts, counts.missing);
  for (const slice of chunk(missing, page)) await store.held.addMissed(slice.map((row) => row.pinId));
  const gone: GoneFile[] = [];
  for (const row of missing.filter(({ missedRounds }) => missedRounds + 1 >= roundsMissed)) {
    const file = await parts.sworker.fileInfo(row.cid, signal);
    if (file === undefined) gone.push({ pinId: row.pinId, key: orderKeyOf(row.cid), status: row.status });
    else if (file.type !== 'pending') await store.held.seenAgain(row.pinId);
  }
  conditions.clear(tooManyGone);
  for (const file of gone) {
    const end = await store.held.gone(file, { headBlock, nowMs: parts.clock.nowMs() });
    if (end !== 'not-ours-to-say') {
      parts.logger.warn('A held file is gone from sWorker without our doing', { cid: file.key.text, order: end });
    }
  }
  return { ...counts, missingAtOnce: 0 };
}

interface Counts {
  held: number;
  lost: number;
  missing: number;
}

async function findMissing(
  parts: SealParts,
  seen: IdSet,
  through: number,
): Promise<{ readonly counts: Counts; readonly missing: readonly HeldRow[] }> {
  const limit = atOnceLimit(await parts.store.pins.countHeld());
  const counts: Counts = { held: 0, lost: 0, missing: 0 };
  const missing: HeldRow[] = [];
  let afterCid = '';
  for (;;) {
    const rows = await parts.store.listing.page(afterCid, page);
    const last = rows.at(-1);
    if (last === undefined) return { counts, missing };
    afterCid = last.cid;
    for (const row of rows) {
      counts.held += 1;
      if (row.status === 'lost') counts.lost += 1;
      if (row.pinId > through || seen.has(row.pinId)) continue;
      counts.missing += 1;
      if (missing.length <= limit) missing.push(row);
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
