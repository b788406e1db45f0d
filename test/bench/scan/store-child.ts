import path from 'node:path';
import sqlite3 from 'sqlite3';
import { toSortableText } from '../../../src/domain/amount.ts';
import { Database, databaseFileName } from '../../../src/store/database.ts';
import { BenchWorld, FIRST_BLOCK } from '../chain/bench-world.ts';
import { cidOf } from '../chain/orders/order-cid.ts';
import { answer, childInput } from '../harness/child.ts';
import type { StoreInput, StoreOutput } from './measured.ts';

// The limit of a scan's writing: the driver alone brings the same rows into the same schema, its indices and triggers, with one prepared statement.
// Making the rows' JSON text is not part of the time.

const ROWS_A_STATEMENT = 1000;
const ROWS_A_ROUND = 50_000;

const figures = ['size_bytes', 'reward_pico', 'calculated_block', 'expiry_block', 'replicas', 'group_hold'];
const columns = figures.map((name) => `excluded.${name}`).join(', ');
const standing = figures.map((name) => `file_record.${name}`).join(', ');
const upsert = `
  INSERT INTO file_record (key_position, cid, read_block, ${figures.join(', ')}, group_owner_id, seen, created_block, class, status)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, 1, 1, value ->> 2,
    CASE WHEN value ->> 6 = 0 THEN 'new' ELSE 'db' END, 'new'
  FROM json_each(?) WHERE true
  ON CONFLICT (key_position, key_twin) DO UPDATE SET
    ${figures.map((name) => `${name} = excluded.${name}`).join(', ')}, read_block = excluded.read_block
  WHERE (${columns}) IS NOT (${standing})`;

const { dataDir, chain, rows } = childInput() as StoreInput;
// The product makes its schema; then the file belongs to the driver.
await (await Database.open(dataDir)).close();
const database = new sqlite3.Database(path.join(dataDir, databaseFileName));

async function run(sql: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    database.exec(sql, (error) => (error === null ? resolve() : reject(error)));
  });
}

async function bring(statement: sqlite3.Statement, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    statement.run(text, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}

const world = new BenchWorld(chain);

function rowText(place: number): string {
  const order = world.index.orderAt(place);
  const { sizeBytes, rewardPico, calculatedBlock, expiryBlock, replicas, groupHold } = world.values.figures(order, 0);
  return JSON.stringify([
    world.index.positionAt(place),
    cidOf(world.seed, order),
    FIRST_BLOCK,
    sizeBytes,
    toSortableText(String(rewardPico)),
    calculatedBlock,
    expiryBlock,
    replicas,
    groupHold,
  ]);
}

await run(
  'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32768; PRAGMA foreign_keys = ON;',
);
await run("INSERT INTO account (id, address) VALUES (1, 'group owner')");
const statement = database.prepare(upsert);
let ms = 0;
for (let from = 0; from < rows; from += ROWS_A_ROUND) {
  const texts: string[] = [];
  for (let place = from; place < Math.min(rows, from + ROWS_A_ROUND); place += ROWS_A_STATEMENT) {
    const places = Array.from({ length: Math.min(ROWS_A_STATEMENT, rows - place) }, (_, index) => place + index);
    texts.push(`[${places.map(rowText).join(',')}]`);
  }
  const startedMs = performance.now();
  for (const text of texts) {
    await run('BEGIN');
    await bring(statement, text);
    await run('COMMIT');
  }
  ms += performance.now() - startedMs;
}
const stored = await new Promise<number>((resolve, reject) => {
  database.get('SELECT COUNT(*) AS count FROM file_record', (error, row: { count: number } | undefined) =>
    error === null ? resolve(row?.count ?? 0) : reject(error),
  );
});
await new Promise<void>((resolve) => statement.finalize(() => resolve()));
await new Promise<void>((resolve, reject) => {
  database.close((error) => (error === null ? resolve() : reject(error)));
});
await answer({ ms, rows: stored } satisfies StoreOutput);
