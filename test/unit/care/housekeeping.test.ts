import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { HousekeepingTask } from '../../../src/care/housekeeping-task.ts';
import { BLOCK_MS, DAY_BLOCKS, DAY_MS, MINUTE_MS, SECOND_MS } from '../../../src/domain/units.ts';
import { Conditions } from '../../../src/runtime/conditions.ts';
import { Database } from '../../../src/store/database.ts';
import { Facts } from '../../../src/store/facts.ts';
import { Retention } from '../../../src/store/retention.ts';
import { Tally } from '../../../src/store/tally.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RecordingLogger } from '../../support/quiet-logger.ts';
import { tempDir } from '../../support/temp-dir.ts';

const retentionBlocks = 180 * DAY_BLOCKS;
const headBlock = 10_000_000;
const headMs = Date.UTC(2026, 5, 1);
const oldBlock = headBlock - retentionBlocks - 1;
const youngBlock = headBlock - retentionBlocks;
const oldMs = headMs - retentionBlocks * BLOCK_MS - 1;
const youngMs = oldMs + 1;

let database: Database;
let clock: WatchedClock;
let positions = 0;

beforeEach(async () => {
  const opened = await Database.open(await tempDir());
  onTestFinished(async () => await opened.close());
  database = opened;
  // A clock that is years ahead makes nothing old.
  clock = new WatchedClock(headMs + 4000 * DAY_MS);
  const time = { atBlock: headBlock, atMs: 0, blockTimestampMs: headMs, specVersion: 25 };
  await database.write('event', async (tx) => await new Facts(database).set(tx, 'chain-time', time));
});

async function add(table: string, row: Readonly<Record<string, string | number | null>>): Promise<void> {
  await database.write('event', async (tx) => await tx(table).insert(row));
}

async function addOrder(cid: string, status: string, readBlock: number): Promise<void> {
  positions += 1;
  const row = { cid, status, key_position: positions, read_block: readBlock, created_block: 1, class: 'db', seen: 1 };
  const figures = { size_bytes: 1, reward_pico: '0', calculated_block: 1, expiry_block: 1, replicas: 0, group_hold: 0 };
  await add('file_record', { ...row, ...figures });
}

async function addPin(cid: string, status: string, at: { startedBlock: number; updatedMs: number }): Promise<void> {
  const { startedBlock, updatedMs } = at;
  const row = { cid, status, cause: 'pull', size_bytes: 1, started_ms: 1 };
  await add('pin_record', { ...row, started_block: startedBlock, updated_ms: updatedMs });
}

async function addCleanup(cid: string, status: string, at: { seenBlock: number; updatedMs: number }): Promise<void> {
  const row = { cid, status, cause: 'event', created_ms: 1 };
  await add('cleanup_record', { ...row, seen_block: at.seenBlock, updated_ms: at.updatedMs });
}

async function cids(table: string): Promise<readonly string[]> {
  return await database.read(async (reader) => await reader(table).orderBy('id').pluck<string[]>('cid'));
}

/** Runs the task from its start until it has gone to sleep for the day so many times. */
async function keepHouse(rounds = 1, beforeLast: () => Promise<void> = async () => undefined): Promise<void> {
  const control = new AbortController();
  const parts = { clock, conditions: new Conditions(clock), logger: new RecordingLogger(), facts: new Facts(database) };
  const task = new HousekeepingTask({ ...parts, retention: new Retention(database), retentionBlocks });
  const running = task.run(control.signal);
  const before = clock.daysSlept;
  for (let round = 1; round <= rounds; round += 1) {
    if (round === rounds) await beforeLast();
    await clock.advance(round === 1 ? 10 * MINUTE_MS : DAY_MS);
    while (clock.daysSlept < before + round) {
      await clock.advance(SECOND_MS);
      // Something real to wait for: the task waits for the same database.
      await database.write('bulk', async () => undefined);
    }
  }
  control.abort(new Error('stop'));
  await running;
}

