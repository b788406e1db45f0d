import type { DecidableOrder } from '../domain/decision.ts';
import type { GroupHold } from '../domain/order.ts';
import type { OrderClass } from '../domain/statuses.ts';
import type { Verdict } from '../domain/verdicts.ts';
import { drawUnits } from './draw-units.ts';

/** What `toDecidable` takes apart again, in this order. */
const columns = [
  'f.id',
  'f.cid',
  'f.key_position',
  'f.size_bytes',
  'f.calculated_block',
  'f.expiry_block',
  'f.replicas',
  'f.group_hold',
  'a.address',
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
  `CASE f.group_hold WHEN 2 THEN EXISTS (
    SELECT 1 FROM pin_record p WHERE p.cid = f.cid AND p.status IN ('sealed', 'lost')) ELSE 0 END`,
];
/** A row of `file_record` (`f`), its group owner's account (`a`) beside it, as one JSON array. */
export type DecidableRow = readonly [
  id: number,
  cid: string,
  position: number,
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
  const draw = row[12];
  return {
    id: row[0],
    key: { text: row[1], position: row[2] },
    sizeBytes: row[3],
    calculatedBlock: row[4],
    expiryBlock: row[5],
    replicas: row[6],
    groupHold: row[7],
    groupOwner: row[8],
    successBlock: row[9],
    goneCount: row[10],
    oversize: row[11] === 1,
    draw: draw === null ? null : draw / drawUnits,
    status: row[13],
    verdict: row[14],
    inputs: row[15],
    orderClass: row[16],
    lookBlock: row[17],
    lookCount: row[18],
    turnBlock: row[19],
    revise: row[20] === 1,
    readBlock: row[21],
    heldHere: row[22] === 1,
  };
}
