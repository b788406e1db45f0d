import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SmError } from '../../../src/domain/errors.ts';
import { Database, type Tx } from '../../../src/store/database.ts';
import { toStoreError } from '../../../src/store/sqlite-errors.ts';
import { rejection } from '../../support/rejection.ts';
import { tempDir } from '../../support/temp-dir.ts';

const bound = 'what-was-bound';

async function opened(): Promise<Database> {
  const database = await Database.open(await tempDir());
  onTestFinished(async () => await database.close());
  return database;
}

async function failing(work: (tx: Tx) => Promise<unknown>): Promise<Error> {
  const error = await rejection((await opened()).write('bulk', async (tx) => void (await work(tx))));
  if (!(error instanceof Error)) throw new Error('no error left the store');
  return error;
}

describe('the error of a failed statement', () => {
  it('says what SQLite said and of which statement, not what was bound to it', async () => {
    const page = JSON.stringify(Array.from({ length: 1000 }, (_, at) => ({ cid: `${bound}-${at}` })));
    const error = await failing(async (tx) => {
      await tx.raw(
        `INSERT INTO config (name, content)
         SELECT 'same', value FROM json_each(?)`,
        [page],
      );
    });
    expect(error).toMatchObject({ code: 'SQLITE_CONSTRAINT' });
    expect(error.message).toBe(
      'SQLITE_CONSTRAINT: UNIQUE constraint failed: config.name, in: ' +
        "INSERT INTO config (name, content) SELECT 'same', value FROM json_each(?)",
    );
    expect(error.stack).toContain('sqlite-errors.test.ts');
    expect(inspect(error)).not.toContain(bound);
  });

  it('is short and in one printable line, however long the statement', async () => {
    const names = Array.from({ length: 500 }, (_, at) => `${bound}-${at}`);
    const error = await failing(async (tx) => {
      await tx('config')
        .whereIn('name', names)
        .update({ content: tx.raw('nowhere.\u001B[31m\n') });
    });
    expect(error.message).toMatch(/^SQLITE_ERROR: .*, in: update `config` set .*… \(\d+ characters\)$/u);
    expect(error.message.length).toBeLessThan(600);
    expect(inspect(error)).not.toContain(bound);
  });

  it('knows nothing of what was bound inside its transaction either, where a task may log it', async () => {
    let inside: unknown;
    await failing(async (tx) => {
      try {
        await tx('config').insert([
          { name: bound, content: '1' },
          { name: bound, content: '2' },
        ]);
      } catch (error) {
        inside = error;
        throw error;
      }
    });
    expect(inspect(inside)).toContain('UNIQUE constraint failed: config.name');
    expect(inspect(inside)).not.toContain(bound);
  });

  it('that is an outage keeps the statement as its cause', () => {
    const driver = Object.assign(
      new Error('update `config` set `content` = ? - SQLITE_FULL: database or disk is full'),
      {
        code: 'SQLITE_FULL',
      },
    );
    const error = toStoreError(driver);
    expect(error).toBeInstanceOf(SmError);
    expect(error).toMatchObject({
      code: 'DISK_FULL',
      data: { sqlite: 'SQLITE_FULL' },
      cause: { message: 'SQLITE_FULL: database or disk is full, in: update `config` set `content` = ?' },
    });
    expect(toStoreError(error)).toBe(error);
  });

  it('is left alone when it is none of SQLite, or was told before', () => {
    const other = Object.assign(new Error('x'), { code: 'ENOENT' });
    expect(toStoreError(other)).toBe(other);
    const driver = Object.assign(new Error('SQLITE_ERROR: no such table: x'), { code: 'SQLITE_ERROR' });
    const told = toStoreError(driver);
    expect(told).toMatchObject({ message: 'SQLITE_ERROR: no such table: x', code: 'SQLITE_ERROR' });
    expect(toStoreError(told)).toBe(told);
  });
});
