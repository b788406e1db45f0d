import type { InvariantView } from './invariant-view.ts';
import { ordersAt } from './invariants-outside.ts';
import { infoAt } from './invariants-world.ts';

/**
 * What is missing from the database although neither a gap nor the running walk can hide it: orders on chain now that were there before the first open gap,
 * unchanged since. Nothing before the first complete walk.
 */
export async function missingOldOrders(view: InvariantView, cursorBlock: number): Promise<string[]> {
  const { chain } = view;
  const [walk] = await view.rows<{ id: number }>("SELECT id FROM walk WHERE status = 'complete' LIMIT 1");
  if (walk === undefined) return [];
  const [gap] = await view.rows<{ fromBlock: number | null }>(
    'SELECT MIN(from_block) AS fromBlock FROM gap WHERE closed_walk IS NULL',
  );
  const untilBlock = Math.min(cursorBlock, (gap?.fromBlock ?? Infinity) - 1);
  const head = chain.finalized.number;
  const known = await view.rows<{ cid: string; status: string }>('SELECT cid, status FROM file_record');
  const statuses = new Map(known.map(({ cid, status }) => [cid, status]));
  return ordersAt(chain, head).flatMap((cid) => {
    const info = infoAt(chain, cid, head);
    // A close and a re-order, and a renewal too, have it calculated anew.
    if (info === undefined || info.calculatedAtBlock > untilBlock) return [];
    const status = statuses.get(cid);
    if (status !== undefined && status !== 'closed') return [];
    return [`${cid} is on chain since ${info.calculatedAtBlock} and ${status ?? 'not'} in the database`];
  });
}

/** An event has its effect once: no close begins two cleanups, and none by an event is there without its close. */
export async function doubledCloses({ rows, closes }: Pick<InvariantView, 'rows' | 'closes'>): Promise<string[]> {
  const cleanups = await rows<{ cid: string; block: number; times: number }>(
    "SELECT cid, seen_block AS block, COUNT(*) AS times FROM cleanup_record WHERE cause = 'event' GROUP BY cid, seen_block",
  );
  return cleanups.flatMap(({ cid, block, times }) => {
    if (times > 1) return [`the close of ${cid} at ${block} began ${times} cleanups`];
    if (closes === undefined || closes.get(cid)?.has(block) === true) return [];
    return [`${cid} has a cleanup by the event of a close at ${block}, and was not closed then`];
  });
}
