import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { takeBackup } from '../../../src/store/backups/take-backup.ts';
import { Database } from '../../../src/store/database.ts';
import { ofSchema1 } from '../../support/schema-1.ts';
import { readSql } from '../../support/raw-database.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { atMs, never, usedHome } from './backup-home.ts';

const run = promisify(execFile);
const looking = `
const sqlite3 = require('sqlite3');
const database = new sqlite3.Database(process.argv[1]);
database.all('SELECT COUNT(*) FROM config', (error) => database.close((closing) => process.exit(error || closing ? 1 : 0)));`;

/** As `smanager status` beside the bot: a process that opens the database, reads, and leaves. */
async function lookedAt(file: string): Promise<void> {
  await run(process.execPath, ['-e', looking, file]);
}

/** The bot's own log must outlive whoever looks: SQLite removes it with the last connection that it knows of. */
async function expectStillOne(database: Database, file: string): Promise<void> {
  const log = statSync(`${file}-wal`).ino;
  await lookedAt(file);
  expect(statSync(`${file}-wal`, { throwIfNoEntry: false })?.ino).toBe(log);
  await database.write('event', async (tx) => await tx('config').insert({ name: 'later', content: '1' }));
  expect(await readSql(file, "SELECT content FROM config WHERE name = 'later'")).toEqual([{ content: '1' }]);
}

describe("whoever looks at the database beside the bot takes no log away under it, when the bot's own process has", () => {
  it('backed it up', async () => {
    const { dataDir, file } = await usedHome();
    const database = await Database.open(dataDir);
    onTestFinished(async () => await database.close());
    await takeBackup({ dataDir, kind: 'daily', atMs, signal: never, isOpenHere: true });
    await expectStillOne(database, file);
  });

  it('backed it up before a migration', async () => {
    const dataDir = await tempDir();
    await ofSchema1(dataDir, async (knex) => {
      await knex('config').insert({ name: 'identity', content: '{"genesisHash":"0x01","account":"cTa"}' });
    });
    const database = await Database.open(dataDir, { keptBackups: 3 });
    onTestFinished(async () => await database.close());
    await expectStillOne(database, `${dataDir}/smanager-db.sqlite`);
  });
});