/** Tells when a task has gone to sleep for a day. */
class WatchedClock extends ManualClock {
  daysSlept = 0;

  override async sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    if (durationMs >= DAY_MS) this.daysSlept += 1;
    await super.sleep(durationMs, signal);
  }
}

const old = { startedBlock: oldBlock, seenBlock: oldBlock, updatedMs: oldMs };

describe('what has ended long ago', () => {
  it('goes: closed orders, with their owners, but not a day too early', async () => {
    await addOrder('old', 'closed', oldBlock);
    await addOrder('young', 'closed', youngBlock);
    for (const status of ['new', 'waiting', 'queued', 'pulling', 'handled', 'failed']) {
      await addOrder(status, status, oldBlock);
    }
    await add('account', { id: 1, address: 'cT' });
    await add('file_owner', { file_id: 1, account_id: 1, memo: null });
    await keepHouse();
    expect(await cids('file_record')).toEqual(['young', 'new', 'waiting', 'queued', 'pulling', 'handled', 'failed']);
    expect(await database.read(async (reader) => await reader('file_owner'))).toEqual([]);
    expect(await new Tally(database).differences()).toEqual([]);
  });

  it('stays while it is not over: a closed order with an open cleanup, a held file or a pull', async () => {
    for (const cid of ['seen', 'confirmed', 'deleting', 'done', 'cancelled']) {
      await addOrder(cid, 'closed', oldBlock);
      await addCleanup(cid, cid, { ...old, updatedMs: youngMs });
    }
    for (const status of ['sealed', 'lost', 'running', 'removed', 'failed']) {
      await addOrder(status, 'closed', oldBlock);
      await addPin(status, status, { ...old, updatedMs: youngMs });
    }
    await keepHouse();
    expect(await cids('file_record')).toEqual(['seen', 'confirmed', 'deleting', 'sealed', 'lost', 'running']);
  });

  it('goes: ended pulls and cleanups, by the block they began at and by when they last changed', async () => {
    for (const status of ['failed', 'interrupted', 'removed', 'sealed', 'lost', 'running']) {
      await addPin(status, status, old);
    }
    await addPin('began lately', 'failed', { ...old, startedBlock: youngBlock });
    await addPin('ended lately', 'removed', { ...old, updatedMs: youngMs });
    for (const status of ['done', 'cancelled', 'seen', 'confirmed', 'deleting']) await addCleanup(status, status, old);
    await addCleanup('ended lately', 'done', { ...old, updatedMs: youngMs });
    await keepHouse();
    expect(await cids('pin_record')).toEqual(['sealed', 'lost', 'running', 'began lately', 'ended lately']);
    expect(await cids('cleanup_record')).toEqual(['seen', 'confirmed', 'deleting', 'ended lately']);
    expect(await new Tally(database).records('pin')).toEqual(
      new Map([
        ['failed', 1],
        ['lost', 1],
        ['removed', 1],
        ['sealed', 1],
      ]),
    );
  });

  it('stays: what was deleted within the retention by the chain, however far behind this clock was', async () => {
    const longAgo = { startedBlock: oldBlock, seenBlock: oldBlock, updatedMs: 0 };
    for (const [cid, atBlock] of [
      ['young', youngBlock],
      ['old', oldBlock],
    ] as const) {
      await addPin(cid, 'removed', longAgo);
      await addCleanup(cid, 'done', longAgo);
      await database.write('event', async (tx) => {
        await tx('pin_record').where({ cid }).update({ let_go_block: atBlock });
        await tx('cleanup_record').where({ cid }).update({ deleted_block: atBlock });
      });
    }
    await keepHouse();
    expect([await cids('pin_record'), await cids('cleanup_record')]).toEqual([['young'], ['young']]);
  });

  it('stays: the history of a file that is held or on its way', async () => {
    for (const status of ['sealed', 'lost', 'running', 'removed']) {
      await addPin(status, 'failed', old);
      await addPin(status, status, { ...old, updatedMs: youngMs });
    }
    await keepHouse();
    const left = await database.read(
      async (reader) => await reader('pin_record').where({ status: 'failed' }).pluck('cid'),
    );
    expect(left).toEqual(['sealed', 'lost', 'running']);
  });

  it('goes: closed gaps and old walks, but never the last ones nor what a gap refers to', async () => {
    const walk = { reason: 'interval', anchor_block: 1, oldest_page_block: 1, cursor: '', started_ms: 1 };
    const addWalk = async (id: number, status: string, newestPageBlock: number, readsAll = 0): Promise<void> =>
      await add('walk', { ...walk, id, status, newest_page_block: newestPageBlock, reads_all: readsAll });
    await addWalk(1, 'complete', oldBlock, 1);
    await addWalk(2, 'complete', oldBlock);
    await addWalk(3, 'complete', oldBlock);
    await addWalk(4, 'abandoned', youngBlock);
    for (let id = 5; id <= 16; id += 1) await addWalk(id, 'complete', youngBlock);
    await addWalk(17, 'running', oldBlock);
    const gap = { from_block: 1, reason: 'pruned', found_ms: 1 };
    await add('gap', { ...gap, to_block: oldBlock, closed_walk: 2 });
    await add('gap', { ...gap, to_block: youngBlock, closed_walk: 3 });
    await add('gap', { ...gap, to_block: oldBlock, closed_walk: null });
    await keepHouse();
    const read = async (table: string): Promise<readonly number[]> =>
      await database.read(async (reader) => await reader(table).orderBy('id').pluck('id'));
    expect(await read('gap')).toEqual([2, 3]);
    // 1 is the newest that read all values, 3 closed a gap that is kept, 4 is young.
    expect(await read('walk')).toEqual([1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]);
  });
});

