import { rederive } from '../../src/decide/rederive.ts';
import type { OrderStatus } from '../../src/domain/statuses.ts';
import type { DecisionBasis } from '../../src/domain/strategy.ts';
import { pickVerdicts } from '../../src/domain/verdicts.ts';
import { type OrderRow, toOrder } from '../../src/store/order-row.ts';
import type { InvariantView } from './invariant-view.ts';
import {
  brokenDeletions,
  filesLeft,
  grownTimers,
  ordersAt,
  printedSecrets,
  tooManyInADay,
  wrongExits,
} from './invariants-outside.ts';
import { doubledCloses, missingOldOrders } from './invariants-index.ts';
import {
  contradictions,
  givenUpEarly,
  ordersNotTaken,
  pulledInVain,
  staleCleanups,
  staleFigures,
  untrueRecords,
  untrueVerdicts,
} from './invariants-world.ts';

const takenStatuses: readonly OrderStatus[] = ['queued', 'pulling', 'failed'];
/** Claims ahead of their slots may exceed them by half. */
const claimedAhead = 1.5;

export interface Settled {
  readonly isSettled?: boolean;
  readonly isCleanedUp?: boolean;
  readonly liesSeldom?: boolean;
}

/**
 * What must hold whenever the bot is at rest, whatever happened; an empty list when it does. `isSettled`: everybody has been reachable for so long
 * that nothing may be open: the database has caught up with the finalized head, by event and by walk. `isCleanedUp`: for so long that no close waits for its
 * second walk or its grace either. `liesSeldom`: no node of the chain says the same untruth three times.
 */
export async function brokenInvariants(
  view: InvariantView,
  { isSettled = false, isCleanedUp = false, liesSeldom = false }: Settled = {},
): Promise<readonly string[]> {
  const found = await Promise.all([
    brokenIndex(view, isSettled),
    doubledCloses(view),
    brokenPulls(view),
    brokenVerdicts(view),
    brokenTally(view),
    brokenMoves(view),
    idleTurns(view),
    brokenDeletions(view),
    isSettled ? waitingRecords(view) : [],
    isCleanedUp ? filesLeft(view) : [],
    staleFigures(view),
    staleCleanups(view),
    givenUpEarly(view),
    untrueVerdicts(view),
    liesSeldom ? contradictions(view) : [],
    isCleanedUp ? ordersNotTaken(view) : [],
    isCleanedUp ? untrueRecords(view) : [],
  ]);
  const outside = [wrongExits(view), grownTimers(view), printedSecrets(view), pulledInVain(view), tooManyInADay(view)];
  return [...view.seen, ...outside.flat(), ...found.flat()];
}

interface Indexed {
  readonly cid: string;
  readonly status: OrderStatus;
  readonly readBlock: number;
}

