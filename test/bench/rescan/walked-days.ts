import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { fromSortableText } from '../../../src/domain/amount.ts';
import { Database } from '../../../src/store/database.ts';
import { type BenchWorld, blockOfDay } from '../chain/bench-world.ts';
import { cidOf } from '../chain/orders/order-cid.ts';

const SLICE = 1000;

interface WalkedRow {
  readonly at: number;
  readonly status: string;
  readonly read_block: number;
  readonly reward_pico: string;
  readonly replicas: number;
  readonly absent: number;
}

export interface WalkedDays {
  /** The day of the last walk. */
  readonly day: number;
  /** Orders gone by this day have been missed often enough to be closed. */
  readonly closedThroughDay: number;
  /** Every order was read on this day or later. */
  readonly readSinceDay: number;
}

/** Orders of each fate that stand in the database as they should. */
export interface FoundFates {
  readonly born: number;
  /** Closed, or noted as missing until another walk. */
  readonly gone: number;
  /** Known since the first walk and stored with figures that they got later. */
  readonly changed: number;
}

/** Looks at every order that ever was; throws unless new ones are found, gone ones noted or closed, and every value is what the chain said when it was read. */
export async function assertWalked(dataDir: string, world: BenchWorld, days: WalkedDays): Promise<FoundFates> {
  const found = { born: 0, gone: 0, changed: 0 };
  const database = await Database.openExisting(dataDir);
  try {
    for (let from = 0; from < world.life.everOrdered; from += SLICE) {
      const count = Math.min(SLICE, world.life.everOrdered - from);
      const orders = Array.from({ length: count }, (_, index) => from + index);
      const rows = await rowsOf(database, world, orders);
      for (const order of orders) {
        const trouble = troubleOf(world, order, rows.get(order), days);
        if (trouble === undefined) {
          const fate = fateOf(world, order, rows.get(order), days.day);
          if (fate !== undefined) found[fate] += 1;
          continue;
        }
        const { bornOn, goneOn } = { bornOn: world.life.bornOn(order), goneOn: world.life.goneOn(order) };
        const known = JSON.stringify({ bornOn, goneOn, row: rows.get(order), ...days });
        throw new Error(`order ${cidOf(world.seed, order)} ${trouble}: ${known}`);
      }
    }
    return found;
  } finally {
    await database.close();
  }
}

/** How many orders have data of one day. */
export async function countReadOn(dataDir: string, day: number): Promise<number> {
  const database = await Database.openExisting(dataDir);
  try {
    const [row]: { count: number }[] = await database.read(
      async (reader) =>
        await reader.raw('SELECT COUNT(*) AS count FROM file_record WHERE read_block = ?', [blockOfDay(day)]),
    );
    return row?.count ?? 0;
  } finally {
    await database.close();
  }
}

function troubleOf(world: BenchWorld, order: number, row: WalkedRow | undefined, days: WalkedDays): string | undefined {
  const { life } = world;
  if (life.bornOn(order) > days.day) return row === undefined ? undefined : 'is stored before it was ordered';
  if (row === undefined) return 'is not stored';
  if (life.goneOn(order) <= days.day) {
    if (row.status === 'closed') return undefined;
    if (life.goneOn(order) <= days.closedThroughDay) return 'is gone and not closed';
    return row.absent === 1 ? undefined : 'is gone and not noted as missing';
  }
  if (row.status === 'closed' || row.absent === 1) return 'is there and taken for gone';
  if (row.read_block < blockOfDay(days.readSinceDay)) return 'was not read for too long';
  const chain = world.values.figures(order, life.versionOn(order, world.dayOf(row.read_block)));
  const isSame = chain.replicas === row.replicas && chain.rewardPico === Number(fromSortableText(row.reward_pico));
  return isSame ? undefined : 'is stored with figures of another day';
}

/** What has become of an order since the first walk; one that was both new and gone is gone. */
function fateOf(
  world: BenchWorld,
  order: number,
  row: WalkedRow | undefined,
  day: number,
): keyof FoundFates | undefined {
  const { life } = world;
  if (row === undefined) return undefined;
  if (life.goneOn(order) <= day) return 'gone';
  if (life.bornOn(order) > 0) return 'born';
  return life.versionOn(order, world.dayOf(row.read_block)) > 0 ? 'changed' : undefined;
}

async function rowsOf(
  database: Database,
  world: BenchWorld,
  orders: readonly number[],
): Promise<ReadonlyMap<number, WalkedRow>> {
  const keys = orders.map((order) => {
    const { position, text } = chainOrderKey(cidOf(world.seed, order));
    return [position, text, order];
  });
  const rows: WalkedRow[] = await database.read(
    async (reader) =>
      await reader.raw(
        `SELECT key.value ->> 2 AS at, status, read_block, reward_pico, replicas, absence.file_id IS NOT NULL AS absent
         FROM json_each(?) AS key
         JOIN file_record ON file_record.key_position = key.value ->> 0 AND file_record.cid = key.value ->> 1
         LEFT JOIN absence ON absence.file_id = file_record.id`,
        [JSON.stringify(keys)],
      ),
  );
  return new Map(rows.map((row) => [row.at, row]));
}
