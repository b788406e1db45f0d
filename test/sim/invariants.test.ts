import sqlite3 from 'sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { InvariantView } from '../support/invariant-view.ts';
import { brokenInvariants } from '../support/invariants.ts';
import { coordinatorToken } from '../support/sim/sim-config.ts';
import { SimWorld } from '../support/sim/sim-world.ts';
import { Watch } from '../support/sim/watch.ts';

let world: SimWorld;
let handled: string;

beforeAll(async () => {
  world = await SimWorld.create();
  handled = world.order({ cid: world.cids.ours() });
  world.order({ cid: world.cids.theirs() });
  world.startBot();
  await world.run(40);
  await world.stopBot();
});

afterAll(async () => await world.close());

/** What is found broken when the database says something else for a moment, or the world does. */
async function brokenWith(plant: string, also: Partial<InvariantView> = {}): Promise<readonly string[]> {
  const database = await open();
  try {
    await all(database, 'BEGIN');
    for (const statement of plant.split(';').filter((text) => text.trim() !== '')) await all(database, statement);
    const view = world.viewOf(async (sql, bindings) => await all(database, sql, bindings));
    return await brokenInvariants({ ...view, ...also }, { isSettled: true, isCleanedUp: true, liesSeldom: true });
  } finally {
    await all(database, 'ROLLBACK');
    await new Promise<void>((resolve) => database.close(() => resolve()));
  }
}

async function open(): Promise<sqlite3.Database> {
  return await new Promise((resolve, reject) => {
    const opening: sqlite3.Database = new sqlite3.Database(world.databaseFile, (error) =>
      error === null ? resolve(opening) : reject(error),
    );
  });
}

async function all<T>(database: sqlite3.Database, sql: string, bindings: readonly unknown[] = []): Promise<T[]> {
  return await new Promise((resolve, reject) => {
    database.all(sql, [...bindings], (error: Error | null, rows: T[]) =>
      error === null ? resolve(rows) : reject(error),
    );
  });
}

const pulling = "UPDATE file_record SET status = 'pulling' WHERE status = 'waiting'";
const running = `INSERT INTO pin_record (cid, size_bytes, status, cause, started_ms, started_block, updated_ms)
  SELECT cid, 1, 'running', 'pull', 1, 1, 1 FROM file_record WHERE status IN ('pulling', 'waiting')`;

test('Nothing is broken where nothing was planted', async () => {
  expect(await brokenWith('')).toEqual([]);
});