describe('housekeeping', () => {
  it('goes through more than one slice, past those that stay, once a day', async () => {
    await database.write('event', async (tx) => {
      await tx.raw(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
         INSERT INTO pin_record (cid, size_bytes, status, cause, started_ms, started_block, updated_ms)
         SELECT 'f' || (i % 600), 1, CASE WHEN i <= 300 THEN 'sealed' ELSE 'failed' END, 'pull', 1, ?, ? FROM n`,
        [oldBlock, oldMs],
      );
    });
    await keepHouse();
    const tally = new Tally(database);
    // Of 700 failed pulls those of CIDs 1 … 300 are of files that are held.
    const expected = new Map([
      ['failed', 300],
      ['sealed', 300],
    ]);
    expect(await tally.records('pin')).toEqual(expected);
    await keepHouse(2, async () => await addPin('later', 'failed', old));
    expect(await tally.records('pin')).toEqual(expected);
  });

  it('does nothing before the chain has told its time, or while it is younger than the retention', async () => {
    await addPin('old', 'failed', { startedBlock: 0, updatedMs: 0 });
    const time = { atBlock: retentionBlocks, atMs: 0, blockTimestampMs: headMs, specVersion: 25 };
    await database.write('event', async (tx) => await new Facts(database).set(tx, 'chain-time', time));
    await keepHouse();
    await database.write('event', async (tx) => await tx('config').delete());
    await keepHouse();
    expect(await cids('pin_record')).toEqual(['old']);
  });

  it('gives the room back to the disk, but for a little', async () => {
    const pages = async (pragma: string): Promise<number> =>
      await database.read(async (reader) => {
        const [row]: Record<string, number>[] = await reader.raw(`PRAGMA ${pragma}`);
        return Object.values(row ?? {})[0] ?? 0;
      });
    for (let fact = 0; fact < 40; fact += 1) await add('config', { name: `big ${fact}`, content: 'x'.repeat(500_000) });
    await database.write('event', async (tx) => await tx('config').where('name', 'like', 'big %').delete());
    const before = await pages('page_count');
    expect(await pages('freelist_count')).toBeGreaterThan(4000);
    await keepHouse();
    expect(await pages('freelist_count')).toBe(2048);
    expect(await pages('page_count')).toBeLessThan(before - 1900);
  });
});
