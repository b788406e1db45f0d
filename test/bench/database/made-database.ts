import { constants, existsSync } from 'node:fs';
import { copyFile, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { migrations } from '../../../db/migrations/list.ts';
import { Database, databaseFileName } from '../../../src/store/database.ts';
import type { BenchSettings } from '../harness/bench.ts';
import { fillDatabase } from './fill-database.ts';
import { RawConnection } from './raw.ts';
import type { MadeShares } from './made-orders.ts';

/** Raised when what the maker makes changes: files of before are then of no use. */
const makerVersion = 3;

/**
 * A private copy of a database of so many orders, as a bot that has run for weeks has it: the path of its data folder, which the caller removes.
 * Made once by SQL over the product's own schema and kept in `settings.cacheDir`. The newest finalized block is `madeHeadBlock`, the account
 * `madeAccount`, all verdicts rest on `madeBasis`.
 * @param handled how many files the node holds; others are 4 % of the orders, at most 50,000
 */
export async function madeDatabase(
  orders: number,
  settings: Pick<BenchSettings, 'cacheDir' | 'signal' | 'say'>,
  { handled = Math.min(50_000, Math.floor(orders * 0.04)) }: { readonly handled?: number } = {},
): Promise<string> {
  const shares: MadeShares = {
    handled,
    closed: Math.min(2000, Math.floor(orders / 50)),
    failed: Math.min(200, Math.floor(orders / 500)),
    undecided: Math.min(300, Math.floor(orders / 300)),
  };
  const schema = migrations.at(-1)?.name.slice(0, 4) ?? 'none';
  const kept = path.join(
    settings.cacheDir,
    `orders-${orders}-held-${handled}-schema-${schema}-v${makerVersion}.sqlite`,
  );
  if (!existsSync(kept)) await make(kept, orders, shares, settings);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'smanager-bench-'));
  await copyFile(kept, path.join(folder, databaseFileName), constants.COPYFILE_FICLONE);
  return folder;
}

async function make(
  kept: string,
  orders: number,
  shares: MadeShares,
  { signal, say }: Pick<BenchSettings, 'signal' | 'say'>,
): Promise<void> {
  say(`making a database of ${orders.toLocaleString('en-US')} orders, once`);
  const startedMs = performance.now();
  const folder = await mkdtemp(path.join(path.dirname(kept), 'making-'));
  try {
    await (await Database.open(folder)).close();
    const file = path.join(folder, databaseFileName);
    const connection = await RawConnection.open(file);
    try {
      await fillDatabase(connection, orders, shares, signal);
    } finally {
      await connection.close();
    }
    await setWal(file);
    await rename(file, kept);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  say(`made in ${seconds} s, ${Math.round((await stat(kept)).size / 2 ** 20)} MiB`);
}

// Filling took the journal away; a file that the bot opens is in WAL mode.
async function setWal(file: string): Promise<void> {
  const connection = await RawConnection.open(file);
  try {
    await connection.all('PRAGMA journal_mode = WAL');
    const [tallied, counted] = [
      await connection.number('SELECT SUM(orders) FROM tally'),
      await connection.number('SELECT COUNT(*) FROM file_record'),
    ];
    if (tallied !== counted) throw new Error(`the tally says ${tallied} orders, there are ${counted}`);
  } finally {
    await connection.close();
  }
}
