import { describe, expect, it, onTestFinished } from 'vitest';
import { Database } from '../../../src/store/database.ts';
import { Facts } from '../../../src/store/facts.ts';
import { Overview } from '../../../src/store/overview.ts';
import { selectOrders, toOrder } from '../../../src/store/order-row.ts';
import { Tally } from '../../../src/store/tally.ts';
import { ofSchema1 } from '../../support/schema-1.ts';
import { tempDir } from '../../support/temp-dir.ts';

const order = {
  key_position: 7,
  seen: 1,
  size_bytes: 5,
  reward_pico: '1000'.padStart(39, '0'),
  calculated_block: 1,
  expiry_block: 0,
  replicas: 0,
  group_hold: 0,
  read_block: 1,
  created_block: 1,
  class: 'new',
  status: 'new',
};
const pin = { size_bytes: 1, started_ms: 1, started_block: 1, updated_ms: 5 };

describe('a database of the first schema', () => {
  it('is not looked at by a command before a bot has brought it up to date', async () => {
    const folder = await tempDir();
    await ofSchema1(folder, async () => undefined);
    await expect(Database.openExisting(folder)).rejects.toMatchObject({ code: 'DATABASE_OLDER' });
    await (await Database.open(folder)).close();
    await (await Database.openExisting(folder)).close();
  });

  it('is brought to this one with all it holds', async () => {
    const folder = await tempDir();
    await ofSchema1(folder, async (knex) => {
      await knex('file_record').insert([
        { ...order, cid: 'b' },
        {
          ...order,
          cid: 'a',
          reward_pico: '340282366920938463463374607431768211455',
          status: 'pulling',
          turn_block: 9,
        },
        {
          ...order,
          cid: 'c',
          key_position: 8,
          reward_pico: '9'.repeat(20).padStart(39, '0'),
          status: 'handled',
          turn_block: 7,
        },
      ]);
      await knex('pin_record').insert([
        { ...pin, cid: 'b', status: 'sealed', cause: 'pull' },
        { ...pin, cid: 'c', status: 'lost', cause: 'found' },
        { ...pin, cid: 'a', status: 'running', cause: 'pull' },
      ]);
      await knex('cleanup_record').insert({
        cid: 'x',
        status: 'done',
        cause: 'event',
        seen_block: 1,
        created_ms: 1,
        updated_ms: 9,
      });
      await knex('config').insert({ name: 'chain-time', content: '{"atBlock":70,"atMs":86400009}' });
      const open = { status: 'seen', seen_block: 1, created_ms: 1, updated_ms: 1, cause: 'event' };
      await knex('cleanup_record').insert([
        { ...open, cid: 'b' },
        { ...open, cid: 'y', status: 'done', updated_ms: 8 },
      ]);
    });
    const database = await Database.open(folder);
    onTestFinished(async () => await database.close());
    const rows = await database.read(async (reader) => await selectOrders(reader).orderBy('reward_pico'));
    expect(rows.map(toOrder).map(({ key, rewardPico }) => [key.text, rewardPico])).toEqual([
      ['b', '1000'],
      ['c', '9'.repeat(20)],
      ['a', '340282366920938463463374607431768211455'],
    ]);
    const twins = await database.read(
      async (reader) => await reader('file_record').orderBy('cid').select('cid', 'key_twin'),
    );
    expect(twins).toEqual([
      { cid: 'a', key_twin: 0 },
      { cid: 'b', key_twin: 1 },
      { cid: 'c', key_twin: 0 },
    ]);
    const overview = new Overview(database);
    expect(await overview.heldFiles()).toEqual({ sealed: 1, lost: 1 });
    expect(await overview.cleanups()).toEqual(
      new Map([
        ['done', 2],
        ['seen', 1],
      ]),
    );
    // Of the last day's deletions the head is taken for the block.
    const cleanups = await database.read(
      async (reader) => await reader('cleanup_record').orderBy('cid').select('cid', 'size_bytes', 'deleted_block'),
    );
    expect(cleanups).toEqual([
      { cid: 'b', size_bytes: 1, deleted_block: null },
      { cid: 'x', size_bytes: 0, deleted_block: 70 },
      { cid: 'y', size_bytes: 0, deleted_block: null },
    ]);
    expect(await overview.deletions(71)).toMatchObject({ held: { files: 2, bytes: 2 }, deleted: { files: 1 } });
    expect(await overview.pinsSince(5)).toEqual(new Map([['sealed', { count: 1, bytes: 1 }]]));
    expect(await overview.cleanupsDoneSince(9)).toBe(1);
    const turns = await database.read(
      async (reader) => await reader('file_record').orderBy('cid').pluck<(number | null)[]>('turn_block'),
    );
    expect(turns).toEqual([9, null, null]);
    const pulled = await database.read(
      async (reader) =>
        await reader('pin_record')
          .leftJoin('file_record', 'file_record.id', 'order_id')
          .orderBy('pin_record.cid')
          .pluck<(string | null)[]>('file_record.cid'),
    );
    expect(pulled).toEqual(['a', null, null]);
    const rereads = await database.read(async (reader) => await reader('file_record').pluck('reread_block'));
    expect(rereads).toEqual([0, 0, 0]);
    const tally = new Tally(database);
    expect(await tally.differences()).toEqual([]);
    expect(await tally.recordDifferences()).toEqual([]);
    await database.write('claim', async (tx) => await tx('pin_record').where({ cid: 'a' }).delete());
    expect(await tally.recordDifferences()).toEqual([]);
  });
});

