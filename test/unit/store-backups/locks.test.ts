import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BackupTask } from '../../../src/care/backup-task.ts';
import { MINUTE_MS } from '../../../src/domain/units.ts';
import { Conditions } from '../../../src/runtime/conditions.ts';
import { listBackups } from '../../../src/store/backups/backup-folder.ts';
import { Database } from '../../../src/store/database.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RecordingLogger } from '../../support/quiet-logger.ts';
import { readSql } from '../../support/raw-database.ts';
import { usedHome } from './backup-home.ts';

const run = promisify(execFile);
const looking = `
const sqlite3 = require('sqlite3');
const database = new sqlite3.Database(process.argv[1]);
database.all('SELECT COUNT(*) FROM config', (error) => database.close((closing) => process.exit(error || closing ? 1 : 0)));`;

/** As `smanager status` beside the bot: a process that opens the database, reads, and leaves. */
async function lookedAt(file: string): Promise<void> {
  await run(process.execPath, ['-e', looking, file]);
}

describe("whoever looks at the database beside the bot takes no log away under it, while the bot's own process", () => {
  it('backs it up: SQLite removes the log with the last connection that it knows of', async () => {
    const { dataDir, file } = await usedHome();
    const database = await Database.open(dataDir);
    onTestFinished(async () => await database.close());
    const log = statSync(`${file}-wal`).ino;
    const clock = new ManualClock();
    const stop = new AbortController();
    const freeBytes = async (): Promise<number> => {
      await lookedAt(file);
      return Number.MAX_SAFE_INTEGER;
    };
    const parts = { clock, conditions: new Conditions(clock), logger: new RecordingLogger() };
    const running = new BackupTask({ ...parts, dataDir, kept: 1, freeBytes }).run(stop.signal);
    await clock.advance(20 * MINUTE_MS);
    // It sleeps until the next day when it is done.
    while (clock.sleeping === 0) await database.read(async (reader) => await reader('config').first());
    expect(await listBackups(dataDir)).toHaveLength(1);
    expect(statSync(`${file}-wal`, { throwIfNoEntry: false })?.ino).toBe(log);
    await database.write('event', async (tx) => await tx('config').insert({ name: 'later', content: '1' }));
    expect(await readSql(file, "SELECT content FROM config WHERE name = 'later'")).toEqual([{ content: '1' }]);
    stop.abort();
    await running;
  });
});
