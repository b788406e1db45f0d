import { existsSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { databaseFileName } from '../../../src/store/database.ts';
import { InstanceLock } from '../../../src/store/lock.ts';
import { ownSchema } from '../../../src/store/schema.ts';
import { flip, pagesByKind } from '../../support/damage.ts';
import { executeSql, readSql } from '../../support/raw-database.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { namesIn, usedHome } from '../store-backups/backup-home.ts';
import { cli, writeConfig } from './cli-run.ts';

let dataDir: string;
let file: string;
let options: Awaited<ReturnType<typeof writeConfig>> & { readonly workingDirectory: string };

beforeEach(async () => {
  ({ dataDir, file } = await usedHome());
  const folder = await tempDir();
  options = { ...(await writeConfig(folder, dataDir)), workingDirectory: folder };
});

async function runningBot(): Promise<void> {
  const lock = await InstanceLock.acquire(dataDir, 0);
  onTestFinished(async () => await lock.release());
}

describe('smanager backup', () => {
  it('works beside a running bot, and says where, how large, which schema and how long', async () => {
    await runningBot();
    const { code, stdout, stderr } = await cli(['backup'], options);
    expect([code, stderr]).toEqual([0, '']);
    const [name] = await namesIn(path.join(dataDir, 'backups'));
    expect(name).toMatch(/^smanager-db\.\d{4}-.*Z\.schema-\d+\.by-hand\.sqlite$/u);
    expect(stdout).toMatch(
      new RegExp(`^${dataDir}/backups/${name}: \\d+ KiB, schema ${ownSchema}, checked, in \\d+ s\\n$`, 'u'),
    );
  });

  it('takes a path from the working directory, and does not replace what is there', async () => {
    expect((await cli(['backup', 'mine.sqlite'], options)).code).toBe(0);
    const mine = path.join(options.workingDirectory, 'mine.sqlite');
    const before = await stat(mine);
    const again = await cli(['backup', 'mine.sqlite'], options);
    expect(again).toMatchObject({ code: 78, stdout: '', stderr: expect.stringContaining('there already') });
    expect((await stat(mine)).mtimeMs).toBe(before.mtimeMs);
  });

  it('of a damaged database names it and the way back', async () => {
    await cli(['backup'], options);
    const bytes = await readFile(file);
    await writeFile(file, flip(bytes, pagesByKind(bytes).get('table leaf')?.at(-1) ?? 0));
    const { code, stderr } = await cli(['backup'], options);
    expect(code).toBe(78);
    expect(stderr.startsWith(`DATABASE_DAMAGED: ${file}, or the copy of it, is damaged (`)).toBe(true);
    expect(stderr).toContain(`Stop the bot, then: smanager restore ${dataDir}/backups/smanager-db.`);
  });
});

describe('smanager restore', () => {
  it('goes back to a backup, keeps the replaced database, and says what to expect', async () => {
    await cli(['backup', 'mine.sqlite'], options);
    await executeSql(file, "INSERT INTO config VALUES ('later', '1')");
    const { code, stdout, stderr } = await cli(['restore', 'mine.sqlite'], options);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('The chain does not answer');
    expect(stdout).toMatch(/^Restored mine\.sqlite: \d+ KiB, schema \d+, every page and index checked\.$/mu);
    expect(stdout).toMatch(new RegExp(`kept as ${dataDir}/smanager-db\\.replaced-.*Z\\.sqlite;`, 'u'));
    expect(stdout).toContain('finds again what sWorker holds');
    expect(await readSql(file, "SELECT 1 FROM config WHERE name = 'later'")).toEqual([]);
    expect((await cli(['integrity'], options)).code).toBe(0);
  });

  it('refuses while a bot runs, and changes nothing', async () => {
    await cli(['backup', 'mine.sqlite'], options);
    await executeSql(file, "INSERT INTO config VALUES ('later', '1')");
    await runningBot();
    const { code, stdout, stderr } = await cli(['restore', 'mine.sqlite'], options);
    expect([code, stdout]).toEqual([75, '']);
    expect(stderr).toBe(`DATABASE_LOCKED: another smanager works in ${dataDir}: stop the bot first\n`);
    expect(await readSql(file, "SELECT 1 AS one FROM config WHERE name = 'later'")).toEqual([{ one: 1 }]);
  });

  it('frees the data directory again, also after a refusal', async () => {
    await cli(['backup', 'mine.sqlite'], options);
    await executeSql(path.join(options.workingDirectory, 'mine.sqlite'), "DELETE FROM config WHERE name = 'identity'");
    expect((await cli(['restore', 'mine.sqlite'], options)).code).toBe(78);
    await runningBot();
  });

  it('of a name that is not there asks nobody and makes nothing', async () => {
    const home = path.join(await tempDir(), 'mistyped');
    const { code, stdout, stderr } = await cli(['restore', 'not-there'], {
      ...(await writeConfig(options.workingDirectory, home)),
      workingDirectory: options.workingDirectory,
    });
    expect([code, stdout]).toEqual([78, '']);
    expect(stderr).toContain(`there is no ${options.workingDirectory}/not-there. There is no other backup in ${home}`);
    expect(existsSync(home)).toBe(false);
  });

  const unfit: readonly (readonly [string, RegExp, (good: Buffer) => Buffer])[] = [
    [
      'a text',
      / is no database of smanager, or its first page is damaged\. /u,
      () => Buffer.from('text '.repeat(1000)),
    ],
    [
      'bytes of no meaning',
      / is no database of smanager, or its first page is damaged\. /u,
      () => Buffer.alloc(20_000, 0x5a),
    ],
    ['no bytes', / is no database of smanager\. /u, () => Buffer.alloc(0)],
    [
      'a backup with a bad table of tables',
      /, or the copy of it, is damaged \(SQLITE_CORRUPT\)\. /u,
      (good) => flip(good, 1, { from: 100 }),
    ],
    [
      'a backup with a bad page',
      /, or the copy of it, is damaged \(.+\)\. /u,
      (good) => flip(good, pagesByKind(good).get('table leaf')?.at(-1) ?? 0),
    ],
  ];

  it.each(unfit)('names the file that is %s, and the newest backup beside it', async (_, expected, make) => {
    await cli(['backup'], options);
    const backups = path.join(dataDir, 'backups');
    const [good = ''] = await namesIn(backups);
    const bad = path.join(backups, good.replace(/^smanager-db\.\d{4}/u, 'smanager-db.2020'));
    await writeFile(bad, make(await readFile(path.join(backups, good))));
    const { code, stderr } = await cli(['restore', bad], options);
    expect(code).toBe(78);
    expect(stderr.slice(stderr.indexOf(' ') + 1).startsWith(bad)).toBe(true);
    expect(stderr).toMatch(expected);
    expect(stderr).toContain(`The newest other backup: smanager restore ${backups}/${good} (schema`);
    expect(stderr).not.toContain('the database answered');
    await rm(path.join(backups, good));
    expect((await cli(['restore', bad], options)).stderr).toContain(`There is no other backup in ${backups}`);
  });
});

describe('smanager integrity', () => {
  it('finds all well beside a running bot', async () => {
    await runningBot();
    const { code, stdout, stderr } = await cli(['integrity'], options);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe('ok      pages and indices\nok      rows, references, counts\n');
  });

  const disagreements: readonly (readonly [string, string, RegExp])[] = [
    [
      'a tally',
      'UPDATE tally SET orders = orders + 1',
      /the tally counts 4001 orders waiting dice db, there are 4000/u,
    ],
    [
      'the tally of records',
      "INSERT INTO record_tally (record, status, records) VALUES ('pin', 'lost', 7)",
      /the tally of pin lost records/u,
    ],
    [
      'a pulling order',
      "UPDATE file_record SET status = 'pulling' WHERE cid = 'order-7'",
      /order-7 is pulling without a running record/u,
    ],
    [
      'a held order',
      "UPDATE file_record SET status = 'handled' WHERE cid = 'order-8'",
      /order-8 is handled without a held record/u,
    ],
    [
      'a running pull',
      `INSERT INTO pin_record (cid, size_bytes, status, cause, started_ms, started_block, updated_ms)
       VALUES ('order-9', 1, 'running', 'pull', 1, 1, 1)`,
      /order-9 has a running record and is not pulling/u,
    ],
    [
      'a reference',
      "INSERT INTO file_owner (file_id, account_id, memo) VALUES (99999, 1, '')",
      /a row of file_owner names a row of file_record that is not there/u,
    ],
  ];

  it.each(disagreements)('tells of %s that does not agree, and ends with 1', async (_, sql, expected) => {
    await executeSql(file, sql);
    const { code, stdout } = await cli(['integrity'], options);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ok {6}pages and indices$/mu);
    expect(stdout).toMatch(expected);
  });

  it('finds an index that does not agree with its table, which a start overlooks, and names the way back', async () => {
    await cli(['backup'], options);
    const bytes = await readFile(file);
    // The last bytes of a leaf belong to its first cell's content: a key that is another one now.
    const leaf = pagesByKind(bytes).get('index leaf')?.at(-1) ?? 0;
    await writeFile(file, flip(bytes, leaf, { from: 4092, bytes: 1 }));
    const { code, stderr } = await cli(['integrity'], options);
    expect(code).toBe(78);
    expect(stderr).toContain(`smanager restore ${dataDir}/backups/`);
  });

  it('ends with 78 where there is no database', async () => {
    const empty = await tempDir();
    const { code, stderr } = await cli(['integrity'], await writeConfig(empty, empty));
    expect(code).toBe(78);
    expect(stderr).toContain(`there is no ${databaseFileName}`);
  });
});