/** Every order on chain is in the database, or inside a gap or the running walk; and in it as what it is. */
async function brokenIndex(view: InvariantView, isSettled: boolean): Promise<string[]> {
  const [cursor, open] = await Promise.all([
    view.rows<{ block: number }>(
      "SELECT json_extract(content, '$.block') AS block FROM config WHERE name = 'event-cursor'",
    ),
    view.rows("SELECT 1 FROM gap WHERE closed_walk IS NULL UNION ALL SELECT 1 FROM walk WHERE status = 'running'"),
  ]);
  const finalized = view.chain.finalized.number;
  const atBlock = cursor[0]?.block;
  const broken: string[] = [];
  if (isSettled && (atBlock === undefined || finalized - atBlock > 1)) {
    broken.push(`the events are indexed up to ${atBlock ?? 'nowhere'}, the head is ${finalized}`);
  }
  if (isSettled && open.length > 0) broken.push('a gap or a walk is open although everything is settled');
  const block = view.chain.history.at(atBlock ?? -1);
  if (atBlock !== undefined && open.length > 0) return [...broken, ...(await missingOldOrders(view, atBlock))];
  if (block === undefined || !view.chain.history.hasState(block)) return broken;
  const rows = await view.rows<Indexed>('SELECT cid, status, read_block AS readBlock FROM file_record');
  const known = new Map(rows.map(({ cid, status }) => [cid, status]));
  const readAt = new Map(rows.map(({ cid, readBlock }) => [cid, readBlock]));
  const live = new Set(ordersAt(view.chain, block.number));
  for (const cid of live) {
    const status = known.get(cid);
    if (status === undefined) broken.push(`${cid} is on chain at ${block.number} and not in the database`);
    // Walks may be ahead of the events, and have seen it gone: then the chain of that block is the judge.
    const judgedAt = Math.max(block.number, readAt.get(cid) ?? 0);
    if (status === 'closed' && ordersAt(view.chain, judgedAt).includes(cid)) {
      broken.push(`${cid} is on chain at ${judgedAt} and closed in the database`);
    }
  }
  if (!isSettled) return broken;
  const closing = await view.rows<{ cid: string }>(
    "SELECT cid FROM cleanup_record WHERE status IN ('seen', 'confirmed', 'deleting') UNION SELECT f.cid FROM absence a JOIN file_record f ON f.id = a.file_id",
  );
  const isClosing = new Set(closing.map(({ cid }) => cid));
  for (const [cid, status] of known) {
    if (status !== 'closed' && !live.has(cid) && !isClosing.has(cid)) {
      broken.push(`${cid} is ${status} in the database and not on chain at ${block.number}`);
    }
  }
  return broken;
}

/** No CID is pulled twice at once, every pull has a record, and orders that are pulling and running records belong together. */
async function brokenPulls(view: InvariantView): Promise<string[]> {
  const broken: string[] = [];
  const running = await view.rows<{ cid: string }>("SELECT cid FROM pin_record WHERE status = 'running'");
  const pulling = await view.rows<{ cid: string }>("SELECT cid FROM file_record WHERE status = 'pulling'");
  const recorded = new Set(running.map(({ cid }) => cid));
  const claimed = new Set(pulling.map(({ cid }) => cid));
  for (const cid of claimed) if (!recorded.has(cid)) broken.push(`${cid} is pulling without a running record`);
  for (const cid of recorded) if (!claimed.has(cid)) broken.push(`${cid} has a running record and is not pulling`);
  const most = Math.ceil((view.maxPendingTasks ?? Infinity) * claimedAhead);
  if (recorded.size > most) broken.push(`${recorded.size} records run, more than ${most}`);
  for (const cid of view.pulling)
    if (view.isBotUp && !recorded.has(cid)) broken.push(`${cid} is pulled without a record`);
  return [...broken, ...(await pullsWithoutRecords(view))];
}

/** Every pull that was begun has a record. */
export async function pullsWithoutRecords({
  rows,
  pullsBegun,
}: Pick<InvariantView, 'rows' | 'pullsBegun'>): Promise<string[]> {
  if (pullsBegun === undefined) return [];
  const records = await rows<{ cid: string; pulls: number }>(
    "SELECT cid, SUM(1 + repinned) AS pulls FROM pin_record WHERE cause = 'pull' GROUP BY cid",
  );
  const counts = new Map(records.map(({ cid, pulls }) => [cid, pulls]));
  return [...pullsBegun].flatMap(([cid, begun]) => {
    const pulls = counts.get(cid) ?? 0;
    return begun > pulls ? [`${cid} was pulled ${begun} times and has ${pulls} records`] : [];
  });
}

/** When nothing has happened for long every record that runs has its pull. */
async function waitingRecords(view: InvariantView): Promise<string[]> {
  const { pulling, isBotUp } = view;
  if (!isBotUp) return [];
  const running = await view.rows<{ cid: string }>("SELECT cid FROM pin_record WHERE status = 'running'");
  return running
    .filter(({ cid }) => !pulling.includes(cid))
    .map(({ cid }) => `${cid} has a record and nobody pulls it`);
}

/**
 * Every verdict can be derived again from what is stored, and none that time or a retry changes is for ever. A verdict binds no order that is pulled or held, so of these
 * only those are looked at whose figures are not newer than it.
 */
