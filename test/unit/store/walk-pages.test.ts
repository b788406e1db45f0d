import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { comparePage, type PageRange, type ReadingRule } from '../../../src/store/walk-pages.ts';
import { ChainRoom } from '../../support/chain-room.ts';

let room: ChainRoom;
const positions = 2 ** 48;
const noTurns = { startBlock: 0, cycleBlocks: 1e9, throughPosition: -1 };
const rule: ReadingRule = { readsAll: false, groupOwner: null, turns: noTurns };

beforeEach(async () => {
  room = await ChainRoom.open();
});

afterEach(async () => {
  await room.close();
});

interface RowSpec {
  readonly position: number;
  readonly cid: string;
  readonly twin?: number;
  readonly columns?: Readonly<Record<string, string | number>>;
}

async function insert(rows: readonly RowSpec[]): Promise<void> {
  await room.database.write('bulk', async (tx) => {
    for (const { position, cid, twin = 0, columns } of rows) {
      await tx('file_record').insert({
        key_position: position,
        key_twin: twin,
        cid,
        seen: 1,
        size_bytes: 1,
        reward_pico: '1',
        calculated_block: 1,
        expiry_block: 1,
        replicas: 1,
        group_hold: 0,
        read_block: 10,
        created_block: 10,
        class: 'db',
        status: 'waiting',
        verdict: 'dice',
        ...columns,
      });
    }
  });
}

const wholeMap = (cids: readonly string[], range: Partial<PageRange> = {}): PageRange => ({
  keys: cids.map((text, index) => ({ text, position: index + 1 })),
  afterPosition: -1,
  beforePosition: positions,
  atBlock: 20,
  ...range,
});

async function idOf(cid: string): Promise<number> {
  const row = await room.database.read(
    async (reader): Promise<{ id: number } | undefined> => await reader('file_record').where({ cid }).first('id'),
  );
  return row?.id ?? 0;
}

describe('a page of keys', () => {
  it('is held against any number of rows, and names those that are not on it', async () => {
    const cids = Array.from({ length: 4500 }, (_, index) => `cid-${index}`);
    await room.database.write('bulk', async (tx) => {
      await tx.raw(
        `INSERT INTO file_record (key_position, cid, seen, size_bytes, reward_pico, calculated_block, expiry_block, replicas, group_hold, read_block, created_block, class, status)
         SELECT key + 1, value, 1, 1, '1', 1, 1, 1, 0, 10, 10, 'db', 'handled' FROM json_each(?)`,
        [JSON.stringify(cids)],
      );
    });
    const kept = cids.filter((_, index) => index % 1000 !== 7);
    const page = { ...wholeMap([]), keys: kept.map((text) => ({ text, position: Number(text.slice(4)) + 1 })) };
    const found = await comparePage(room.database, page, rule);
    expect(found).toMatchObject({ toRead: [], unknown: 0, foundAgain: [], unmarked: [] });
    expect(found.missing).toEqual(
      await Promise.all(['cid-7', 'cid-1007', 'cid-2007', 'cid-3007', 'cid-4007'].map(idOf)),
    );
  });

  it('is held against more orders of one position than are read at once', async () => {
    const rows = Array.from({ length: 2300 }, (_, twin) => ({ position: 5, cid: `twin-${twin}`, twin }));
    await insert(rows);
    const keys = rows.filter(({ twin }) => twin !== 2200).map(({ cid }) => ({ text: cid, position: 5 }));
    const found = await comparePage(room.database, { ...wholeMap([]), keys: keys.toReversed() }, rule);
    expect(found.toRead).toEqual([]);
    expect(found.missing).toEqual([await idOf('twin-2200')]);
  });

  it('does not judge rows at its neighbours, newer than it, or closed', async () => {
    await insert([
      { position: 1, cid: 'before' },
      { position: 2, cid: 'gone' },
      { position: 3, cid: 'newer', columns: { read_block: 20 } },
      { position: 4, cid: 'closed', columns: { status: 'closed' } },
      { position: 5, cid: 'last-place' },
    ]);
    const page = { ...wholeMap([]), keys: [{ text: 'other', position: 5 }], afterPosition: 1, beforePosition: 5 };
    const found = await comparePage(room.database, page, rule);
    expect(found).toMatchObject({ toRead: [0], unknown: 1, missing: [await idOf('gone')] });
  });

  it('reads an order again when its turn has come, unless nobody is asked for whom a value was read', async () => {
    const half = positions / 2;
    await insert([
      { position: half - 1, cid: 'low' },
      { position: half + 1, cid: 'high' },
    ]);
    // The cycle began at block 0, the map's lower half has had its turn by block 50.
    const turns = { startBlock: 0, cycleBlocks: 100, throughPosition: half };
    const keys = [
      { text: 'low', position: half - 1 },
      { text: 'high', position: half + 1 },
    ];
    const page = { ...wholeMap([]), keys, atBlock: 60 };
    expect((await comparePage(room.database, page, { ...rule, turns })).toRead).toEqual([0]);
    const later = { ...turns, startBlock: 100, throughPosition: half };
    expect((await comparePage(room.database, { ...page, atBlock: 160 }, { ...rule, turns: later })).toRead).toEqual([
      0, 1,
    ]);
    await room.database.write('bulk', async (tx) => {
      await tx('account').insert({ id: 1, address: 'cTOwner' });
      await tx('file_record').update({ group_owner_id: 1 });
    });
    expect((await comparePage(room.database, page, { ...rule, turns })).toRead).toEqual([]);
    expect((await comparePage(room.database, page, { ...rule, turns, groupOwner: 'cTOwner' })).toRead).toEqual([0]);
    expect((await comparePage(room.database, page, { ...rule, turns, groupOwner: 'cTOther' })).toRead).toEqual([0, 1]);
  });
});
