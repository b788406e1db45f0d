import { readFileSync, statSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { BackupTask } from '../../../src/care/backup-task.ts';
import { MINUTE_MS } from '../../../src/domain/units.ts';
import { Conditions } from '../../../src/runtime/conditions.ts';
import { listBackups } from '../../../src/store/backups/backup-folder.ts';
import { Database } from '../../../src/store/database.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RecordingLogger } from '../../support/quiet-logger.ts';
import { usedHome } from './backup-home.ts';

/** The kernel's locks on a file, whoever has them. */
function locksOn(file: string): number {
  const { ino } = statSync(file);
  return readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`:${ino} `)).length;
}

it("a bot that backs its database up keeps SQLite's lock on it: by that others know that it is in use", async () => {
  const { dataDir, file } = await usedHome();
  const database = await Database.open(dataDir);
  onTestFinished(async () => await database.close());
  const clock = new ManualClock();
  const stop = new AbortController();
  const seen: number[] = [];
  const freeBytes = async (): Promise<number> => {
    seen.push(locksOn(file));
    return await Promise.resolve(Number.MAX_SAFE_INTEGER);
  };
  const parts = { clock, conditions: new Conditions(clock), logger: new RecordingLogger() };
  expect(locksOn(file)).toBe(1);
  const running = new BackupTask({ ...parts, dataDir, kept: 1, freeBytes }).run(stop.signal);
  await clock.advance(20 * MINUTE_MS);
  // It sleeps until the next day when it is done.
  while (clock.sleeping === 0) await database.read(async (reader) => await reader('config').first());
  expect(await listBackups(dataDir)).toHaveLength(1);
  expect([...seen, locksOn(file)]).toEqual([1, 1]);
  stop.abort();
  await running;
});
