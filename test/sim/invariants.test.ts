import sqlite3 from 'sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SmError } from '../../src/domain/errors.ts';
import { DAY_BLOCKS, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/units.ts';
import type { InvariantView } from '../support/invariant-view.ts';
import { brokenInvariants } from '../support/invariants.ts';
import { RecordingLogger } from '../support/quiet-logger.ts';
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
    [
      'the verdict of a handled order cannot be derived again',
      "UPDATE file_record SET verdict = 'too-large', decided_block = read_block WHERE status = 'handled'",
      /is too-large, derived again take/u,
    ],
    [
      'the verdict of an order that is pulled cannot be derived again',
      "UPDATE file_record SET status = 'pulling', verdict = 'dice', decided_block = read_block WHERE status = 'handled'",
      /is dice, derived again take/u,
    ],
    [
      'an order is pulled that is not to be taken',
      "UPDATE file_record SET status = 'pulling', decided_block = read_block WHERE status = 'waiting'",
      /is pulling with not-ours/u,
    ],
    [
      'an order failed that was not to be taken',
      "UPDATE file_record SET status = 'failed', attempts = 5, decided_block = read_block WHERE status = 'waiting'",
      /is failed with not-ours/u,
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
      'one close began two cleanups',
      `INSERT INTO cleanup_record (cid, status, cause, seen_block, created_ms, updated_ms)
       SELECT cid, 'cancelled', 'event', 7, 1, 1 FROM file_record WHERE status = 'handled'
       UNION ALL SELECT cid, 'done', 'event', 7, 1, 1 FROM file_record WHERE status = 'handled'`,
      /the close of \S+ at 7 began 2 cleanups/u,
    ],
    [
      'a cleanup was begun by the event of a close that never was',
      `INSERT INTO cleanup_record (cid, status, cause, seen_block, created_ms, updated_ms)
       SELECT cid, 'cancelled', 'event', 7, 1, 1 FROM file_record WHERE status = 'handled'`,
      /cleanup by the event of a close at 7, and was not closed then/u,
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
    [
      'an order that is not on chain is not closed',
      "UPDATE file_record SET cid = 'another' WHERE status = 'waiting'",
      /^another is waiting in the database and not on chain at \d+$/u,
    ],
    [
      'a verdict of a moment has no next look',
      "UPDATE file_record SET verdict = 'few-replicas', look_block = NULL WHERE status = 'waiting'",
      /is few-replicas without a next look/u,
    ],
    [
      'the events of the last blocks are not read although all is settled',
      "UPDATE config SET content = json_set(content, '$.block', content ->> 'block' - 2) WHERE name = 'event-cursor'",
      /^the events are indexed up to \d+, the head is \d+$/u,
    ],
    ['pulls have too few records', "DELETE FROM pin_record WHERE status = 'sealed'", /was pulled 1 times and has 0/u],
  ])('%s', async (_, plant, message) => {
    expect(await brokenWith(plant)).toContainEqual(expect.stringMatching(message));
  });

  test('a file is deleted without two confirmations', async () => {
    const lettingGo = [{ how: 'storage/delete', cid: handled, atBlock: world.head } as const];
    expect(await brokenWith('', { lettingGo })).toEqual([expect.stringContaining('without two confirmations')]);
    const close = (later: number, due: number, status = 'done', deleted: number | null = world.head): string =>
      `INSERT INTO cleanup_record (cid, status, cause, seen_block, confirmed_block, due_block, deleted_block, created_ms, updated_ms)
       VALUES ('${handled}', '${status}', 'absence', 10, ${10 + later}, ${due}, ${deleted}, 1, 1)`;
    expect(await brokenWith(close(9, 10), { lettingGo })).toHaveLength(1);
    expect(await brokenWith(close(10, world.head + 1), { lettingGo })).toHaveLength(1);
    expect(await brokenWith(close(10, world.head), { lettingGo })).toEqual([]);
    expect(
      await brokenWith(close(10, world.head), { lettingGo: lettingGo.map((one) => ({ ...one, isLive: true })) }),
    ).toEqual([expect.stringContaining('its order lives')]);
  });

  test('a file is deleted for a close from before its order came back', async () => {
    const lettingGo = [{ how: 'storage/delete', cid: handled, atBlock: world.head } as const];
    const cleanup = (status: string, seen: number, confirmed: number | null, deleted: number | null = null): string =>
      `INSERT INTO cleanup_record (cid, status, cause, seen_block, confirmed_block, due_block, deleted_block, created_ms, updated_ms)
       VALUES ('${handled}', '${status}', 'absence', ${seen}, ${confirmed}, ${confirmed}, ${deleted}, 1, 1)`;
    const justNow = cleanup('done', 10, 20, world.head);
    const longAgo = cleanup('done', 10, 20, world.head - 101);
    const calledOff = cleanup('cancelled', 10, 20);
    const unconfirmed = cleanup('seen', world.head - 10, null);
    expect(await brokenWith(justNow, { lettingGo })).toEqual([]);
    expect(await brokenWith(longAgo, { lettingGo })).toEqual([expect.stringContaining('its cleanup is done')]);
    for (const before of [justNow, longAgo, calledOff]) {
      const found = await brokenWith(`${before}; ${unconfirmed}`, { lettingGo });
      expect(found).toContainEqual(expect.stringContaining('its cleanup is seen'));
    }
    const asked = { lettingGo: lettingGo.map((one) => ({ ...one, atMs: 1 })) };
    const before = await brokenWith(`${justNow}; ${unconfirmed}`, asked);
    expect(before).toContainEqual(expect.stringContaining('its cleanup is seen'));
    const afterIt = `${justNow}; ${unconfirmed.replace('1, 1)', '2, 2)')}`;
    const after = await brokenWith(afterIt, asked);
    expect(after).not.toContainEqual(expect.stringContaining('two confirmations'));
    const withIt = await brokenWith(`${justNow}; ${unconfirmed.replace('absence', 'found')}`, asked);
    expect(withIt).not.toContainEqual(expect.stringContaining('two confirmations'));
    const putBack = cleanup('confirmed', 10, 20, world.head - 101);
    expect(await brokenWith(putBack, { lettingGo })).not.toContainEqual(expect.stringContaining('two confirmations'));
    const confirmed = cleanup('confirmed', world.head - 20, world.head - 10);
    const found = await brokenWith(`${longAgo}; ${confirmed}`, { lettingGo });
    expect(found).not.toContainEqual(expect.stringContaining('two confirmations'));
  });

  test('a lost file is deleted before its grace is over', async () => {
    const lettingGo = [{ how: 'storage/delete', cid: handled, atBlock: world.head, isLive: true } as const];
    const lost = `UPDATE pin_record SET lost_block = ${world.head - 100}, status = 'lost'`;
    const early = await brokenWith(lost, { lettingGo, lostGraceBlocks: 101 });
    expect(early).toContainEqual(expect.stringContaining('without two confirmations'));
    const inTime = await brokenWith(lost, { lettingGo, lostGraceBlocks: 100 });
    expect(inTime).not.toContainEqual(expect.stringContaining('without two confirmations'));
    const removed = (letGo: number): string =>
      `UPDATE pin_record SET lost_block = 10, status = 'removed', let_go_block = ${letGo}`;
    const now = await brokenWith(removed(world.head), { lettingGo, lostGraceBlocks: 100 });
    expect(now).not.toContainEqual(expect.stringContaining('without two confirmations'));
    const longAgo = await brokenWith(removed(world.head - 101), { lettingGo, lostGraceBlocks: 100 });
    expect(longAgo).toContainEqual(expect.stringContaining('without two confirmations'));
  });

  test('more files are deleted than may be within a day', async () => {
    const deletedAt = (...blocks: number[]) => blocks.map((askedAtBlock, n) => ({ cid: `file ${n}`, askedAtBlock }));
    const at = (block: number, count: number): number[] => Array.from({ length: count }, () => block);
    const most = deletedAt(...at(100, 200), ...at(100 + DAY_BLOCKS, 200));
    expect(await brokenWith('', { deleted: most })).toEqual([]);
    for (const block of [100, 100 + DAY_BLOCKS / 2, 100 + DAY_BLOCKS]) {
      expect(await brokenWith('', { deleted: [...most, ...deletedAt(block)] })).toEqual([
        expect.stringMatching(/^201 files were deleted within a day before \d+, more than 200$/u),
      ]);
    }
    const ofMany = (files: number) => {
      const held = Array.from({ length: 5000 - files }, (_, n) => `held ${n}`);
      return { held, maxPercentPerDay: 5, deleted: deletedAt(...at(100, files)) };
    };
    const inADay = expect.stringContaining('were deleted within a day');
    expect(await brokenWith('', ofMany(250))).not.toContainEqual(inADay);
    expect(await brokenWith('', ofMany(251))).toContainEqual(inADay);
  });

  test('a seal is ended that no pull began, but not where the bot is told to end them', () => {
    const watch = new Watch(world.chain, world.sworker, { endsOrphanSeals: true });
    watch.sent({ part: 'sworker', name: 'POST /storage/seal_end', target: "the operator's" });
    expect(watch.violations).toEqual([]);
  });

  describe('behind an open gap or walk', () => {
    const gapFrom = (block: number): string =>
      `INSERT INTO gap (from_block, to_block, reason, found_ms) VALUES (${block}, ${block + 1}, 'pruned', 1)`;
    const walking = `INSERT INTO walk (status, reason, reads_all, anchor_block, oldest_page_block, newest_page_block, cursor, started_ms)
      VALUES ('running', 'interval', 0, 1, 1, 1, '', 1)`;

    test.each([
      ['a gap', gapFrom(5_000_030)],
      ['a walk', walking],
    ])('an order that %s cannot hide is not known, or closed', async (_, open) => {
      const unknown = await brokenWith(`DELETE FROM file_record; ${open}`);
      expect(unknown).toContainEqual(expect.stringMatching(/is on chain since \d+ and not in the database/u));
      const closed = await brokenWith(`UPDATE file_record SET status = 'closed'; ${open}`);
      expect(closed).toContainEqual(expect.stringMatching(/is on chain since \d+ and closed in the database/u));
    });

    test.each([
      ['it may lie in the gap', gapFrom(1)],
      ['no walk was complete yet', `UPDATE walk SET status = 'running'`],
    ])('but not when %s', async (_, open) => {
      const found = await brokenWith(`DELETE FROM file_record; ${open}`);
      expect(found).not.toContainEqual(expect.stringContaining('is on chain'));
    });
  });

  test('the file of a closed order is held still', async () => {
    const closed = "UPDATE file_record SET cid = 'gone-from-the-chain', status = 'closed' WHERE status = 'waiting'";
    const found = await brokenWith(closed, { held: ['gone-from-the-chain'] });
    expect(found).toContainEqual('the order of gone-from-the-chain is closed and sWorker holds its file');
    const pinned = ['gone-from-the-chain', 'nobody ordered it'];
    const ours = `${closed}; UPDATE pin_record SET cid = 'gone-from-the-chain', pinned_before = 0`;
    const left = await brokenWith(ours, { pinned });
    expect(left).toContainEqual('the order of gone-from-the-chain is closed and its pin is left');
    expect(left).not.toContainEqual(expect.stringContaining('nobody ordered it'));
    const theirs = await brokenWith(ours.replace('pinned_before = 0', 'pinned_before = 1'), { pinned });
    expect(theirs).not.toContainEqual(expect.stringContaining('its pin is left'));
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

  describe('of a file whose order lives', () => {
    const call = {
      'storage/delete': { part: 'sworker', name: 'POST /storage/delete' },
      'pin/rm': { part: 'ipfs', name: 'pin/rm' },
    } as const;

    /** What is seen when the bot lets go of it in these ways while sWorker has it so. */
    function seenWhen(state: 'pending' | 'valid' | 'lost' | 'absent', ways: readonly (keyof typeof call)[]) {
      const { files } = world.sworker;
      const [pending, held] = [new Map(files.pending), new Map(files.held)];
      const file = files.held.get(handled);
      files.held.delete(handled);
      const pendingFile = { cid: handled, startedMs: 0, diskIndex: 0, plainBytes: 0, sealedBytes: 0, dag: undefined };
      if (state === 'pending') files.pending.set(handled, pendingFile);
      else if (state !== 'absent' && file !== undefined) files.held.set(handled, { ...file, state });
      const watch = new Watch(world.chain, world.sworker);
      for (const how of ways) watch.sent({ ...call[how], target: handled });
      files.pending.clear();
      files.held.clear();
      for (const [cid, one] of pending) files.pending.set(cid, one);
      for (const [cid, one] of held) files.held.set(cid, one);
      expect(watch.lettingGo.map(({ isLive }) => isLive)).toEqual(ways.map(() => true));
      return watch.violations;
    }

    test.each(['pending', 'valid'] as const)('one that is %s is deleted', (state) => {
      expect(seenWhen(state, ['storage/delete'])).toEqual([
        expect.stringMatching(new RegExp(`was deleted .* its order lives and it is ${state}$`, 'u')),
      ]);
    });

    test.each(['pending', 'valid', 'lost'] as const)('one that is %s is unpinned', (state) => {
      expect(seenWhen(state, ['pin/rm'])).toEqual([
        expect.stringMatching(new RegExp(`was unpinned .* its order lives and it is ${state}$`, 'u')),
      ]);
    });

    test('nothing is said of one that is lost and deleted, nor of one that is not there', () => {
      expect(seenWhen('lost', ['storage/delete', 'pin/rm'])).toEqual([]);
      expect(seenWhen('absent', ['storage/delete', 'pin/rm'])).toEqual([]);
      expect(seenWhen('lost', ['storage/delete', 'pin/rm', 'pin/rm'])).toHaveLength(1);
    });
  });

  test('a file is pulled without a record', async () => {
    const found = await brokenWith('', { isBotUp: true, pulling: [handled] });
    expect(found).toEqual([`${handled} is pulled without a record`]);
  });

  test('a file is pulled twice at once', () => {
    const watch = new Watch(world.chain, world.sworker);
    watch.pullBegins(handled);
    watch.pullEnds(handled);
    watch.pullBegins(handled);
    expect(watch.violations).toEqual([]);
    watch.pullBegins(handled);
    expect(watch.violations).toEqual([expect.stringContaining(`${handled} is pulled 2 times at once`)]);
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

  test.each([
    [1, '', {}],
    [78, '', {}],
    [0, ' without being asked', {}],
    [75, ' after 1799 s, which no outage can have lasted', { livedMs: 30 * MINUTE_MS - SECOND_MS }],
    [75, ' after 0 s, which no outage can have lasted', { error: new SmError('CHAIN_UNREACHABLE', 'why'), livedMs: 0 }],
    [75, ' while it pulled one', { error: new SmError('CHAIN_UNREACHABLE', 'why'), pulling: ['one'] }],
    [75, ' while it pulled one, other', { error: new SmError('DISK_FULL', 'why'), pulling: ['one', 'other'] }],
    [75, ' for what is waited for without limit', { error: new SmError('SWORKER_UPGRADING', 'why'), livedMs: DAY_MS }],
    [75, ' for what is waited for without limit', { error: new SmError('CHAIN_SYNCING', 'why'), livedMs: DAY_MS }],
  ])('the process ended with %i%s', async (exitCode, wrong, also) => {
    const exits = [{ exitCode, error: 'why', isAsked: false, livedMs: 30 * MINUTE_MS, ...also }];
    expect(await brokenWith('', { exits })).toEqual([
      expect.stringContaining(`the process ended with ${exitCode}${wrong}: `),
    ]);
  });

  test.each([
    [0, { isAsked: true }],
    [75, { livedMs: 30 * MINUTE_MS }],
    [75, { error: new SmError('DATABASE_BUSY', 'why'), pulling: ['one'] }],
    [75, { error: new SmError('DISK_FULL', 'why'), pulling: ['one'], livedMs: 6 * HOUR_MS }],
    [75, { error: new SmError('DISK_FULL', 'why') }],
  ])('but not that it ended with %i as it may', async (exitCode, also) => {
    expect(await brokenWith('', { exits: [{ exitCode, isAsked: false, livedMs: 0, ...also }] })).toEqual([]);
  });

  test('timers grow', async () => {
    expect(await brokenWith('', { timers: 1000 })).toEqual(['1000 timers wait']);
  });

  test('a secret is printed', async () => {
    expect(await brokenWith('', { printed: `token ${coordinatorToken}` })).toEqual(['a secret was printed']);
  });

  test.each([
    ['message', new Error(coordinatorToken)],
    ['data', new SmError('DEFECT', 'It failed', { header: `Bearer ${coordinatorToken}` })],
    ['cause', new SmError('DEFECT', 'It failed', {}, new Error('why', { cause: new Error(coordinatorToken) }))],
    ['own words', Object.assign(new Error('It failed'), { request: { headers: { sent: [coordinatorToken] } } })],
  ])('a secret is printed in the %s of an error', async (_, error) => {
    const logger = new RecordingLogger();
    logger.error('It failed', {}, error);
    expect(await brokenWith('', { printed: logger.text })).toEqual(['a secret was printed']);
    expect(JSON.stringify(logger.lines)).not.toContain(coordinatorToken);
  });
});
