import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { namedAccount, toAddress } from '../../devnet/chain/accounts.ts';
import { ChainModel } from '../../devnet/chain/model.ts';
import { ChainRpc } from '../../devnet/chain/rpc.ts';
import { ChainServer } from '../../devnet/chain/server.ts';
import type { BotProcess } from '../../devnet/world/bot-process.ts';
import { startWorld, type World } from '../../devnet/world/world.ts';
import { BotHome } from '../support/e2e/bot-home.ts';
import { folderState } from '../support/e2e/folder-state.ts';
import { runSql, writeOldDatabase } from '../support/e2e/old-database.ts';
import { SMALL_WORLD } from '../support/e2e/small-world.ts';

const LOCK_FILE = 'smanager-db.lock';
const LOCK_WAIT_MS = 15_000;

/** What the process said of its end, in one text. */
async function lastWord(bot: BotProcess): Promise<{ code: number | null; error: string }> {
  const { code } = await bot.exited;
  const end = bot.lines.findLast(({ message }) => message === 'The bot ends');
  return { code, error: `${String(end?.fields['code'])}: ${String(end?.fields['error'])}` };
}

/** The same bytes, and nothing beside them but the lock. */
async function expectUntouched(home: BotHome, before: Buffer): Promise<void> {
  expect(before.equals(await readFile(home.databaseFile))).toBe(true);
  expect([...(await folderState(home.dataDir)).keys()]).toEqual([LOCK_FILE, basename(home.databaseFile)]);
}

describe('a bot on a database that it must not use', () => {
  let world: World;
  /** A home whose database was written by a bot that ran and was stopped. */
  let used: BotHome;
  let homes = 0;
  const opened: BotHome[] = [];

  /** A new home; with a copy of the used database when asked. */
  async function newHome({ withDatabase = false } = {}): Promise<BotHome> {
    homes += 1;
    const home = await BotHome.make(world, `home-${homes}`);
    opened.push(home);
    await mkdir(home.dataDir);
    if (withDatabase) await copyFile(used.databaseFile, home.databaseFile);
    return home;
  }

  beforeAll(async () => {
    world = await startWorld(SMALL_WORLD);
    used = await BotHome.make(world, 'used');
    opened.push(used);
    const bot = await used.start();
    await bot.stop();
  });
  afterAll(async () => {
    await Promise.all(opened.map((home) => home.close()));
    await world?.stop();
  });

  it('refuses one of another chain, and names both', async () => {
    const other = new ChainModel({ name: 'another chain', genesisMs: Date.now() - 100 * 6000, firstBlock: 100 });
    other.advance(1);
    const server = await ChainServer.listen(new ChainRpc(other));
    onTestFinished(() => server.close());
    const home = await newHome({ withDatabase: true });
    const before = await readFile(home.databaseFile);
    const { code, error } = await lastWord(home.launch({ SMANAGER_CHAIN_END_POINT: server.url }));
    expect(code).toBe(78);
    expect(error).toMatch(/^DATABASE_OTHER_CHAIN: .*another dataDir/u);
    expect(error).toContain(world.chain.history.at(0)?.hash);
    expect(error).toContain(other.history.at(0)?.hash);
    await expectUntouched(home, before);
  });

  it('refuses one of another account, and names both', async () => {
    const home = await newHome({ withDatabase: true });
    const before = await readFile(home.databaseFile);
    const account = toAddress(namedAccount('somebody else'));
    const { code, error } = await lastWord(home.launch({ SMANAGER_CHAIN_ACCOUNT: account }));
    expect(code).toBe(78);
    expect(error).toMatch(/^DATABASE_OTHER_ACCOUNT: /u);
    expect(error).toContain(account);
    expect(error).toContain(toAddress(world.network.account));
    expect(error).toContain('dataDir');
    await expectUntouched(home, before);
  });

  it('refuses one that a newer version wrote', async () => {
    const home = await newHome({ withDatabase: true });
    const step = "INSERT INTO knex_migrations (name, batch, migration_time) VALUES ('9999-of-the-future', 99, 0)";
    await runSql(home.databaseFile, [step]);
    const before = await readFile(home.databaseFile);
    const { code, error } = await lastWord(home.launch());
    expect(code).toBe(78);
    expect(error).toMatch(/^DATABASE_NEWER: .*run that version/u);
    await expectUntouched(home, before);
  });

  const foreign: readonly {
    readonly what: string;
    readonly error: RegExp;
    readonly write: (file: string) => Promise<void>;
  }[] = [
    {
      what: "the old bot's",
      error: /DATABASE_FOREIGN: .*old crust-smanager.*not touched.*another dataDir/u,
      write: writeOldDatabase,
    },
    {
      what: "another program's",
      error: /DATABASE_FOREIGN: .*another program/u,
      write: async (file) => await runSql(file, ['CREATE TABLE bookmarks (id INTEGER PRIMARY KEY, url TEXT)']),
    },
    {
      what: 'a file that is no database',
      error: /DATABASE_DAMAGED: /u,
      write: async (file) => await writeFile(file, 'these are no pages of SQLite\n'.repeat(1000)),
    },
  ];

  it.each(foreign)('refuses $what and does not touch it, whatever the command', async ({ error, write }) => {
    const home = await newHome();
    await write(home.databaseFile);
    const before = await folderState(home.dataDir);
    const refused = await lastWord(home.launch());
    expect(refused).toEqual({ code: 78, error: expect.stringMatching(error) });
    for (const command of [
      ['status'],
      ['status', '--json'],
      ['explain', 'QmY3yV46Kj4kySVUky35jhZFCwsebHm9GD9oVD4UzrqmsV'],
    ]) {
      const { code, stdout, stderr } = await home.smanager(...command);
      expect([code, stdout], command.join(' ')).toEqual([78, '']);
      expect(stderr).not.toBe('');
    }
    const after = new Map(await folderState(home.dataDir));
    after.delete(LOCK_FILE);
    expect(after).toEqual(before);
  });

  it.each([
    { how: 'whose pages are overwritten', damage: (bytes: Buffer) => bytes.fill(0xa5, 4096) },
    { how: 'that is cut off', damage: (bytes: Buffer) => bytes.subarray(0, 4096 * 3) },
  ])('ends with 78 on a database $how', async ({ damage }) => {
    const home = await newHome({ withDatabase: true });
    await writeFile(home.databaseFile, damage(await readFile(home.databaseFile)));
    const { code, error } = await lastWord(home.launch());
    expect(code).toBe(78);
    expect(error).toMatch(/^DATABASE_DAMAGED: /u);
  });

  it('lets one bot at a database: another waits 15 s and ends with 75, and has it as soon as the first has ended', async () => {
    const home = await newHome();
    const first = await home.start();
    const startedMs = performance.now();
    const { code, error } = await lastWord(home.launch());
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(LOCK_WAIT_MS);
    expect(code).toBe(75);
    expect(error).toMatch(/^DATABASE_LOCKED: another smanager works in /u);
    expect(error).toContain(dirname(home.databaseFile));
    expect((await home.smanager('status', '--alive')).code).toBe(0);

    const [next] = await Promise.all([home.start(), first.stop()]);
    expect((await next.stop()).code).toBe(0);
  });

  it('starts anew when there is none, and on an empty file', async () => {
    for (const content of [undefined, '']) {
      const home = await newHome();
      if (content === undefined) await rm(home.dataDir, { recursive: true });
      else await writeFile(home.databaseFile, content);
      expect((await (await home.start()).stop()).code).toBe(0);
    }
  });
});
