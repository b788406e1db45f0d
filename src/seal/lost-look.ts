import { orderKeyOf } from './order-key-of.ts';
import { emptyTally, readList, type ListTally } from './list-reader.ts';
import type { SealParts } from './ports.ts';

const page = 500;
/** More records than this that left the lost list are not asked about one by one: the full list tells them all. */
const askedAtMost = 100;

export interface LostLook {
  /** What the lost list showed; a full round counts on in it. */
  readonly tally: ListTally;
  /** The full list should be read now. */
  readonly wantsFullRound: boolean;
}

/** sWorker's lost list: files that became lost, and records of lost files that it no longer names. */
export async function lookAtLost(parts: SealParts, headBlock: number, signal: AbortSignal): Promise<LostLook> {
  const tally = emptyTally();
  await readList(parts, { files: parts.sworker.lostFiles(signal), state: 'lost' }, tally, headBlock, signal);
  let asked = 0;
  let afterId = 0;
  for (;;) {
    const rows = await parts.store.lost.page(afterId, page);
    const last = rows.at(-1);
    if (last === undefined) return { tally, wantsFullRound: false };
    afterId = last.pinId;
    for (const row of rows) {
      if (tally.seen.has(row.pinId)) continue;
      asked += 1;
      if (asked > askedAtMost) return { tally, wantsFullRound: true };
      await lookAtOne(parts, row, headBlock, signal);
    }
  }
}

async function lookAtOne(
  parts: SealParts,
  row: { readonly pinId: number; readonly cid: string; readonly lettingGo: boolean },
  headBlock: number,
  signal: AbortSignal,
): Promise<void> {
  const file = await parts.sworker.fileInfo(row.cid, signal);
  const nowMs = parts.clock.nowMs();
  if (file?.type === 'valid') {
    const none = { found: [], lost: [], seenAgain: [], handledOrders: [], closedOrders: [] };
    await parts.store.held.apply({ ...none, recovered: [row.pinId] }, { headBlock, nowMs }, parts.clock);
    parts.logger.info('A lost file is valid again', { cid: row.cid });
  } else if (file === undefined && row.lettingGo) {
    await parts.store.held.letGo({ pinId: row.pinId, key: orderKeyOf(row.cid), status: 'lost' }, nowMs);
  }
}
