import type { Database } from './database.ts';
import { Tally } from './tally.ts';

/** Rules that hold between rows whenever no transaction is open; each query names the rows that break one. */
const rules: readonly (readonly [string, string])[] = [
  [
    'is pulling without a running record',
    `SELECT cid FROM file_record WHERE status = 'pulling'
       AND NOT EXISTS (SELECT 1 FROM pin_record AS pin WHERE pin.cid = file_record.cid AND pin.status = 'running')`,
  ],
  [
    'has a running record and is not pulling',
    `SELECT cid FROM pin_record WHERE status = 'running'
       AND NOT EXISTS (SELECT 1 FROM file_record AS file WHERE file.id = pin_record.order_id AND file.cid = pin_record.cid AND file.status = 'pulling')`,
  ],
  [
    'is handled without a held record',
    `SELECT cid FROM file_record WHERE status = 'handled'
       AND NOT EXISTS (SELECT 1 FROM pin_record AS pin WHERE pin.cid = file_record.cid AND pin.status IN ('sealed', 'lost'))`,
  ],
];
const mostNamed = 20;

/**
 * What does not agree in a database that was opened to look, and whose pages are whole, a line each; a few minutes for millions of orders, beside
 * whoever writes. Rejects with the signal's reason when aborted.
 */
export async function findInconsistencies(database: Database, signal: AbortSignal): Promise<readonly string[]> {
  // One statement takes a minute; a stop must not wait for it.
  const interrupt = (): void => database.interrupt();
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    return await lookThrough(database, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}

async function lookThrough(database: Database, signal: AbortSignal): Promise<readonly string[]> {
  signal.throwIfAborted();
  const found: string[] = [];
  const broken = await database.read(
    async (reader): Promise<{ table: string; parent: string }[]> => await reader.raw('PRAGMA foreign_key_check'),
  );
  for (const { table, parent } of broken.slice(0, mostNamed))
    found.push(`a row of ${table} names a row of ${parent} that is not there`);
  signal.throwIfAborted();
  const tally = new Tally(database);
  for (const { status, verdict, orderClass, tallied, counted } of await tally.differences()) {
    found.push(
      `the tally counts ${tallied.orders} orders ${status} ${verdict ?? 'without verdict'} ${orderClass}, there are ${counted.orders} (bytes ${tallied.bytes}, ${counted.bytes})`,
    );
  }
  signal.throwIfAborted();
  for (const name of await tally.recordDifferences()) found.push(`the tally of ${name} records is not what there is`);
  for (const [what, sql] of rules) {
    signal.throwIfAborted();
    const rows = await database.read(
      async (reader): Promise<{ cid: string }[]> => await reader.raw(`${sql} LIMIT ${mostNamed}`),
    );
    for (const { cid } of rows) found.push(`${cid} ${what}`);
  }
  return found;
}
