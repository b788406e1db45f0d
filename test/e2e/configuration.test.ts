import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { JsonObject } from '../../devnet/world/bot-config.ts';
import { says } from '../support/e2e/bot-home.ts';
import { ConfiguredWorld, refusal } from '../support/e2e/configured-world.ts';
import { addSeededFile } from '../support/e2e/daemon.ts';
import { startEchoServer } from '../support/e2e/echo-server.ts';

const MIB = 1024 ** 2;

let place: ConfiguredWorld;

beforeAll(async () => {
  place = await ConfiguredWorld.start();
});
afterAll(async () => await place?.close());

describe("today's file of the node installer", () => {
  it('starts the bot, which takes and seals an order, with one warning for the old name of a weight', async () => {
    const receiver = await startEchoServer(() => 200);
    onTestFinished(() => receiver.close());
    const home = await place.homeWith('installer', '');
    await writeFile(home.configPath, JSON.stringify(place.installersFile(home.dataDir, receiver.origin)));
    const checked = await home.smanager('check');
    expect([checked.code, checked.stderr]).toEqual([0, '']);
    expect(checked.stdout).toMatch(/WARNING configuration .*existedFilesWeight/u);

    const file = await addSeededFile(place.world, 'installer', MIB);
    place.world.order(file);
    const bot = await home.start();
    await home.eventuallyStand([file.cid], 'handled');
    expect((await bot.stop()).code).toBe(0);
    const warnings = bot.lines.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ fields }) => fields['key'])).toEqual(['scheduler.strategy.existedFilesWeight']);
    expect(home.errorLines).toEqual([]);
  });

  it('may have been edited by hand: numbers as text, slashes at the end, an unknown role, and still starts it', async () => {
    const home = await place.homeWith('edited', '');
    const { chain, sworker, ipfs, account } = place.ends;
    const edited = {
      ...place.installersFile(home.dataDir, 'https://127.0.0.1:9/'),
      chain: { account: ` ${account} `, endPoint: `${chain}/` },
      sworker: { endPoint: `${sworker}//` },
      ipfs: { endPoint: `${ipfs}/` },
      node: { role: 'owner' },
      scheduler: {
        minSrdRatio: '30',
        maxPendingTasks: '8',
        strategy: { existedFilesWeight: '0', newFilesWeight: '100' },
      },
    };
    await writeFile(home.configPath, `\ufeff${JSON.stringify(edited)}`);
    const bot = await home.start();
    await says(bot, ({ message }) => message === 'The walk over all orders is complete');
    expect((await bot.stop()).code).toBe(0);
    expect(home.errorLines).toEqual([]);
  });
});

describe('a configuration that cannot be used', () => {
  const cases: readonly {
    readonly what: string;
    readonly change: (least: { [key: string]: unknown }) => string | JsonObject;
    readonly env?: NodeJS.ProcessEnv;
    readonly says: readonly RegExp[];
  }[] = [
    {
      what: 'is no JSON',
      change: (least) => JSON.stringify(least, undefined, 2).replace('},', '}'),
      says: [/not JSON, from line \d+, column \d+ on; look for a missing or spare comma/u],
    },
    {
      what: 'has a typo in a key that is needed',
      change: ({ chain, ...least }) => ({
        ...least,
        chain: { ...(chain as JsonObject), account: undefined, acount: 'x' },
      }),
      says: [/chain\.account: is missing; .*chain\.acount is not a known key and may be it/u],
    },
    {
      what: 'has wrong types and values',
      change: (least) => ({
        ...least,
        scheduler: { maxPendingTasks: 'many', minSrdRatio: 130, strategy: { dbFilesWeight: -1, newFilesWeight: 10 } },
      }),
      says: [
        /scheduler\.maxPendingTasks: found "many"; allowed: .*1/u,
        /scheduler\.minSrdRatio: found 130; allowed: .*100/u,
        /scheduler\.strategy\.dbFilesWeight: found -1; allowed: /u,
      ],
    },
    {
      what: 'lacks whole sections',
      change: ({ dataDir }) => ({ dataDir }),
      says: [
        /chain\.account: is missing/u,
        /chain\.endPoint: is missing/u,
        /sworker\.endPoint: is missing/u,
        /ipfs\.endPoint: is missing/u,
      ],
    },
    {
      what: 'names an address of the wrong kind and a strategy that does not exist',
      change: (least) => ({
        ...least,
        sworker: { endPoint: 'ws://127.0.0.1:1' },
        scheduler: { strategy: 'newFilesFirst' },
      }),
      says: [
        /sworker\.endPoint: found "ws:\/\/127\.0\.0\.1:1"; allowed: an HTTP address such as http/u,
        /scheduler\.strategy: found "newFilesFirst"; allowed: .*newFileFirst/u,
      ],
    },
    {
      what: 'is contradicted by a variable',
      change: (least) => least,
      env: { SMANAGER_SCHEDULER_MIN_SRD_RATIO: 'thirty' },
      says: [/scheduler\.minSrdRatio: found "thirty" in SMANAGER_SCHEDULER_MIN_SRD_RATIO; allowed: /u],
    },
    {
      what: 'gets a value from a file that is not there',
      change: (least) => least,
      env: { SMANAGER_CHAIN_ACCOUNT_FILE: '/nowhere/account' },
      says: [/SMANAGER_CHAIN_ACCOUNT_FILE: the file it names cannot be read \(ENOENT\)/u],
    },
    {
      what: 'is given twice by variables',
      change: (least) => least,
      env: { SMANAGER_DATA_DIR: '/a', SMANAGER_DATA_DIR_FILE: '/b' },
      says: [/SMANAGER_DATA_DIR: set together with SMANAGER_DATA_DIR_FILE; allowed: one of the two/u],
    },
  ];

  it.each(cases.map((one, index) => ({ ...one, index })))(
    'that $what is refused with words that tell what to do',
    async (one) => {
      const home = await place.homeWith(`refused-${one.index}`, '', one.env);
      const content = one.change(place.leastFile(home.dataDir));
      await writeFile(home.configPath, typeof content === 'string' ? content : JSON.stringify(content));
      const { code, printed } = await refusal(home);
      expect(code).toBe(78);
      for (const words of one.says) expect(printed).toMatch(words);
      expect(printed).toContain(home.configPath);
      expect(printed).not.toContain('    at ');
      await expect(readFile(home.databaseFile)).rejects.toMatchObject({ code: 'ENOENT' });
    },
  );

  it('because it is not there is told with the way to name another', async () => {
    const home = await place.homeWith('missing', '');
    await rm(home.configPath);
    const { code, printed } = await refusal(home);
    expect(code).toBe(78);
    expect(printed).toContain(`${home.configPath}: cannot be read (ENOENT), which SMANAGER_CONFIG names`);
  });
});

