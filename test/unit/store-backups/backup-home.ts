import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Database, databaseFileName } from '../../../src/store/database.ts';
import { Facts } from '../../../src/store/facts.ts';
import { tempDir } from '../../support/temp-dir.ts';

export const account = 'cTGVrGb7X9vNp3fbvQskVRQHoxiLPKPFADSPbh6APiJLf3VgH';
export const genesisHash = `0x${'11'.repeat(32)}`;
export const atMs = Date.UTC(2026, 0, 31, 12);
export const never = new AbortController().signal;

/** A data directory whose database a bot of this account has used; closed. */
export async function usedHome(identity = { account, genesisHash }): Promise<{ dataDir: string; file: string }> {
  const dataDir = await tempDir();
  const database = await Database.open(dataDir);
  await database.write('claim', async (tx) => {
    await new Facts(database).set(tx, 'identity', identity);
    // Indices and rows enough for pages of every kind.
    await tx.raw(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
       INSERT INTO file_record (key_position, cid, seen, size_bytes, reward_pico, calculated_block, expiry_block, replicas, group_hold,
         read_block, created_block, class, status, verdict)
       SELECT i * 1000, 'order-' || i, 1, i, '0', 1, 0, 0, 0, 1, 1, 'db', 'waiting', 'dice' FROM n`,
    );
  });
  await database.close();
  return { dataDir, file: path.join(dataDir, databaseFileName) };
}

/** Names in a folder, sorted; none when it is not there. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  return await readdir(folder).then(
    (names) => names.sort(),
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    },
  );
}
