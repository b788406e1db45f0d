import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Database, databaseFileName } from '../../../src/store/database.ts';
import { connect } from '../../../src/store/connection.ts';
import { tempDir } from '../../support/temp-dir.ts';

async function connected() {
  const knex = connect(path.join(await tempDir(), 'cache.sqlite'), [], 1);
  onTestFinished(async () => await knex.destroy());
  await knex.raw('CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT UNIQUE)');
  return knex;
}

describe('statements kept prepared', () => {
  it('give the same again with other values, and tell what they changed', async () => {
    const knex = await connected();
    for (const text of ['a', 'b', 'c']) expect(await knex('note').insert({ text })).toHaveLength(1);
    expect(
      await knex('note')
        .where('id', '>', 1)
        .update({ text: knex.raw("text || '!'") }),
    ).toBe(2);
    expect(
      await knex('note')
        .where('id', '>', 2)
        .update({ text: knex.raw("text || '!'") }),
    ).toBe(1);
    expect(await knex('note').where({ id: 2 }).first('text')).toEqual({ text: 'b!' });
    expect(await knex('note').where({ id: 1 }).first('text')).toEqual({ text: 'a' });
    expect(await knex('note').where({ id: 9 }).first('text')).toBeUndefined();
  });

  it('go on after one of them failed, and after more texts than are kept', async () => {
    const knex = await connected();
    await knex('note').insert({ text: 'a' });
    for (let round = 0; round < 3; round += 1) {
      await expect(knex('note').insert({ text: 'a' })).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT' });
      expect(await knex('note').where({ text: 'a' })).toHaveLength(1);
    }
    await expect(knex.raw('SELECT nothing FROM nowhere')).rejects.toMatchObject({ code: 'SQLITE_ERROR' });
    for (let text = 0; text < 300; text += 1) {
      expect(await knex.raw(`SELECT ${text} AS n FROM note WHERE text = ?`, ['a'])).toEqual([{ n: text }]);
    }
    expect(await knex.raw('SELECT 0 AS n FROM note WHERE text = ?', ['a'])).toEqual([{ n: 0 }]);
  });

  it('see a table that was changed since, and long texts', async () => {
    const knex = await connected();
    const all = async (): Promise<unknown[]> => await knex.raw('SELECT * FROM note');
    expect(await all()).toEqual([]);
    await knex.raw('ALTER TABLE note ADD COLUMN more TEXT');
    const text = 'x'.repeat(100_000);
    await knex('note').insert({ text, more: 'm' });
    expect(await all()).toEqual([{ id: 1, text, more: 'm' }]);
    expect(await knex('note').where({ text }).select('id')).toEqual([{ id: 1 }]);
  });
});

describe('a transaction', () => {
  it('is over when its work throws, and the next one begins afresh', async () => {
    const folder = await tempDir();
    const database = await Database.open(folder);
    onTestFinished(async () => await database.close());
    const set = async (name: string): Promise<void> => {
      await database.write('claim', async (tx) => {
        await tx('config').insert({ name, content: '1' });
        if (name === 'bad') throw new Error('no');
      });
    };
    await set('a');
    await expect(set('bad')).rejects.toThrow('no');
    await expect(set('a')).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT' });
    await set('b');
    expect(await database.read(async (reader) => await reader('config').orderBy('name').pluck('name'))).toEqual([
      'a',
      'b',
    ]);
    expect(databaseFileName).toBe('smanager-db.sqlite');
  });

  it('that is bulk and slow is told of; others are not', async () => {
    let now = 0;
    const told: number[] = [];
    const watch = { monotonicMs: () => now, onSlowBulk: (tookMs: number) => void told.push(tookMs) };
    const database = await Database.open(await tempDir(), { watch });
    onTestFinished(async () => await database.close());
    const take = async (priority: 'claim' | 'bulk', ms: number): Promise<void> =>
      await database.write(priority, async () => void (now += ms));
    await take('bulk', 20);
    await take('claim', 500);
    await take('bulk', 21);
    expect(told).toEqual([21]);
  });
});
