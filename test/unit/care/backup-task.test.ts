import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { BackupTask } from '../../../src/care/backup-task.ts';
import { Conditions } from '../../../src/runtime/conditions.ts';
import { backupFolder, listBackups } from '../../../src/store/backups/backup-folder.ts';
import { backupName } from '../../../src/store/backups/backup-name.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';
import { RecordingLogger } from '../../support/quiet-logger.ts';
import { namesIn, usedHome } from '../store-backups/backup-home.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const startMs = Date.UTC(2026, 0, 31, 12);

let dataDir: string;
let clock: ManualClock;
let conditions: Conditions;
let logger: RecordingLogger;
let freeBytes: number;

beforeEach(async () => {
  ({ dataDir } = await usedHome());
  clock = new ManualClock(startMs);
  conditions = new Conditions(clock);
  logger = new RecordingLogger();
  freeBytes = Number.MAX_SAFE_INTEGER;
});

interface Life {
  /** Lets time pass, until the task sleeps again. */
  readonly pass: (durationMs: number) => Promise<void>;
  readonly end: () => Promise<void>;
}

function life({ kept = 3 } = {}): Life {
  const stop = new AbortController();
  const free = async (): Promise<number> => await Promise.resolve(freeBytes);
  const task = new BackupTask({ clock, conditions, logger, dataDir, kept, freeBytes: free });
  const running = task.run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  onTestFinished(end);
  const pass = async (durationMs: number): Promise<void> => {
    await clock.advance(durationMs);
    while (clock.sleeping === 0) await settle();
  };
  return { pass, end };
}

const started = (options: { kept?: number } = {}): Life['pass'] => life(options).pass;

const daysOf = async (): Promise<readonly number[]> =>
  (await listBackups(dataDir)).map(({ atMs }) => (atMs - startMs - 20 * MINUTE_MS) / DAY_MS);

describe('the daily backup', () => {
  it('is made twenty minutes after the start and each day after that; the oldest goes when there are more than are kept', async () => {
    const pass = started({ kept: 2 });
    await pass(20 * MINUTE_MS - 1);
    expect(await daysOf()).toEqual([]);
    await pass(1);
    expect(await daysOf()).toEqual([0]);
    await pass(DAY_MS);
    expect(await daysOf()).toEqual([1, 0]);
    await pass(DAY_MS);
    expect(await daysOf()).toEqual([2, 1]);
    expect(await namesIn(backupFolder(dataDir))).toHaveLength(2);
    expect(conditions.list()).toEqual([]);
  });

  it('is not made again by each start: the name of the last one tells when the next is due', async () => {
    const first = life();
    await first.pass(20 * MINUTE_MS);
    await first.end();
    const pass = started();
    await pass(20 * MINUTE_MS);
    expect(await daysOf()).toEqual([0]);
    await pass(DAY_MS - 20 * MINUTE_MS);
    expect(await daysOf()).toEqual([1, 0]);
  });

  it('is made although others carry names of a time to come: the clock was stepped back since', async () => {
    await mkdir(backupFolder(dataDir));
    const ahead = backupName({ kind: 'daily', schema: 6, atMs: startMs + 400 * DAY_MS });
    await writeFile(path.join(backupFolder(dataDir), ahead), '');
    await started()(20 * MINUTE_MS);
    expect(await daysOf()).toContain(0);
  });

  it('does not count those made by hand or before a migration', async () => {
    await mkdir(backupFolder(dataDir));
    for (const kind of ['by-hand', 'before-migration'] as const) {
      const name = backupName({ kind, schema: 5, atMs: startMs });
      await writeFile(path.join(backupFolder(dataDir), name), '');
    }
    const pass = started({ kept: 1 });
    await pass(20 * MINUTE_MS);
    await pass(DAY_MS);
    expect((await listBackups(dataDir)).map(({ kind }) => kind)).toEqual(['daily', 'before-migration', 'by-hand']);
  });
});

describe('a daily backup that there is no room for', () => {
  it('is a condition that keeps nothing from being done, tried again each hour, and the old ones stay', async () => {
    const pass = started({ kept: 1 });
    await pass(20 * MINUTE_MS);
    freeBytes = 0;
    await pass(DAY_MS);
    expect(conditions.list()).toEqual([
      expect.objectContaining({
        name: 'backup-failed',
        kind: 'wait',
        blocksReady: false,
        message: expect.stringMatching(/^no backup of the database: .* needs .* 0 B are free$/),
      }),
    ]);
    expect(conditions.ready).toBe(true);
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    await pass(HOUR_MS);
    expect(await daysOf()).toEqual([0]);
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    freeBytes = Number.MAX_SAFE_INTEGER;
    await pass(HOUR_MS);
    expect(conditions.list()).toEqual([]);
    expect((await daysOf()).map(Math.floor)).toEqual([1]);
  });
});

it('an old backup that cannot be removed is told as that; the backup of the day stands, and the others go', async () => {
  const inTheWay = backupName({ kind: 'daily', schema: 6, atMs: startMs - 9 * DAY_MS });
  const old = backupName({ kind: 'daily', schema: 6, atMs: startMs - 10 * DAY_MS });
  await mkdir(path.join(backupFolder(dataDir), inTheWay), { recursive: true });
  await writeFile(path.join(backupFolder(dataDir), old), '');
  const pass = started({ kept: 1 });
  await pass(20 * MINUTE_MS);
  expect(await daysOf()).toContain(0);
  expect(await namesIn(backupFolder(dataDir))).not.toContain(old);
  expect(conditions.list()).toEqual([]);
  expect(logger.lines.filter(({ level }) => level === 'warn')).toEqual([
    expect.objectContaining({ message: 'An old backup of the database could not be removed' }),
  ]);
  await pass(23 * HOUR_MS);
  expect(await namesIn(backupFolder(dataDir))).toHaveLength(2);
});

it('a backup whose copy is damaged replaces no good one', async () => {
  const pass = started({ kept: 1 });
  await pass(20 * MINUTE_MS);
  const [good] = await namesIn(backupFolder(dataDir));
  await writeFile(path.join(dataDir, 'smanager-db.sqlite'), 'no pages '.repeat(1000));
  await pass(DAY_MS);
  expect(await namesIn(backupFolder(dataDir))).toEqual([good]);
  expect(conditions.has('backup-failed')).toBe(true);
});
