import { readFile } from 'node:fs/promises';
import path from 'node:path';
import createKnex from 'knex';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isHalfway, readBackfill } from '../../kills/wal-index.ts';
import { tempDir } from '../../support/temp-dir.ts';

describe('the index of a log', () => {
  it('tells how many pages a checkpoint has moved', async () => {
    const filename = path.join(await tempDir(), 'some.sqlite');
    const knex = createKnex({ client: 'sqlite3', connection: { filename }, useNullAsDefault: true });
    onTestFinished(async () => await knex.destroy());
    await knex.raw('PRAGMA journal_mode = WAL');
    await knex.raw('CREATE TABLE some (content)');
    for (let i = 0; i < 20; i += 1) await knex('some').insert({ content: 'x'.repeat(5000) });
    const read = async () => readBackfill(await readFile(`${filename}-shm`));
    expect(await read()).toEqual({ done: 0, attempted: 0 });
    const [outcome]: { log: number; checkpointed: number }[] = await knex.raw('PRAGMA wal_checkpoint(PASSIVE)');
    expect(outcome?.checkpointed).toBeGreaterThan(20);
    expect(await read()).toEqual({ done: outcome?.checkpointed, attempted: outcome?.log });
  });

  it('of no length tells nothing', () => {
    expect(readBackfill(Buffer.alloc(0))).toBeUndefined();
  });

  it.each([
    [0, 0, false],
    [5, 5, false],
    [0, 5, true],
    [3, 5, true],
  ])('with %i of %i pages moved: halfway %s', (done, attempted, expected) => {
    expect(isHalfway({ done, attempted })).toBe(expected);
  });
});
