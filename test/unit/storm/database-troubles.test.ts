import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../devnet/chain/seeded-random.ts';
import { databaseFileName } from '../../../src/store/file-names.ts';
import { DatabaseTroubles } from '../../storm/database-troubles.ts';
import { verbOf } from '../../support/sim/driver-refusal.ts';

function troubles(after: (ms: number, fire: () => void) => void = () => undefined): {
  readonly of: DatabaseTroubles;
  readonly code: (verb: string) => string | undefined;
} {
  const of = new DatabaseTroubles({ random: new SeededRandom(1), after });
  return { of, code: (verb) => of.choose({ filename: `/data/${databaseFileName}`, verb })?.code };
}

describe('The troubles of the database', () => {
  it('are none by themselves', () => {
    expect(['BEGIN', 'INSERT', 'COMMIT'].map(troubles().code)).toEqual([undefined, undefined, undefined]);
  });

  it('are a full disk: nothing can be committed, all can be read', () => {
    const { of, code } = troubles();
    of.isFull = true;
    expect(['BEGIN', 'SELECT', 'COMMIT', 'ROLLBACK'].map(code)).toEqual([
      undefined,
      undefined,
      'SQLITE_FULL',
      undefined,
    ]);
    expect([...of.counts]).toEqual([['COMMIT SQLITE_FULL', 1]]);
  });

  it('are a lock of another program: nobody begins to write', () => {
    const { of, code } = troubles();
    of.isLocked = true;
    expect(['SELECT', 'BEGIN', 'COMMIT'].map(code)).toEqual([undefined, 'SQLITE_BUSY', undefined]);
    of.calm();
    expect(code('BEGIN')).toBeUndefined();
  });

  it('are one statement that fails, once, and of its kind alone', () => {
    const { of, code } = troubles();
    of.failOnce({ code: 'SQLITE_IOERR', at: 'commit', after: 2 });
    expect(['COMMIT', 'INSERT', 'COMMIT', 'COMMIT'].map(code)).toEqual([
      undefined,
      undefined,
      'SQLITE_IOERR',
      undefined,
    ]);
    of.failOnce({ code: 'SQLITE_FULL', at: 'any', after: 1 });
    expect(['SELECT', 'UPDATE', 'UPDATE'].map(code)).toEqual([undefined, 'SQLITE_FULL', undefined]);
  });

  it('are a slow disk: some of what writes is carried out or answered late, by seconds at most, and what reads never', () => {
    const lateMs: number[] = [];
    const { of } = troubles((ms) => void lateMs.push(ms));
    const wait = (verb: string, name = databaseFileName) => of.chooseWait({ filename: `/data/${name}`, verb });
    expect(Array.from({ length: 100 }, () => wait('COMMIT')).every((one) => one === undefined)).toBe(true);
    of.isSlow = true;
    const waits = Array.from({ length: 400 }, () => wait('COMMIT')).filter((one) => one !== undefined);
    expect(new Set(waits.map(({ before }) => before))).toEqual(new Set(['statement', 'answer']));
    expect(waits.length).toBeLessThan(200);
    for (const { until } of waits) until(() => undefined);
    expect(lateMs).toHaveLength(waits.length);
    expect(Math.max(...lateMs)).toBeLessThanOrEqual(2_000);
    for (const [verb, name] of [['SELECT'], ['ROLLBACK'], ['COMMIT', 'other']] as const) {
      expect(Array.from({ length: 100 }, () => wait(verb, name)).every((one) => one === undefined)).toBe(true);
    }
  });

  it('take the whole transaction when a COMMIT fails, and spare other files', () => {
    const { of } = troubles();
    of.isFull = true;
    expect(of.choose({ filename: `/data/${databaseFileName}`, verb: 'COMMIT' })?.rollsBack).toBe(true);
    expect(of.choose({ filename: '/data/other', verb: 'COMMIT' })).toBeUndefined();
  });
});

describe('What a statement does', () => {
  it.each([
    ['BEGIN IMMEDIATE', 'BEGIN'],
    ['  insert into a values (1)', 'INSERT'],
    ['WITH a AS (SELECT 1) UPDATE b SET c = 1', 'UPDATE'],
    ['with a as (select 1) select * from a', 'SELECT'],
  ])('is told by its words: %s', (sql, verb) => {
    expect(verbOf(sql)).toBe(verb);
  });
});
