import sqlite3 from 'sqlite3';

const memo = 'm'.repeat(128);

/** What a bot of years has behind it, made by SQL in its database while it does not run: nothing of it is on the chain or in sWorker any more. */
export async function addLongHistory(
  databaseFile: string,
  history: { readonly rows: number; readonly block: number; readonly ms: number },
): Promise<void> {
  const { rows, block, ms } = history;
  const numbers = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})`;
  await execute(
    databaseFile,
    `BEGIN;
     INSERT INTO account (id, address) VALUES (1000000, 'cTof-long-ago');
     ${numbers} INSERT INTO file_record (id, key_position, cid, seen, size_bytes, reward_pico, calculated_block, expiry_block,
         replicas, group_hold, read_block, created_block, class, status)
       SELECT 1000000 + i, i * 1000, 'of-long-ago-' || i, 1, 1000, '0', 1, 1, 0, 0, ${block} - i % 1000, 1, 'db', 'closed' FROM n;
     INSERT INTO file_owner (file_id, account_id, memo) SELECT id, 1000000, '${memo}' FROM file_record WHERE id > 1000000;
     ${numbers} INSERT INTO pin_record (cid, size_bytes, status, cause, started_ms, started_block, updated_ms)
       SELECT 'of-long-ago-' || i, 1000, 'removed', 'pull', ${ms}, ${block} - i % 1000, ${ms} FROM n;
     ${numbers} INSERT INTO cleanup_record (cid, status, cause, seen_block, created_ms, updated_ms)
       SELECT 'of-long-ago-' || i, 'done', 'event', ${block} - i % 1000, ${ms}, ${ms} FROM n;
     COMMIT;`,
  );
}

async function execute(file: string, sql: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const database = new sqlite3.Database(file, (opening) => {
      if (opening !== null) return reject(opening);
      database.exec(sql, (error) => database.close(() => (error === null ? resolve() : reject(error))));
    });
  });
}
