import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { toAddress } from '../../../devnet/chain/accounts.ts';
import type { World } from '../../../devnet/world/world.ts';
import { databaseFileName } from '../../../src/store/database.ts';
import { ofSchema1 } from '../schema-1.ts';

/** A database as the first release made it, of this world, with thousands of orders that closed long ago. Returns its file, in a folder of the world. */
export async function oldDatabase(world: World, orders = 4000): Promise<string> {
  const folder = await mkdtemp(join(world.dir, 'old-'));
  const identity = { genesisHash: world.chain.history.at(0)?.hash, account: toAddress(world.network.account) };
  await ofSchema1(folder, async (knex) => {
    await knex('config').insert({ name: 'identity', content: JSON.stringify(identity) });
    await knex.raw(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${orders})
       INSERT INTO file_record (key_position, cid, seen, size_bytes, reward_pico, calculated_block, expiry_block, replicas, group_hold,
         read_block, created_block, class, status)
       SELECT i * 1000, 'order-' || i, 1, i, printf('%039d', 1), 1, 0, 0, 0, 1, 1, 'db', 'closed' FROM n`,
    );
  });
  return join(folder, databaseFileName);
}
