import { fromSortableText } from '../domain/amount.ts';
import type { GroupHold, Order, VerdictInputs } from '../domain/order.ts';
import type { OrderClass, OrderStatus } from '../domain/statuses.ts';
import type { Verdict } from '../domain/verdicts.ts';
import type { Reader, Tx } from './database.ts';

/** A row of `file_record` as the driver gives it, its group owner's address joined in. */
export interface OrderRow {
  id: number;
  key_position: number;
  cid: string;
  seen: number;
  size_bytes: number;
  reward_pico: string;
  calculated_block: number;
  expiry_block: number;
  replicas: number;
  group_hold: GroupHold;
  group_owner: string | null;
  success_block: number | null;
  read_block: number;
  created_block: number;
  class: OrderClass;
  status: OrderStatus;
  verdict: Verdict | null;
  verdict_inputs: string | null;
  basis_id: number | null;
  decided_block: number | null;
  look_block: number | null;
  look_count: number;
  turn_block: number | null;
  attempts: number;
  gone_count: number;
  oversize: number;
  draw: number | null;
  revise: number;
}

/** The same as a text, for statements that are repeated so often that building them would cost more than running them. */
export const selectOrdersSql = `SELECT file_record.*, account.address AS group_owner FROM file_record
  LEFT JOIN account ON account.id = file_record.group_owner_id`;

/** A query for whole orders; add conditions on `file_record.*`. */
export function selectOrders(source: Reader | Tx) {
  return source<OrderRow>('file_record')
    .leftJoin('account', 'account.id', 'file_record.group_owner_id')
    .select<OrderRow[]>('file_record.*', { group_owner: 'account.address' });
}

export function toOrder(row: OrderRow): Order {
  return {
    id: row.id,
    key: { text: row.cid, position: row.key_position },
    seen: row.seen,
    sizeBytes: row.size_bytes,
    rewardPico: fromSortableText(row.reward_pico),
    calculatedBlock: row.calculated_block,
    expiryBlock: row.expiry_block,
    replicas: row.replicas,
    groupHold: row.group_hold,
    groupOwner: row.group_owner,
    successBlock: row.success_block,
    readBlock: row.read_block,
    createdBlock: row.created_block,
    orderClass: row.class,
    status: row.status,
    verdict: row.verdict,
    verdictInputs: row.verdict_inputs === null ? null : (JSON.parse(row.verdict_inputs) as VerdictInputs),
    basisId: row.basis_id,
    decidedBlock: row.decided_block,
    lookBlock: row.look_block,
    lookCount: row.look_count,
    turnBlock: row.turn_block,
    attempts: row.attempts,
    goneCount: row.gone_count,
    oversize: row.oversize === 1,
    draw: row.draw,
    revise: row.revise === 1,
  };
}

/** The id of an address in `account`, made when it is new. */
export async function accountId(tx: Tx, address: string): Promise<number> {
  const rows: { id: number }[] = await tx.raw(
    'INSERT INTO account (address) VALUES (?) ON CONFLICT (address) DO UPDATE SET address = excluded.address RETURNING id',
    [address],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('SQLite returned no id for an account');
  return row.id;
}