async function brokenVerdicts(view: InvariantView): Promise<string[]> {
  const rows = await view.rows<OrderRow>(
    `SELECT f.*, a.address AS group_owner FROM file_record f LEFT JOIN account a ON a.id = f.group_owner_id
     WHERE f.decided_block IS NOT NULL AND (f.status IN ('waiting', 'queued') AND f.revise = 0
       OR f.status IN ('pulling', 'handled', 'failed') AND f.verdict IS NOT NULL AND f.read_block <= f.decided_block)`,
  );
  const stored = await view.rows<{ id: number; content: string }>('SELECT id, content FROM decision_basis');
  const bases = new Map(stored.map(({ id, content }) => [id, JSON.parse(content) as DecisionBasis]));
  const broken: string[] = [];
  for (const row of rows) {
    const basis = bases.get(row.basis_id ?? -1);
    const again = basis === undefined ? withoutBasis(row) : rederive(toOrder(row), basis)?.verdict;
    const isOfPick = (pickVerdicts as readonly (string | null)[]).includes(row.verdict);
    if (again !== (isOfPick ? 'take' : row.verdict)) {
      broken.push(`${row.cid} is ${row.verdict ?? 'undecided'}, derived again ${again ?? 'nothing'}`);
    }
    const { status, verdict } = row;
    // A held one may have been found, whatever was said of it.
    if (status !== 'handled' && (verdict === 'take') !== takenStatuses.includes(status)) {
      broken.push(`${row.cid} is ${status} with ${verdict}`);
    }
    if (status !== 'waiting' && status !== 'queued') continue;
    const isDated = row.verdict === 'few-replicas' || row.verdict === 'no-space';
    if (isDated && row.look_block === null) broken.push(`${row.cid} is ${row.verdict} without a next look`);
    if (row.turn_block === null && row.verdict !== 'bad-cid') broken.push(`${row.cid} is ${row.verdict} for ever`);
  }
  return broken;
}

/** Given by the seal room when the file is gone a second time: it rests on that count alone. */
function withoutBasis({ gone_count: goneCount }: OrderRow): string | undefined {
  return goneCount < 2 ? undefined : 'removed-by-hand';
}

async function brokenTally(view: InvariantView): Promise<string[]> {
  const rows = await view.rows<{ status: string; verdict: string; class: string; orders: number; bytes: number }>(
    `SELECT status, verdict, class, SUM(orders) AS orders, SUM(bytes) AS bytes FROM (
       SELECT status, verdict, class, orders, bytes FROM tally
       UNION ALL
       SELECT status, COALESCE(verdict, ''), class, -COUNT(*), -SUM(MIN(size_bytes, 1099511627776)) FROM file_record GROUP BY 1, 2, 3)
     GROUP BY 1, 2, 3 HAVING SUM(orders) <> 0 OR SUM(bytes) <> 0`,
  );
  return rows.map((row) => `the tally of ${row.status} ${row.verdict} ${row.class} is ${row.orders} orders too many`);
}

/** A handled order is held, and a held file's order is handled, or on its way to be. */
async function brokenMoves(view: InvariantView): Promise<string[]> {
  const rows = await view.rows<{ cid: string; status: string }>(
    `SELECT f.cid, f.status FROM file_record f
     WHERE f.status = 'handled'
       AND NOT EXISTS (SELECT 1 FROM pin_record p WHERE p.cid = f.cid AND p.status IN ('sealed', 'lost'))`,
  );
  return rows.map(({ cid }) => `${cid} is handled without a held record`);
}

/** Every look at the turns that have come would go past these again. */
async function idleTurns(view: InvariantView): Promise<string[]> {
  const rows = await view.rows<{ cid: string; status: string }>(
    "SELECT cid, status FROM file_record WHERE turn_block IS NOT NULL AND status IN ('handled', 'failed', 'closed')",
  );
  return rows.map(({ cid, status }) => `${cid} is ${status} and has a turn`);
}