describe('a revision under way in a database of the first schema', () => {
  it('goes through the rows again: it may have come to them by an index that is no more', async () => {
    const folder = await tempDir();
    const revision = { basisId: 3, done: false, fromRule: null, draws: [[0.3, 0.32]], throughId: 90 };
    await ofSchema1(folder, async (knex) => {
      const content = JSON.stringify({ ...revision, afterId: 90, afterDraw: { draw: 0.31, id: 5 } });
      await knex('config').insert({ name: 'revision', content });
    });
    const database = await Database.open(folder);
    onTestFinished(async () => await database.close());
    expect(await new Facts(database).find('revision')).toEqual({ ...revision, afterId: 0 });
  });
});

describe('the tally of records', () => {
  it('follows every row that comes, moves and goes', async () => {
    const database = await Database.open(await tempDir());
    onTestFinished(async () => await database.close());
    const tally = new Tally(database);
    await database.write('claim', async (tx) => {
      await tx('pin_record').insert([
        { ...pin, cid: 'a', status: 'running', cause: 'pull' },
        { ...pin, cid: 'b', status: 'sealed', cause: 'pull' },
        { ...pin, cid: 'c', status: 'sealed', cause: 'found' },
      ]);
      await tx('pin_record').insert({ ...pin, cid: 'd', status: 'running', cause: 'pull' });
      await tx('pin_record').where({ cid: 'a' }).update({ status: 'sealed' });
      await tx('pin_record').where({ cid: 'b' }).update({ status: 'lost' });
      await tx('pin_record').where({ cid: 'c' }).delete();
    });
    expect(await tally.records('pin')).toEqual(
      new Map([
        ['lost', 1],
        ['sealed', 1],
      ]),
    );
    expect(await tally.records('cleanup')).toEqual(new Map());
    expect(await tally.recordDifferences()).toEqual([]);
    await database.write('claim', async (tx) => {
      await tx('record_tally').where({ status: 'lost' }).update({ records: 2 });
      await tx('record_tally').insert({ record: 'cleanup', status: 'done', records: 1 });
      await tx('record_tally').where({ status: 'sealed' }).delete();
    });
    expect(new Set(await tally.recordDifferences())).toEqual(new Set(['pin lost', 'pin sealed', 'cleanup done']));
  });
});
