import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawConnection } from '../../bench/database/raw.ts';
import { planOf } from '../../bench/statements/plans.ts';

const list = '(SELECT value FROM json_each(?))';

describe('what a plan is judged by', () => {
  let connection: RawConnection;

  beforeAll(async () => {
    connection = await RawConnection.open(':memory:');
    await connection.all('CREATE TABLE file_record (id INTEGER PRIMARY KEY, cid TEXT, status TEXT, size_bytes INT)');
    await connection.all('CREATE INDEX file_record_status ON file_record (status)');
    await connection.all('CREATE TABLE config (name TEXT PRIMARY KEY, content TEXT) WITHOUT ROWID');
  });

  afterAll(async () => await connection.close());

  const faults = async (sql: string) => (await planOf(connection, sql)).faults;

  it.each([
    ['the rows of a list', `SELECT * FROM file_record WHERE id IN ${list} ORDER BY size_bytes`],
    ['groups of a list', 'SELECT value ->> 0, MAX(value ->> 1) FROM json_each(?) GROUP BY 1'],
    [
      'a part made of a list',
      'WITH asked AS MATERIALIZED (SELECT DISTINCT value FROM json_each(?)) SELECT * FROM asked ORDER BY value DESC',
    ],
    ['a tiny table', 'SELECT * FROM config ORDER BY content'],
  ])('a tree over %s stays small', async (_name, sql) => {
    const { text } = await planOf(connection, sql);
    expect(text).toContain('USE TEMP B-TREE');
    expect(await faults(sql)).toEqual([]);
  });

  it.each([
    ['ORDER BY', `SELECT * FROM file_record WHERE status = ? AND cid NOT IN ${list} ORDER BY size_bytes LIMIT 1`],
    ['GROUP BY', "SELECT size_bytes, COUNT(*) FROM file_record WHERE status = 'new' GROUP BY 1"],
    ['DISTINCT', `SELECT DISTINCT cid FROM file_record WHERE status IN ${list}`],
    [
      'ORDER BY',
      `SELECT * FROM json_each(?) AS asked CROSS JOIN file_record ON status = asked.value ORDER BY size_bytes`,
    ],
  ])('a tree for %s over what grows is a fault, whatever list stands beside it', async (kind, sql) => {
    expect(await faults(sql)).toEqual([`USE TEMP B-TREE FOR ${kind}`]);
  });

  it('a walk over a table is a fault', async () => {
    expect(await faults('SELECT * FROM file_record WHERE size_bytes = 1')).toEqual(['SCAN file_record']);
  });
});
