import type { DecidableOrder } from '../domain/decision.ts';
import type { OrderKey } from '../domain/order.ts';
import type { RuleVerdict } from '../domain/verdicts.ts';
import type { Reader, Tx } from './database.ts';
import { decidableRow, toDecidable, type DecidableRow } from './decidable-row.ts';

/** An order of any status, as far as the rules look at it. */
export type RuleOrder = Omit<DecidableOrder, 'status'>;

/** A row that a look by time has come for. */
export interface DueOrder {
  readonly id: number;
  readonly key: OrderKey;
}

// One text for the whole list: the driver takes several times as long to hand the same columns over one by one.
async function list(reader: Reader | Tx, rest: string, bindings: (string | number)[]): Promise<DecidableOrder[]> {
  const rows: { orders: string | null }[] = await reader.raw(
    `SELECT group_concat(entry) AS orders FROM (SELECT ${decidableRow} AS entry FROM file_record f ${rest})`,
    bindings,
  );
  const orders = JSON.parse(`[${rows[0]?.orders ?? ''}]`) as DecidableRow[];
  return orders.map(toDecidable);
}

/** Orders nobody decided yet, but those whose copy is being deleted: they are decided when that has ended. */
export async function listUndecided(reader: Reader | Tx, limit: number): Promise<DecidableOrder[]> {
  return await list(
    reader,
    `WHERE f.status = 'new' AND NOT EXISTS (
       SELECT 1 FROM cleanup_record c WHERE c.cid = f.cid AND c.status = 'deleting')
     ORDER BY f.id LIMIT ?`,
    [limit],
  );
}

/** Waiting and queued orders marked because what their verdict rests on changed. */
export async function listMarked(reader: Reader | Tx, limit: number): Promise<DecidableOrder[]> {
  return await list(reader, `WHERE f.revise = 1 AND f.status IN ('waiting', 'queued') ORDER BY f.id LIMIT ?`, [limit]);
}

/** Whether an order carries a mark that nobody will decide by: it is pulled, failed or closed. */
export async function hasIdleMark(reader: Reader | Tx): Promise<boolean> {
  const rows: unknown[] = await reader.raw(
    `SELECT 1 FROM file_record WHERE revise = 1 AND status IN ('handled', 'failed', 'closed') LIMIT 1`,
  );
  return rows.length > 0;
}

/** Orders that have one of the verdicts, or a draw in one of the ranges, [from, to). */
export interface RevisedOrders {
  readonly verdicts: readonly RuleVerdict[];
  readonly draws: readonly (readonly [number, number])[];
}

/** Such of the waiting and queued orders, by id, among the rows above `afterId` up to `throughId`; the first `limit` of them. */
export async function listInRange(
  reader: Reader | Tx,
  range: { readonly afterId: number; readonly throughId: number },
  { verdicts, draws }: RevisedOrders,
  limit: number,
): Promise<DecidableOrder[]> {
  const drawn = draws.map(() => ' OR (f.draw >= ? AND f.draw < ?)').join('');
  return await list(
    reader,
    `WHERE f.id > ? AND f.id <= ? AND +f.status IN ('waiting', 'queued')
       AND (f.verdict IN (SELECT value FROM json_each(?))${drawn})
     ORDER BY f.id LIMIT ?`,
    [range.afterId, range.throughId, JSON.stringify(verdicts), ...draws.flat(), limit],
  );
}

/** Those of the orders that are still waiting or queued. */
export async function listStanding(reader: Reader | Tx, ids: readonly number[]): Promise<DecidableOrder[]> {
  return await list(reader, `WHERE f.id IN (SELECT value FROM json_each(?)) AND +f.status IN ('waiting', 'queued')`, [
    JSON.stringify(ids),
  ]);
}

/** Orders of any status, those of them that are there. */
export async function listRuleOrders(reader: Reader | Tx, ids: readonly number[]): Promise<readonly RuleOrder[]> {
  return await list(reader, 'WHERE f.id IN (SELECT value FROM json_each(?))', [JSON.stringify(ids)]);
}

/** An order of any status. */
export async function findRuleOrder(reader: Reader | Tx, id: number): Promise<RuleOrder | undefined> {
  return (await listRuleOrders(reader, [id]))[0];
}

/** Waiting and queued orders whose look or turn has come: at most `limit` of each, the longest due first. */
export async function listDue(reader: Reader | Tx, headBlock: number, limit: number): Promise<DueOrder[]> {
  const due = new Map<number, DueOrder>();
  // Two statements and not one UNION, which would sort both halves through a temporary tree.
  for (const column of ['look_block', 'turn_block']) {
    const rows: { id: number; cid: string; key_position: number }[] = await reader.raw(
      `SELECT id, cid, key_position FROM file_record
       WHERE ${column} <= ? AND status IN ('waiting', 'queued') ORDER BY ${column} LIMIT ?`,
      [headBlock, limit],
    );
    for (const row of rows) due.set(row.id, { id: row.id, key: { text: row.cid, position: row.key_position } });
  }
  return [...due.values()];
}

/** The owners known of each order, by its id; orders without one are left out. */
export async function ownersOf(
  reader: Reader | Tx,
  ids: readonly number[],
): Promise<Map<number, { address: string; memo: Uint8Array | null }[]>> {
  const rows: { file_id: number; address: string; memo: Uint8Array | null }[] = await reader.raw(
    `SELECT o.file_id, a.address, o.memo FROM json_each(?) j
     CROSS JOIN file_owner o ON o.file_id = j.value CROSS JOIN account a ON a.id = o.account_id`,
    [JSON.stringify(ids)],
  );
  const owners = new Map<number, { address: string; memo: Uint8Array | null }[]>();
  for (const { file_id: id, address, memo } of rows) {
    const known = owners.get(id);
    if (known === undefined) owners.set(id, [{ address, memo }]);
    else known.push({ address, memo });
  }
  return owners;
}

export async function newestOrderId(reader: Reader | Tx): Promise<number> {
  const rows: { id: number | null }[] = await reader.raw('SELECT MAX(id) AS id FROM file_record');
  return rows[0]?.id ?? 0;
}
