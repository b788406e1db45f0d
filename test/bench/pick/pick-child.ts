import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAbort } from '../../../src/domain/errors.ts';
import { SystemClock } from '../../../src/runtime/clock.ts';
import { RightOfWay } from '../../../src/runtime/right-of-way.ts';
import { Database, databaseFileName } from '../../../src/store/database.ts';
import { DAY_BLOCKS } from '../chain/bench-world.ts';
import { RawConnection } from '../database/raw.ts';
import { answer, childInput } from '../harness/child.ts';
import { Walker } from '../scan/walker.ts';
import type { PickInput, PickOutput } from './measured.ts';
import { Picker } from './picker.ts';

// Picks in a process of their own, with or without the bot's own walk on the same event loop and the same database.

/** Beside a walk, so that all of it is met and not its first second. */
const besidesWalkMs = 5;
const beginMs = 20;
/** What the smallest database's queue has. */
const warmUpPicks = 2500;

const input = childInput() as PickInput;
const file = path.join(input.dataDir, databaseFileName);

async function emptyTransactions(): Promise<readonly number[]> {
  const connection = await RawConnection.open(file);
  const times: number[] = [];
  try {
    for (let run = 0; run < 200; run += 1) {
      const startedMs = performance.now();
      await connection.all('BEGIN IMMEDIATE');
      await connection.all('COMMIT');
      times.push(performance.now() - startedMs);
    }
  } finally {
    await connection.close();
  }
  return times;
}

/** As the bot opens it. */
async function opened(dataDir: string): Promise<Database> {
  return await Database.open(dataDir, { rightOfWay: new RightOfWay(new SystemClock()) });
}

async function warmUpOn(dataDir: string): Promise<void> {
  const database = await opened(dataDir);
  const picker = new Picker(database);
  for (let run = 0; run < warmUpPicks; run += 1) await picker.pick();
  await database.close();
}

/** One pick after the other, so far apart. */
async function picked(
  database: Database,
  picks: number,
  betweenMs: number,
  goesOn: () => boolean,
): Promise<readonly number[]> {
  const picker = new Picker(database);
  for (let run = 0; run < input.warmUp; run += 1) await picker.pick();
  const times: number[] = [];
  while (times.length < picks && goesOn()) {
    if (betweenMs > 0) await delay(betweenMs);
    times.push(await picker.pick());
  }
  return times;
}

async function alone(): Promise<PickOutput> {
  for (const dataDir of input.warmUpDirs) await warmUpOn(dataDir);
  const before = await emptyTransactions();
  const database = await opened(input.dataDir);
  const picksMs = await picked(database, input.picks, 0, () => true);
  await database.close();
  return { picksMs, emptyMs: [...before, ...(await emptyTransactions())], walked: undefined };
}

async function besidesWalk(url: string): Promise<PickOutput> {
  const emptyMs = await emptyTransactions();
  const walker = await Walker.open(input.dataDir, url);
  const control = new AbortController();
  const state = { walks: true };
  const walking = walker
    .walk({ refreshBlocks: 7 * DAY_BLOCKS }, control.signal)
    .catch((error: unknown) => {
      if (!control.signal.aborted || !isAbort(error)) throw error;
    })
    .finally(() => (state.walks = false));
  while (state.walks && ((await walker.walks.findRunning())?.cursor ?? null) === null) await delay(beginMs);
  const startedMs = performance.now();
  const before = (await walker.walks.findRunning())?.orders ?? 0;
  const picksMs = await picked(walker.database, input.picks, besidesWalkMs, () => state.walks);
  const after = (await walker.walks.findRunning()) ?? (await walker.walks.findLastComplete());
  const ms = performance.now() - startedMs;
  control.abort();
  await walking;
  await walker.close();
  return { picksMs, emptyMs, walked: { orders: (after?.orders ?? 0) - before, ms } };
}

await answer(input.url === undefined ? await alone() : await besidesWalk(input.url));
