import partition from 'lodash/partition.js';
import { toSortableText } from '../../../src/domain/amount.ts';
import { byPosition } from './made-cids.ts';
import {
  madeBasis,
  madeHeadBlock,
  madeOrder,
  payerAddress,
  payingAccounts,
  type MadeOrder,
  type MadeShares,
} from './made-orders.ts';
import type { RawConnection } from './raw.ts';

const batchRows = 2000;
/** Unix ms of `madeHeadBlock`. */
export const madeNowMs = 1_790_000_000_000;
const dayMs = 86_400_000;
const groupOwnerId = payingAccounts + 1;

const orderColumns = [
  'id',
  'key_position',
  'cid',
  'seen',
  'size_bytes',
  'reward_pico',
  'calculated_block',
  'expiry_block',
  'replicas',
  'group_hold',
  'group_owner_id',
  'success_block',
  'read_block',
  'created_block',
  'class',
  'status',
  'verdict',
  'verdict_inputs',
  'basis_id',
  'decided_block',
  'look_block',
  'look_count',
  'turn_block',
  'attempts',
  'draw',
];

const insertOrders = `INSERT INTO file_record (${orderColumns.join(', ')})
  SELECT ${orderColumns.map((_, at) => `value ->> ${at}`).join(', ')} FROM jsonb_each(?)`;
const insertOwners = `INSERT INTO file_owner (file_id, account_id, memo)
  SELECT value ->> 0, value ->> 1, CAST(value ->> 2 AS BLOB) FROM json_each(?)`;

// What a node holds, or once tried to: the numbers below are shares of the orders it has handled.
const heldRecords = `
  INSERT INTO pin_record (cid, size_bytes, status, cause, class, attempt, started_ms, started_block, updated_ms, ended_ms, sealed_ms, sealed_block,
    blocks, sealed_bytes, end_reason, counts_as_attempt, pinned_before, lost_block)
  SELECT cid, size_bytes, CASE id % 997 WHEN 0 THEN 'lost' ELSE 'sealed' END, CASE id % 5 WHEN 0 THEN 'found' ELSE 'pull' END, class, 1,
    at - 600000, :head - 500000 + id % 400000, at, at, at, :head - 499900 + id % 400000, size_bytes / 262144, size_bytes * 1.02, 'sealed', 0, 0,
    CASE id % 997 WHEN 0 THEN :head - 3000 END
  FROM (SELECT *, :now - (id % 180) * ${dayMs} - 1000 AS at FROM file_record WHERE status = 'handled')`;
const endedRecords = `
  INSERT INTO pin_record (cid, size_bytes, status, cause, class, attempt, started_ms, started_block, updated_ms, ended_ms, end_reason, end_detail,
    counts_as_attempt, pinned_before)
  SELECT cid, size_bytes, CASE id % 3 WHEN 0 THEN 'interrupted' ELSE 'failed' END, 'pull', class, 1, at - 600000, :head - 500000, at, at, 'stall',
    'no block for 30 minutes', 1, 0
  FROM (SELECT *, :now - (id % 200) * ${dayMs} - 1000 AS at FROM file_record WHERE status = 'failed' OR (status = 'handled' AND id % 5 = 1))`;
const cleanupRecords = `
  INSERT INTO cleanup_record (cid, status, cause, seen_block, seen_end_point, confirmed_block, due_block, detail, created_ms, updated_ms)
  SELECT cid, CASE id % 20 WHEN 0 THEN 'confirmed' WHEN 1 THEN 'cancelled' ELSE 'done' END, 'event', read_block, 'ws://127.0.0.1:19944',
    read_block + 20, read_block + 14420, 'sWorker deleted it', at, at
  FROM (SELECT *, :now - (id % 180) * ${dayMs} AS at FROM file_record WHERE status = 'closed' AND id % 3 = 0)`;
const recounts = [
  `INSERT INTO tally (status, verdict, class, orders, bytes)
   SELECT status, COALESCE(verdict, ''), class, COUNT(*), SUM(MIN(size_bytes, 1099511627776)) FROM file_record GROUP BY 1, 2, 3`,
  "INSERT INTO record_tally (record, status, records, bytes) SELECT 'pin', status, COUNT(*), SUM(size_bytes) FROM pin_record WHERE status <> 'running' GROUP BY status",
  "INSERT INTO record_tally (record, status, records) SELECT 'cleanup', status, COUNT(*) FROM cleanup_record GROUP BY status",
];

interface SchemaPart {
  readonly name: string;
  readonly type: 'index' | 'trigger';
  readonly tbl_name: string;
  readonly sql: string;
}

/** Their rows come one at a time, in no order of their keys. */
const livedTables = ['pin_record', 'cleanup_record'];

