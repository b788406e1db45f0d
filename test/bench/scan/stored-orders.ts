import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { fromSortableText } from '../../../src/domain/amount.ts';
import { Database } from '../../../src/store/database.ts';
import type { BenchWorld } from '../chain/bench-world.ts';
import { cidOf } from '../chain/orders/order-cid.ts';

/** Every so many-th order is compared figure by figure. */
const SAMPLE_EVERY = 97;
const SLICE = 500;

interface StoredRow {
  readonly cid: string;
  readonly size_bytes: number;
  readonly reward_pico: string;
  readonly calculated_block: number;
  readonly expiry_block: number;
  readonly replicas: number;
  readonly group_hold: number;
}

/**
 * Throws unless the database has every order of a day and, of a sample, exactly what the chain says about it. Orders that events brought are not counted:
 * the map of the bench chain does not have them.
 */
export async function assertStored(dataDir: string, world: BenchWorld, day: number): Promise<void> {
  const database = await Database.openExisting(dataDir);
  try {
    const [counted]: { count: number }[] = await database.read(
      async (reader) =>
        await reader.raw(
          "SELECT COUNT(*) AS count FROM file_record WHERE status <> 'closed' AND success_block IS NULL",
        ),
    );
    const expected = world.life.countOn(day);
    if (counted?.count !== expected) throw new Error(`${counted?.count} orders are stored, the chain has ${expected}`);
    let sample: number[] = [];
    for (let order = 0; order < world.life.everOrdered; order += SAMPLE_EVERY) {
      if (world.life.existsOn(order, day)) sample.push(order);
      if (sample.length < SLICE && order + SAMPLE_EVERY < world.life.everOrdered) continue;
      await compare(database, world, day, sample);
      sample = [];
    }
  } finally {
    await database.close();
  }
}

async function compare(database: Database, world: BenchWorld, day: number, orders: readonly number[]): Promise<void> {
  const cids = orders.map((order) => cidOf(world.seed, order));
  const keys = JSON.stringify(orders.map((order, index) => [chainOrderKey(cids[index] ?? '').position, cids[index]]));
  const rows: StoredRow[] = await database.read(
    async (reader) =>
      await reader.raw(
        `SELECT file_record.* FROM json_each(?) AS key
         JOIN file_record ON file_record.key_position = key.value ->> 0 AND file_record.cid = key.value ->> 1`,
        [keys],
      ),
  );
  const byCid = new Map(rows.map((row) => [row.cid, row]));
  orders.forEach((order, index) => {
    const row = byCid.get(cids[index] ?? '');
    const chain = world.values.figures(order, world.life.versionOn(order, day));
    const stored =
      row === undefined
        ? undefined
        : {
            sizeBytes: row.size_bytes,
            rewardPico: Number(fromSortableText(row.reward_pico)),
            calculatedBlock: row.calculated_block,
            expiryBlock: row.expiry_block,
            replicas: row.replicas,
            groupHold: row.group_hold,
          };
    const wrong = Object.entries(chain).find(([name, value]) => stored?.[name as keyof typeof stored] !== value);
    if (wrong !== undefined)
      throw new Error(`order ${cids[index]} is stored with another ${wrong[0]}: ${JSON.stringify({ chain, stored })}`);
  });
}
