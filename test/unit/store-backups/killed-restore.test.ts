import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { restoreDatabase } from '../../../src/store/backups/restore.ts';
import { takeBackup } from '../../../src/store/backups/take-backup.ts';
import { Database, databaseFileName } from '../../../src/store/database.ts';
import { readSql } from '../../support/raw-database.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { account, atMs, genesisHash, namesIn, never, usedHome } from './backup-home.ts';

/** The steps that change names, as many as are left to this life; the one after them never happens, nor does any later one. */
const life = vi.hoisted(() => ({ steps: Infinity, hasLinks: true }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  const orDie = <A extends readonly unknown[], R>(work: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      life.steps -= 1;
      if (life.steps < 0) throw new Error('killed');
      return await work(...args);
    };
  };
  const link = async (from: string, to: string): Promise<void> => {
    if (!life.hasLinks) throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
    await real.link(from, to);
  };
  const writeFile = async (file: string, text: string): Promise<void> => await real.writeFile(file, text);
  return {
    ...real,
    link: orDie(link),
    rename: orDie(async (from: string, to: string) => await real.rename(from, to)),
    rm: orDie(async (file: string, options?: { force?: boolean }) => await real.rm(file, options)),
    writeFile: orDie(writeFile),
  };
});

let backup: string;
let killedHome: string;

/** A home as a killed bot leaves it, with something in its log alone, and a backup of before. */
beforeEach(async () => {
  const { dataDir, file } = await usedHome();
  ({ file: backup } = await takeBackup({ dataDir, kind: 'by-hand', atMs, signal: never }));
  killedHome = await tempDir();
  const database = await Database.open(dataDir);
  await database.write('claim', async (tx) => await tx('config').insert({ name: 'in the log', content: '1' }));
  for (const suffix of ['', '-wal'])
    await copyFile(`${file}${suffix}`, path.join(killedHome, `${databaseFileName}${suffix}`));
  await database.close();
});

afterEach(() => {
  life.steps = Infinity;
  life.hasLinks = true;
});

async function homeAgain(): Promise<string> {
  const dataDir = await tempDir();
  for (const name of await namesIn(killedHome)) await copyFile(path.join(killedHome, name), path.join(dataDir, name));
  return dataDir;
}

/** Whether it ended, with so many steps to live. */
async function restored(dataDir: string, file: string, steps = Infinity): Promise<boolean> {
  life.steps = steps;
  try {
    await restoreDatabase({ dataDir, file, account, genesisHash, atMs, signal: never });
    return true;
  } catch (error) {
    if (steps === Infinity) throw error;
    return false;
  } finally {
    life.steps = Infinity;
  }
}

const factNames = async (file: string): Promise<readonly string[]> =>
  (await readSql<{ name: string }>(file, 'SELECT name FROM config ORDER BY name')).map(({ name }) => name);

/** What a bot finds that is started: the facts of its database, or the code it is refused with. */
async function found(dataDir: string): Promise<unknown> {
  try {
    const database = await Database.open(dataDir);
    try {
      await database.assertWhole(never);
      return await database.read(async (reader) => await reader('config').orderBy('name').pluck('name'));
    } finally {
      await database.close();
    }
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}

const replaced = 'smanager-db.replaced-2026-01-31T12-00-00Z.sqlite';
const old = ['identity', 'in the log'];

interface Killed {
  readonly dataDir: string;
  /** What the next start finds. */
  readonly outcome: unknown;
}

/** A home for each step of a restore, in which it died before that step. */
async function killedAtEachStep(): Promise<readonly Killed[]> {
  const killed: Killed[] = [];
  for (;;) {
    const dataDir = await homeAgain();
    if (await restored(dataDir, backup, killed.length)) return killed;
    killed.push({ dataDir, outcome: await found(dataDir) });
  }
}

async function unfinishedHomes(): Promise<readonly string[]> {
  const killed = await killedAtEachStep();
  return killed.filter(({ outcome }) => outcome === 'RESTORE_UNFINISHED').map(({ dataDir }) => dataDir);
}

describe.each([
  ['with links', true],
  ['without links', false],
])('a restore that is killed before any of its steps, on a disk %s', (_, hasLinks) => {
  beforeEach(() => {
    life.hasLinks = hasLinks;
  });

  it('leaves the old database whole and alone, or one that is refused', async () => {
    const killed = await killedAtEachStep();
    for (const { dataDir, outcome } of killed) {
      const isKept = (await namesIn(dataDir)).some((name) => name.includes('replaced'));
      expect([[old, false], 'RESTORE_UNFINISHED']).toContainEqual(Array.isArray(outcome) ? [outcome, isKept] : outcome);
    }
    expect(killed.length).toBeGreaterThan(5);
  });

  it('is refused by whatever opens the database, until a restore has ended, however often that is killed too', async () => {
    const homes = await unfinishedHomes();
    for (const dataDir of homes) {
      await expect(Database.openExisting(dataDir)).rejects.toMatchObject({ destiny: 'configuration' });
      await expect(takeBackup({ dataDir, kind: 'by-hand', atMs, signal: never })).rejects.toMatchObject({
        code: 'RESTORE_UNFINISHED',
        message: expect.stringContaining(`smanager restore ${backup}`),
      });
      for (let steps = 0; !(await restored(dataDir, backup, steps)); steps += 1)
        expect(await found(dataDir)).toBe('RESTORE_UNFINISHED');
      expect(await found(dataDir)).toEqual(['identity']);
      expect(await factNames(path.join(dataDir, replaced))).toEqual(old);
      expect((await namesIn(dataDir)).filter((name) => name.endsWith('.sqlite'))).toEqual([replaced, databaseFileName]);
    }
    expect(homes.length).toBeGreaterThan(4);
  });

  it('lets a person go back to what was there', async () => {
    const homes = await unfinishedHomes();
    let ways = 0;
    for (const dataDir of homes) {
      const setAside = path.join(dataDir, replaced);
      const error: unknown = await Database.openExisting(dataDir).catch((reason: unknown) => reason);
      if (!String(error).includes(`smanager restore ${setAside}`)) continue;
      ways += 1;
      await restored(dataDir, setAside);
      expect(await found(dataDir)).toEqual(old);
    }
    expect(ways).toBeGreaterThan(2);
  });
});

it('two restores in one second keep both that they replaced', async () => {
  const dataDir = await homeAgain();
  await restored(dataDir, backup);
  await restored(dataDir, backup);
  const later = replaced.replace('00Z', '01Z');
  expect((await namesIn(dataDir)).filter((name) => name.endsWith('.sqlite'))).toEqual([
    replaced,
    later,
    databaseFileName,
  ]);
  expect(await factNames(path.join(dataDir, replaced))).toEqual(old);
});
