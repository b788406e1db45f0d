import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { databaseFileName } from '../../../src/store/database.ts';
import { DAY_BLOCKS, FIRST_BLOCK } from '../chain/bench-world.ts';
import { RawConnection } from '../database/raw.ts';
import { answer, childInput } from '../harness/child.ts';
import { Walker } from '../scan/walker.ts';
import { SizeLife } from './life.ts';
import type { SizeInput, SizeOutput } from './measured.ts';

// Three walks and a week of events in a process of their own, through the product's own modules.

const lookMs = 20;
const days = 7;
/** No walk of this bench refreshes what has not changed. */
const neverRefresh = 100 * DAY_BLOCKS;

const { dataDir, url } = childInput() as SizeInput;
const file = path.join(dataDir, databaseFileName);
const signal = new AbortController().signal;
const walker = await Walker.open(dataDir, url);
const { database } = walker;
const life = new SizeLife(database);

let walMaxBytes = 0;
const look = (): void => {
  walMaxBytes = Math.max(walMaxBytes, statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0);
};
const looking = setInterval(look, lookMs);

/** Bytes that this process has given to the disk so far. */
function writtenBytes(): number {
  const found = /^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'));
  return Number(found?.[1] ?? 0);
}

async function walked(): Promise<number> {
  const before = writtenBytes();
  await walker.walk({ refreshBlocks: neverRefresh }, signal);
  return writtenBytes() - before;
}

/** The chain stands still, so the last walk has to become older for the next one to be due. */
async function letADayPass(): Promise<void> {
  await database.write('event', async (tx) => {
    await tx.raw('UPDATE walk SET oldest_page_block = oldest_page_block - ?', [DAY_BLOCKS]);
  });
}

await life.prepare();
const firstWalkBytes = await walked();
await life.decideAll(FIRST_BLOCK);
await letADayPass();
const unchangedWalkBytes = await walked();
await letADayPass();
await walked();
for (let day = 1; day <= days; day += 1) {
  await life.day(day, FIRST_BLOCK + day * DAY_BLOCKS);
  await life.decideAll(FIRST_BLOCK + (day + 1) * DAY_BLOCKS);
}
look();
clearInterval(looking);
const { id: walks } = (await walker.walks.findLastComplete()) ?? { id: 0 };
await walker.close();

const connection = await RawConnection.open(file);
const rows = await connection.number('SELECT COUNT(*) FROM file_record');
const pageSize = await connection.number('PRAGMA page_size');
const freeBytes = pageSize * (await connection.number('PRAGMA freelist_count'));
const parts = await connection.all<{ name: string; bytesPerRow: number }>(
  'SELECT name, SUM(pgsize) * 1.0 / ? AS bytesPerRow FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 8',
  [rows],
);
const owners = await connection.number('SELECT COUNT(*) FROM file_owner');
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
  parts,
  walks,
  decided: life.decided,
  ordered: life.ordered,
  closed: life.closed,
  changed: life.changed,
  owners,
} satisfies SizeOutput);
