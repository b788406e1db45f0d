import { createHash } from 'node:crypto';
import { copyFile, rm } from 'node:fs/promises';
import { base32 } from 'multiformats/bases/base32';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import { orderPosition } from '../../src/clients/chain/keys/order-position.ts';
import type { BesideReader } from '../support/raw-database.ts';
import { ofSchema1 } from '../support/schema-1.ts';

/** So many orders of the past that bringing them to a newer schema takes longer than a start. */
const pastOrders = 20_000;

export interface OldOwner {
  readonly account: string;
  readonly genesisHash: string;
  /** The chain's newest block. */
  readonly atBlock: number;
}

/** A database of the first release, whose orders have all closed: a bot that takes it over has nothing to do for them, and must not lose one. */
export async function writeOldDatabase(folder: string, { account, genesisHash, atBlock }: OldOwner): Promise<void> {
  const rows = Array.from({ length: pastOrders }, (_, i) => {
    const digest = Digest.create(0x12, createHash('sha256').update(`past order ${i}`).digest());
    const cid = CID.createV1(0x55, digest).toString(base32);
    return [orderPosition(cid), cid, 1000 + i];
  });
  await ofSchema1(folder, async (knex) => {
    await knex('config').insert({ name: 'identity', content: JSON.stringify({ genesisHash, account }) });
    await knex.raw(
      `INSERT INTO file_record (key_position, cid, size_bytes, reward_pico, seen, calculated_block, expiry_block, replicas, group_hold, read_block,
         created_block, class, status)
       SELECT value ->> 0, value ->> 1, value ->> 2, printf('%039d', value ->> 2), 1, ?, ?, 0, 0, ?, ?, 'db', 'closed' FROM json_each(?)`,
      [atBlock - 2000, atBlock - 1000, atBlock - 500, atBlock - 2000, JSON.stringify(rows)],
    );
  });
}

/** Puts a copy of such a database into the place of what stands there. */
export async function putOldDatabase(from: string, file: string): Promise<void> {
  for (const suffix of ['-wal', '-shm']) await rm(`${file}${suffix}`, { force: true });
  await copyFile(from, file);
}

/** What of these orders is not there any more. */
export async function lostPastOrders(reader: BesideReader): Promise<readonly string[]> {
  const [count] = await reader.rows<{ kept: number; bytes: number }>(
    'SELECT COUNT(*) AS kept, SUM(size_bytes) AS bytes FROM file_record WHERE id <= ?',
    [pastOrders],
  );
  const bytes = pastOrders * 1000 + (pastOrders * (pastOrders - 1)) / 2;
  return count?.kept === pastOrders && count.bytes === bytes
    ? []
    : [
        `of ${pastOrders} orders of the old database ${count?.kept ?? 0} are left, of ${bytes} bytes ${count?.bytes ?? 0}`,
      ];
}
