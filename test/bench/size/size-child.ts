import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { databaseFileName } from '../../../src/store/database.ts';
import { BenchChain } from '../chain/bench-chain.ts';
import { blockOfDay, DAY_BLOCKS } from '../chain/bench-world.ts';
import { RawConnection } from '../database/raw.ts';
import { answer, childInput } from '../harness/child.ts';
import { Walker } from '../scan/walker.ts';
import { SizeLife } from './life.ts';
import type { DailyWalk, SizeInput, SizeOutput } from './measured.ts';

// Walks and a week of events in a process of their own, through the product's own modules.

const lookMs = 20;
const days = 7;
/** As the bot does unless it is told otherwise. */
const usualRefresh = 7 * DAY_BLOCKS;
/** So long that no value of a known order is due. */
const neverRefresh = 1_000_000_000;
const walkedDays = 2;

const { dataDir, orders } = childInput() as SizeInput;
const file = path.join(dataDir, databaseFileName);
const signal = new AbortController().signal;
const chain = await BenchChain.start({ orders, days: walkedDays, isStill: true }, signal);
const walker = await Walker.open(dataDir, chain.url);
const { database } = walker;
const life = new SizeLife(database);

let walMaxBytes = 0;
const look = (): void => {
  walMaxBytes = Math.max(walMaxBytes, statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0);
};
const looking = setInterval(look, lookMs);

/** Bytes that this process has given to the disk so far. */
function givenToDisk(): number {
  const found = /^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'));
  return Number(found?.[1] ?? 0);
}

/** What a walk gave to the disk. What was written before it is moved into the file first: the checkpoint is not the walk's. */
async function walked(refreshBlocks: number): Promise<number> {
  await database.checkpoint();
  const before = givenToDisk();
  await walker.walk({ refreshBlocks }, signal);
  return givenToDisk() - before;
}

/** On a chain that stands still no value is older than its head: whatever is written then is written for nothing. */
async function letTheLastWalkBeOld(): Promise<void> {
  await database.write('event', async (tx) => {
    await tx.raw('UPDATE walk SET oldest_page_block = oldest_page_block - ?', [DAY_BLOCKS]);
  });
}

/** A walk of a later day on which nothing is another: what is read again gets the block of the day. */
async function walkedOn(day: number, refreshBlocks: number): Promise<DailyWalk> {
  await chain.goTo(day, signal);
  const writtenBytes = await walked(refreshBlocks);
  return { writtenBytes, readAgain: await life.countReadAt(blockOfDay(day)) };
}

await life.prepare();
const firstWalkBytes = await walked(usualRefresh);
await life.decideAll(blockOfDay(0));
await life.payAll();
await letTheLastWalkBeOld();
const unchangedWalkBytes = await walked(neverRefresh);
await letTheLastWalkBeOld();
await walked(neverRefresh);
const dayWithShare = await walkedOn(1, usualRefresh);
const dayWithoutShare = await walkedOn(2, neverRefresh);
for (let passed = 1; passed <= days; passed += 1) {
  await life.day(passed, blockOfDay(walkedDays + passed));
  await life.decideAll(blockOfDay(walkedDays + passed + 1));
}
look();
clearInterval(looking);
const { id: walks } = (await walker.walks.findLastComplete()) ?? { id: 0 };
await walker.close();
await chain.close();

const connection = await RawConnection.open(file);
const rows = await connection.number('SELECT COUNT(*) FROM file_record');
const pageSize = await connection.number('PRAGMA page_size');
const freeBytes = pageSize * (await connection.number('PRAGMA freelist_count'));
const parts = await connection.all<{ name: string; bytesPerRow: number }>(
  'SELECT name, SUM(pgsize) * 1.0 / ? AS bytesPerRow FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 8',
  [rows],
);
const owners = await connection.number('SELECT COUNT(*) FROM file_owner');
const ownedRows = await connection.number('SELECT COUNT(DISTINCT file_id) FROM file_owner');
const [damage] = await connection.all<{ integrity_check: string }>('PRAGMA integrity_check');
await connection.close();
if (damage?.integrity_check !== 'ok') throw new Error(`the database is damaged: ${damage?.integrity_check}`);

await answer({
  rows,
  fileBytes: statSync(file).size - freeBytes,
  freeBytes,
  walMaxBytes,
  firstWalkBytes,
  unchangedWalkBytes,
  dayWithShare,
  dayWithoutShare,
  parts,
  walks,
  decided: life.decided,
  ordered: life.ordered,
  closed: life.closed,
  changed: life.changed,
  owners,
  ownedRows,
} satisfies SizeOutput);
