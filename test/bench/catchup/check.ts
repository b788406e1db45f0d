import path from 'node:path';
import { parseAccount } from '../../../src/domain/account.ts';
import { databaseFileName } from '../../../src/store/database.ts';
import { RawConnection } from '../database/raw.ts';
import { memoOf } from './block-body.ts';
import type { ChainShape } from './block-mix.ts';
import type { Expected } from './expected.ts';

interface OrderRow {
  readonly cid: string;
  readonly status: string;
  readonly verdict: string | null;
  readonly success_block: number | null;
  readonly read_block: number;
  readonly look_block: number | null;
}

/** Whether the tables say what happened on chain; throws what they say otherwise. */
export async function check(dataDir: string, shape: ChainShape, expected: Expected, cursor: number): Promise<void> {
  const head = shape.firstBlock + shape.blocks - 1;
  if (cursor !== head) throw new Error(`the bot got to ${cursor} instead of ${head}`);
  const database = await RawConnection.open(path.join(dataDir, databaseFileName));
  try {
    const rows = await database.all<OrderRow>(
      'SELECT cid, status, verdict, success_block, read_block, look_block FROM file_record WHERE read_block >= ?1 OR success_block >= ?1 OR look_block >= ?1',
      [shape.firstBlock],
    );
    checkOrders(rows, shape, expected);
    await checkCloses(database, rows, expected);
    checkLooks(rows, expected);
    await checkRereads(database, expected);
    await checkOwners(database, shape, expected);
  } finally {
    await database.close();
  }
}

function checkOrders(rows: readonly OrderRow[], shape: ChainShape, { orderedAt }: Expected): void {
  const ordered = rows.filter((row) => (row.success_block ?? 0) >= shape.firstBlock);
  const wrong = ordered.filter((row) => orderedAt.get(row.cid) !== row.success_block);
  if (ordered.length !== orderedAt.size || wrong.length > 0)
    throw new Error(`${ordered.length} orders of ${orderedAt.size}, ${wrong.length} of another block`);
}

/** Pulling and handled ones wait for a second read. */
async function checkCloses(database: RawConnection, rows: readonly OrderRow[], { closed }: Expected): Promise<void> {
  const cleanups = await database.all<{ readonly cid: string }>(
    "SELECT cid FROM cleanup_record WHERE status IN ('seen', 'confirmed', 'deleting')",
  );
  const done = new Set(cleanups.map(({ cid }) => cid));
  for (const { cid, status } of rows) if (status === 'closed') done.add(cid);
  const before = await database.all<{ readonly cid: string }>("SELECT cid FROM file_record WHERE status = 'closed'");
  for (const { cid } of before) done.add(cid);
  const missing = [...closed].filter((cid) => !done.has(cid));
  if (closed.size === 0 || missing.length > 0) throw new Error(`${missing.length} of ${closed.size} closes missed`);
}

function checkLooks(rows: readonly OrderRow[], { replicasAt }: Expected): void {
  const counted = rows.filter(
    ({ status, verdict }) =>
      status === 'waiting' && ['few-replicas', 'many-replicas', 'group-has-it'].includes(verdict ?? ''),
  );
  const touched = counted.filter((row) => (replicasAt.get(row.cid) ?? 0) > row.read_block);
  const late = touched.filter((row) => (row.look_block ?? Infinity) > (replicasAt.get(row.cid) ?? 0));
  if (touched.length === 0 || late.length > 0)
    throw new Error(`${late.length} of ${touched.length} orders whose copies were reported are looked at too late`);
}

async function checkRereads(database: RawConnection, { replicasAt }: Expected): Promise<void> {
  const open = await database.all<{ readonly cid: string; readonly read_block: number; readonly reread_block: number }>(
    "SELECT cid, read_block, reread_block FROM file_record WHERE status <> 'closed'",
  );
  const named = open.filter((row) => (replicasAt.get(row.cid) ?? 0) > row.read_block);
  const unmarked = named.filter((row) => row.reread_block < (replicasAt.get(row.cid) ?? 0));
  if (named.length === 0 || unmarked.length > 0)
    throw new Error(
      `${unmarked.length} of ${named.length} orders whose copies were reported are not read by the next walk`,
    );
}

async function checkOwners(database: RawConnection, shape: ChainShape, { paidAt }: Expected): Promise<void> {
  const owners = await database.all<{ readonly cid: string; readonly address: string; readonly memo: Buffer | null }>(
    `SELECT cid, address, memo FROM file_owner JOIN file_record ON file_record.id = file_id JOIN account ON account.id = account_id
     WHERE success_block >= ?`,
    [shape.firstBlock],
  );
  let found = 0;
  for (const { cid, address, memo } of owners) {
    const block = paidAt.get(`${cid} ${parseAccount(address).publicKeyHex}`);
    if (block === undefined) continue;
    found += 1;
    if (memo?.toString('utf8') !== memoOf(block)) throw new Error(`the memo of ${cid} is not that of block ${block}`);
  }
  if (found !== paidAt.size) throw new Error(`${found} payers of ${paidAt.size}`);
}
