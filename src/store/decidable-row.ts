import type { DecidableOrder } from '../domain/decision.ts';
import { groupHolds, type GroupHold } from '../domain/order.ts';
import type { OrderClass } from '../domain/statuses.ts';
import type { Verdict } from '../domain/verdicts.ts';
import { drawUnits } from './draw-units.ts';

/** What `toDecidable` takes apart again, in this order. */
const columns = [
  'f.id',
  'f.cid',
  'f.size_bytes',
  'f.calculated_block',
  'f.expiry_block',
  'f.replicas',
  'f.group_hold',
  `CASE f.group_hold WHEN ${groupHolds.no} THEN NULL ELSE (SELECT a.address FROM account a WHERE a.id = f.group_owner_id) END`,
  'f.success_block',
  'f.gone_count',
  'f.oversize',
  `CAST(f.draw * ${drawUnits}.0 AS INTEGER)`,
  'f.status',
  'f.verdict',
  'f.verdict_inputs',
  'f.class',
  'f.look_block',
  'f.look_count',
  'f.turn_block',
  'f.revise',
  'f.read_block',
  `CASE f.group_hold WHEN ${groupHolds.ownAccount} THEN EXISTS (
    SELECT 1 FROM pin_record p WHERE p.cid = f.cid AND p.status IN ('sealed', 'lost')) ELSE 0 END`,
];
/** A row of `file_record` (`f`) as one JSON array. */
export type DecidableRow = readonly [
  id: number,
  cid: string,
  sizeBytes: number,
  calculatedBlock: number,
  expiryBlock: number,
  replicas: number,
  groupHold: GroupHold,
  groupOwner: string | null,
  successBlock: number | null,
  goneCount: number,
  oversize: number,
  drawUnits: number | null,
  status: DecidableOrder['status'],
  verdict: Verdict | null,
  inputs: string | null,
  orderClass: OrderClass,
  lookBlock: number | null,
  lookCount: number,
  turnBlock: number | null,
  revise: number,
  readBlock: number,
  held: number,
];
export const decidableRow = `json_array(${columns.join(', ')})`;

// By place and field by field: names in the text and spreads of so many fields cost more than the reading.
export function toDecidable(row: DecidableRow): DecidableOrder {
  const draw = row[11];
  return {
    id: row[0],
    key: { text: row[1] },
    sizeBytes: row[2],
    calculatedBlock: row[3],
    expiryBlock: row[4],
    replicas: row[5],
    groupHold: row[6],
    groupOwner: row[7],
    successBlock: row[8],
    goneCount: row[9],
    oversize: row[10] === 1,
    draw: draw === null ? null : draw / drawUnits,
    status: row[12],
    verdict: row[13],
    inputs: row[14],
    orderClass: row[15],
    lookBlock: row[16],
    lookCount: row[17],
    turnBlock: row[18],
    revise: row[19] === 1,
    readBlock: row[20],
    heldHere: row[21] === 1,
  };
}