/** Fills a database of the product's own schema that nobody has open. A write that is cut short leaves a file of no use. */
export async function fillDatabase(
  connection: RawConnection,
  orders: number,
  shares: MadeShares,
  signal: AbortSignal,
): Promise<void> {
  for (const pragma of ['journal_mode = OFF', 'synchronous = OFF', 'cache_size = -262144', 'locking_mode = EXCLUSIVE'])
    await connection.all(`PRAGMA ${pragma}`);
  // Indices are made at the end, triggers would count every row twice.
  const made = await connection.all<SchemaPart>(
    "SELECT name, type, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN ('index', 'trigger')",
  );
  for (const { name, type } of made) await connection.all(`DROP ${type} ${name}`);
  await connection.all('BEGIN');
  await common(connection);
  const indices = byPosition(orders);
  for (let from = 0; from < orders; from += batchRows) {
    signal.throwIfAborted();
    const batch = Array.from(indices.subarray(from, from + batchRows), (index, at) =>
      madeOrder(index, from + at, orders, shares),
    );
    await connection.all(insertOrders, [JSON.stringify(batch.map(toColumns))]);
    await connection.all(insertOwners, [JSON.stringify(batch.flatMap(ownersOf))]);
  }
  // An index made at the end is full to the brim: every later record would split a page of it, which after months of single records it does not.
  const [early, late] = partition(made, ({ type, tbl_name: table }) => type === 'index' && livedTables.includes(table));
  for (const { sql } of early) await connection.all(sql);
  for (const sql of [heldRecords, endedRecords, cleanupRecords]) {
    const named = sql.replaceAll(':head', String(madeHeadBlock)).replaceAll(':now', String(madeNowMs));
    await connection.all(named);
  }
  for (const sql of recounts) await connection.all(sql);
  for (const { sql } of late) {
    signal.throwIfAborted();
    await connection.all(sql);
  }
  await connection.all('COMMIT');
}

async function common(connection: RawConnection): Promise<void> {
  const accounts = Array.from({ length: payingAccounts }, (_, payer) => payerAddress(payer));
  await connection.all('INSERT INTO account (id, address) SELECT key + 1, value FROM json_each(?)', [
    JSON.stringify([...accounts, madeBasis.groupOwner]),
  ]);
  await connection.all('INSERT INTO decision_basis (id, content, created_ms) VALUES (1, ?, ?)', [
    JSON.stringify(madeBasis),
    madeNowMs,
  ]);
  const at = { atBlock: madeHeadBlock, atMs: madeNowMs };
  const facts = {
    'chain-time': { ...at, blockTimestampMs: madeNowMs, specVersion: 25 },
    'event-cursor': { block: madeHeadBlock },
    'active-nodes': { ...at, count: madeBasis.nodeCount },
    'node-count-in-use': { count: madeBasis.nodeCount, sinceBlock: madeHeadBlock - 5000 },
    revision: {
      basisId: 1,
      done: true,
      fromRule: null,
      draws: [],
      afterId: 0,
      throughId: 0,
    },
  };
  await connection.all('INSERT INTO config (name, content) SELECT key, value FROM json_each(?)', [
    JSON.stringify(Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, JSON.stringify(fact)]))),
  ]);
  await connection.all(
    `INSERT INTO walk (status, reason, reads_all, group_owner, anchor_block, oldest_page_block, newest_page_block, cursor, orders, pages, started_ms, ended_ms)
     VALUES ('complete', 'first', 1, ?, ?, ?, ?, '', 0, 0, ?, ?)`,
    [
      madeBasis.groupOwner,
      ...Array.from({ length: 3 }, () => madeHeadBlock - 1000),
      madeNowMs - 7_200_000,
      madeNowMs - 6_000_000,
    ],
  );
}

function toColumns(order: MadeOrder): readonly unknown[] {
  const isDecided = order.verdict !== null;
  return [
    order.id,
    order.key.position,
    order.key.text,
    order.seen,
    order.sizeBytes,
    toSortableText(order.rewardPico),
    order.calculatedBlock,
    order.expiryBlock,
    order.replicas,
    order.groupHold,
    groupOwnerId,
    order.successBlock,
    order.readBlock,
    order.successBlock ?? madeHeadBlock - 500_000,
    order.orderClass,
    order.status,
    order.verdict,
    order.inputs,
    isDecided ? 1 : null,
    isDecided ? order.readBlock + 1 : null,
    order.lookBlock,
    order.lookCount,
    order.turnBlock,
    order.status === 'failed' ? 5 : 0,
    order.draw,
  ];
}

function ownersOf(order: MadeOrder): readonly unknown[][] {
  return order.payers.map((payer) => [order.id, payer + 1, `folder/file-${order.id}.bin`]);
}