describe('It is found that', () => {
  test.each([
    ['an order of the chain is not known', 'DELETE FROM file_record', /is on chain at \d+ and not in the database/u],
    ['an order of the chain is closed', "UPDATE file_record SET status = 'closed'", /and closed in the database/u],
    ['an order is pulled without a record', pulling, /is pulling without a running record/u],
    ['a record runs for an order that is not pulled', running, /has a running record and is not pulling/u],
    [
      'a verdict cannot be derived again',
      "UPDATE file_record SET verdict = 'too-large' WHERE status = 'waiting'",
      /is too-large, derived again not-ours/u,
    ],
    [
      'a verdict that ends is for ever',
      "UPDATE file_record SET turn_block = NULL WHERE status = 'waiting'",
      /is not-ours for ever/u,
    ],
    ['the tally is wrong', 'UPDATE tally SET orders = orders + 1', /the tally of .* orders too many/u],
    [
      'a handled order has no held record',
      "UPDATE pin_record SET status = 'removed'",
      /is handled without a held record/u,
    ],
    [
      'a handled order has a turn',
      "UPDATE file_record SET turn_block = 1 WHERE status = 'handled'",
      /is handled and has a turn/u,
    ],
    [
      'a gap is open although all is settled',
      "INSERT INTO gap (from_block, to_block, reason, found_ms) VALUES (1, 2, 'pruned', 1)",
      /a gap or a walk is open/u,
    ],
    [
      'the figures of an order are not those that were read',
      'UPDATE file_record SET size_bytes = size_bytes + 1',
      /^\S+ is 1048577 .* in the database, and was 1048576 .* on chain at \d+$/u,
    ],
    [
      'a cleanup waits although its order was found again',
      `INSERT INTO cleanup_record (cid, status, cause, seen_block, created_ms, updated_ms)
       SELECT cid, 'seen', 'event', read_block - 1, 1, 1 FROM file_record WHERE status = 'handled'`,
      /and on chain at \d+, and its cleanup is seen still/u,
    ],
    [
      'an order is given up before its last attempt',
      "UPDATE file_record SET status = 'failed', attempts = 4 WHERE status = 'waiting'",
      /failed after 4 of 5 attempts/u,
    ],
    [
      'a block contradicts itself where no node lies',
      "INSERT INTO gap (from_block, to_block, reason, found_ms, closed_walk) SELECT 7, 7, 'contradiction', 1, MIN(id) FROM walk",
      /events and orders of block 7 are said to contradict/u,
    ],
    [
      'an order is expired before its time',
      "UPDATE file_record SET verdict = 'expired' WHERE status = 'waiting'",
      /is said to be expired, and on chain it expires at \d+$/u,
    ],
    [
      'a record says something else than sWorker',
      "UPDATE pin_record SET status = 'lost' WHERE status = 'sealed'",
      /is sealed in sWorker and lost in the records/u,
    ],
    ['pulls have too few records', "DELETE FROM pin_record WHERE status = 'sealed'", /was pulled 1 times and has 0/u],
  ])('%s', async (_, plant, message) => {
    expect(await brokenWith(plant)).toContainEqual(expect.stringMatching(message));
  });

  test('a file is deleted without two confirmations', async () => {
    const lettingGo = [{ how: 'storage/delete', cid: handled, atBlock: world.head } as const];
    expect(await brokenWith('', { lettingGo })).toEqual([expect.stringContaining('without two confirmations')]);
    const close = (later: number, due: number): string =>
      `INSERT INTO cleanup_record (cid, status, cause, seen_block, confirmed_block, due_block, created_ms, updated_ms)
       VALUES ('${handled}', 'done', 'event', 10, ${10 + later}, ${due}, 1, 1)`;
    expect(await brokenWith(close(9, 10), { lettingGo })).toHaveLength(1);
    expect(await brokenWith(close(10, world.head + 1), { lettingGo })).toHaveLength(1);
    expect(await brokenWith(close(10, world.head), { lettingGo })).toEqual([]);
  });

  test('a lost file is deleted before its grace is over', async () => {
    const lettingGo = [{ how: 'storage/delete', cid: handled, atBlock: world.head } as const];
    const lost = `UPDATE pin_record SET lost_block = ${world.head - 100}`;
    expect(await brokenWith(lost, { lettingGo, lostGraceBlocks: 101 })).toHaveLength(1);
    expect(await brokenWith(lost, { lettingGo, lostGraceBlocks: 100 })).toEqual([]);
  });

  test('the file of a closed order is held still', async () => {
    const closed = "UPDATE file_record SET cid = 'gone-from-the-chain', status = 'closed' WHERE status = 'waiting'";
    const found = await brokenWith(closed, { held: ['gone-from-the-chain'] });
    expect(found).toContainEqual('the order of gone-from-the-chain is closed and sWorker holds its file');
  });

  test('an order that is to be taken is not', async () => {
    const wanted = [handled];
    expect(await brokenWith('', { wanted })).toEqual([]);
    const passedBy = "UPDATE file_record SET status = 'waiting', verdict = 'expired' WHERE status = 'handled'";
    expect(await brokenWith(passedBy, { wanted })).toContainEqual(`${handled} is to be taken and is waiting expired`);
    const tooSmall = passedBy.replace('expired', 'too-small');
    expect(await brokenWith(tooSmall, { wanted })).toContainEqual(`${handled} is to be taken and is too-small`);
    const unknown = await brokenWith('DELETE FROM file_record', { wanted });
    expect(unknown).toContainEqual(`${handled} is to be taken and is unknown `);
  });

  test('an order is pulled that is not to be taken', async () => {
    expect(await brokenWith('', { unwanted: [handled] })).toEqual([`${handled} was pulled and is not to be taken`]);
  });

  test('a file is held without a record', async () => {
    const found = await brokenWith('', { held: [handled, 'unrecorded'], lost: ['unrecorded'] });
    expect(found).toEqual(['unrecorded is lost in sWorker and not held in the records']);
  });

  test('a seal is ended that no pull began', () => {
    const watch = new Watch(world.chain, world.sworker);
    const call = { part: 'sworker', name: 'POST /storage/seal_end' } as const;
    watch.pullBegins(handled);
    watch.sent({ ...call, target: handled });
    watch.sent({ ...call, target: "the operator's" });
    expect(watch.violations).toEqual(["the seal of the operator's was ended, which no pull of the bot began"]);
  });

  test('a record waits for a pull that nobody runs', async () => {
    const found = await brokenWith(`${pulling}; ${running}`, { isBotUp: true });
    expect(found).toContainEqual(expect.stringMatching(/has a record and nobody pulls it/u));
  });

  test('more pulls are claimed than may stand ahead', async () => {
    const found = await brokenWith(`${pulling}; ${running}`, { maxPendingTasks: 0 });
    expect(found).toContainEqual('1 records run, more than 0');
  });

  test('something was seen the moment it happened', async () => {
    expect(await brokenWith('', { seen: ['it was deleted'] })).toEqual(['it was deleted']);
  });

  test.each([1, 78])('the process ended with %i', async (exitCode) => {
    expect(await brokenWith('', { exits: [{ exitCode, error: 'why' }] })).toEqual([
      `the process ended with ${exitCode}: why`,
    ]);
  });

  test('timers grow', async () => {
    expect(await brokenWith('', { timers: 1000 })).toEqual(['1000 timers wait']);
  });

  test('a secret is printed', async () => {
    expect(await brokenWith('', { printed: `token ${coordinatorToken}` })).toEqual(['a secret was printed']);
  });
});