describe('a configuration that is probably not meant', () => {
  it('runs with a warning for each thing, and is wrong for `smanager check`', async () => {
    const home = await place.homeWith('odd', '');
    const odd = {
      ...place.leastFile(home.dataDir),
      scheduler: { minSrdRatio: 0, maxPendingTask: 5, strategy: { dbFilesWeight: 0, newFilesWeight: 0 } },
      sheduler: {},
    };
    await writeFile(home.configPath, JSON.stringify(odd));
    const env = { SMANAGER_SCHEDULER_MAX_PENDING_TASK: '5' };
    const bot = await home.start(env);
    await bot.stop();
    const warned = bot.lines
      .filter(({ level }) => level === 'warn')
      .map(({ fields }) => `${String(fields['key'])}: ${String(fields['issue'])}`);
    expect(warned).toEqual([
      expect.stringMatching(/^scheduler\.maxPendingTask: not a known key.*scheduler\.maxPendingTasks may be meant/u),
      expect.stringMatching(/^sheduler: not a known key.*scheduler may be meant/u),
      expect.stringMatching(
        /^SMANAGER_SCHEDULER_MAX_PENDING_TASK: .*SMANAGER_SCHEDULER_MAX_PENDING_TASKS may be meant/u,
      ),
      expect.stringMatching(/^scheduler\.strategy: .*50/u),
    ]);
    const { code, stdout } = await home.smanager('check');
    expect(code).toBe(78);
    expect(stdout).toMatch(/WRONG {3}configuration scheduler\.maxPendingTask: /u);
    expect(stdout).toMatch(/WRONG {3}configuration scheduler\.strategy: /u);
  });
});

describe('variables', () => {
  it('say what the file does not, the first end point of a list that answers is used, and files give values', async () => {
    const accountFile = join(place.world.dir, 'account');
    const { chain, account } = place.ends;
    await writeFile(accountFile, `${account}\n`);
    const dataDir = join(place.world.dir, 'by-variable');
    const home = await place.homeWith(
      'variables',
      { sworker: { endPoint: place.ends.sworker }, ipfs: { endPoint: 'http://127.0.0.1:9' }, dataDir: '/nowhere' },
      {
        SMANAGER_CHAIN_ACCOUNT_FILE: accountFile,
        SMANAGER_CHAIN_END_POINT: `ws://127.0.0.1:9, ${chain}`,
        SMANAGER_IPFS_END_POINT: place.ends.ipfs,
        SMANAGER_DATA_DIR: dataDir,
        SMANAGER_SCHEDULER_STRATEGY_NEW_FILES_WEIGHT: '100',
      },
    );
    const bot = await home.start();
    const started = bot.lines.find(({ message }) => message === 'Started');
    expect(started?.fields).toMatchObject({ account, dataDir });
    expect((await bot.stop()).code).toBe(0);
    const { code, stdout } = await home.smanager('status', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ account });
  });
});
