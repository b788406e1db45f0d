import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeAddress } from '@polkadot/util-crypto';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { crustAddress, least, load, messageAt, publicKeyHex, refused, substrateAddress } from './load.ts';

describe('today’s configuration files', () => {
  const installer = {
    chain: { account: crustAddress, endPoint: 'ws://127.0.0.1:19944' },
    sworker: { endPoint: 'http://127.0.0.1:12222' },
    ipfs: { endPoint: 'http://127.0.0.1:5001' },
    node: { role: 'member' },
    telemetry: { endPoint: 'https://sm-submit.crust.network' },
    dataDir: '/data',
    scheduler: { minSrdRatio: 30, strategy: { existedFilesWeight: 0, newFilesWeight: 100 } },
  };

  it('the installer’s file starts as it stands, with one word about the old name', async () => {
    const { config, warnings } = await load(installer);
    expect(config).toMatchObject({
      dataDir: '/data',
      chain: { account: { address: crustAddress, publicKeyHex }, maxRequestsInFlight: 4 },
      node: { role: 'member' },
      scheduler: {
        minSrdRatioPercent: 30,
        maxPendingTasks: 32,
        minFileSizeBytes: 0,
        maxFileSizeBytes: 0,
        minReplicas: 40,
        maxReplicas: 100,
        strategy: { dbFilesWeight: 0, newFilesWeight: 100 },
      },
      sealCoordinator: undefined,
      runtime: { maxOutageMs: 1_800_000 },
      indexer: { scanIntervalBlocks: 14_400, refreshBlocks: 100_800 },
      pull: { stallMs: 1_800_000, maxAttempts: 5 },
      seal: { lostGraceBlocks: 28_800 },
      cleanup: { mode: 'delete', graceBlocks: 14_400, maxPercentPerDay: 5, endOrphanSeals: false },
      reconcile: { intervalMs: 21_600_000 },
      gc: { thresholdPercent: 90, intervalMs: 3_600_000 },
    });
    expect(config.chain.endPoints.map(String)).toEqual(['ws://127.0.0.1:19944']);
    expect(String(config.telemetry?.endPoint)).toBe('https://sm-submit.crust.network');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ path: 'scheduler.strategy.existedFilesWeight', errorInCheck: false });
  });

  it('the old example’s shape starts, but for its placeholder of an account', async () => {
    const example = {
      chain: { account: 'crustaccount', endPoint: 'ws://localhost:19944' },
      sworker: { endPoint: 'http://localhost:12222' },
      ipfs: { endPoint: 'http://localhost:5001' },
      node: { role: 'member' },
      telemetry: { endPoint: 'https://sm-submit.crust.network' },
      dataDir: 'data',
      scheduler: { minSrdRatio: 30, strategy: { dbFilesWeight: 10, newFilesWeight: 90 } },
    };
    const error = await refused(example);
    expect(error.issues).toHaveLength(1);
    expect(messageAt(error.issues, 'chain.account')).toMatch(/"crustaccount".*placeholder/u);
    const { config, warnings } = await load({ ...example, chain: { ...example.chain, account: crustAddress } });
    expect(config.scheduler.strategy).toEqual({ dbFilesWeight: 10, newFilesWeight: 90 });
    expect(warnings).toEqual([]);
  });

  it('numbers as text, trailing slashes, spaces and a byte order mark are understood', async () => {
    const file = {
      ...least,
      sworker: { endPoint: ' http://127.0.0.1:12222// ' },
      scheduler: { minSrdRatio: '30', maxFileSize: '1.5' },
      cleanup: { endOrphanSeals: 'true' },
    };
    const { config } = await load(`\ufeff${JSON.stringify(file)}`);
    expect(config.sworker.endPoint.reveal()).toBe('http://127.0.0.1:12222');
    expect(config.scheduler.minSrdRatioPercent).toBe(30);
    expect(config.scheduler.maxFileSizeBytes).toBe(1_572_864);
    expect(config.cleanup.endOrphanSeals).toBe(true);
  });

  it('any role is shown, with a word about one that is not known', async () => {
    const { config, warnings } = await load({ ...least, node: { role: 'owner' } });
    expect(config.node.role).toBe('owner');
    expect(warnings).toEqual([expect.objectContaining({ path: 'node.role', errorInCheck: false })]);
    expect((await load({ ...least, node: { role: 'isolation' } })).warnings).toEqual([]);
  });

  it('telemetry may be left out in every way a person would do it, but a wrong address is told', async () => {
    expect((await load(least)).config.telemetry).toBeUndefined();
    expect((await load({ ...least, telemetry: null })).config.telemetry).toBeUndefined();
    const { config, warnings } = await load({ ...least, telemetry: {} });
    expect(config.telemetry).toBeUndefined();
    expect(warnings).toEqual([expect.objectContaining({ path: 'telemetry' })]);
    const error = await refused({ ...least, telemetry: { endPoint: '' } });
    expect(messageAt(error.issues, 'telemetry.endPoint')).toContain('no telemetry section at all');
  });
});

describe('the account', () => {
  it('is read from any prefix as one account', async () => {
    for (const prefix of [0, 2, 42, 66, 1284]) {
      const account = encodeAddress(new Uint8Array(32).fill(7), prefix);
      const { config } = await load({ ...least, chain: { ...least.chain, account } });
      expect(config.chain.account).toEqual({ address: crustAddress, publicKeyHex });
    }
    const { config } = await load({ ...least, chain: { ...least.chain, account: ` ${substrateAddress}\n` } });
    expect(config.chain.account.address).toBe(crustAddress);
  });

  it.each([`${crustAddress.slice(0, -1)}J`, crustAddress.slice(1), publicKeyHex, '', 'cT…', 5, null])(
    'is refused: %s',
    async (account) => {
      const error = await refused({ ...least, chain: { ...least.chain, account } });
      expect(messageAt(error.issues, 'chain.account')).toContain('ss58');
    },
  );
});

describe('end points', () => {
  it('of the chain may be several, in order', async () => {
    const endPoint = ['ws://one:19944/', 'wss://two'];
    const { config } = await load({ ...least, chain: { ...least.chain, endPoint } });
    expect(config.chain.endPoints.map((point) => point.reveal())).toEqual(['ws://one:19944', 'wss://two']);
  });

  it.each([[[]], ['http://127.0.0.1:19944'], [['ws://one', 'two']], ['127.0.0.1:19944'], [[5]]])(
    'of the chain are refused: %j',
    async (endPoint) => {
      const error = await refused({ ...least, chain: { ...least.chain, endPoint } });
      expect(error.issues[0]?.path).toMatch(/^chain\.endPoint/u);
      expect(error.message).toContain('ws://127.0.0.1:19944');
    },
  );

  it.each(['', 'ftp://h', 'http://', '127.0.0.1:5001', 'http://h/?x=1', 'http://h/#x', 'http://%zz:x@h'])(
    'of IPFS are refused: %s',
    async (endPoint) => {
      const error = await refused({ ...least, ipfs: { endPoint } });
      expect(messageAt(error.issues, 'ipfs.endPoint')).toContain('http://127.0.0.1:5001');
    },
  );
});

describe('a refusal', () => {
  it('names every wrong key at once: where, what was found, what is allowed, and what may be meant', async () => {
    const error = await refused({
      chain: { account: crustAddress, endpoint: 'ws://x', maxRequestsInFlight: 'abc' },
      sworker: { endPoint: 'htp://h' },
      scheduler: { minSrdRatio: 101, strategy: { newFilesWeight: -1 }, maxPendingTask: 3, allow: { cids: [1] } },
    });
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.destiny).toBe('configuration');
    expect(Object.fromEntries(error.issues.map(({ path: where, message }) => [where, message]))).toEqual({
      'chain.endPoint':
        'is missing; allowed: a WebSocket address such as ws://127.0.0.1:19944, or a list of them; chain.endpoint is not a known key and may be it',
      'chain.maxRequestsInFlight': 'found "abc"; allowed: a whole number from 1 to 64',
      'sworker.endPoint': 'found "htp://h"; allowed: an HTTP address such as http://127.0.0.1:12222',
      'ipfs.endPoint': 'is missing; allowed: an HTTP address such as http://127.0.0.1:5001',
      'scheduler.minSrdRatio': 'found 101; allowed: a number from 0 to 100',
      'scheduler.strategy.newFilesWeight': 'found -1; allowed: a number from 0 on',
      'scheduler.allow.cids.0': 'found 1; allowed: a CID of at most 128 characters',
      'chain.endpoint': 'not a known key, it has no effect; chain.endPoint may be meant',
      'scheduler.maxPendingTask': 'not a known key, it has no effect; scheduler.maxPendingTasks may be meant',
    });
    for (const { path: where } of error.issues) expect(error.message).toContain(`\n  ${where}: `);
  });

  it.each<[string, unknown]>([
    ['scheduler', []],
    ['scheduler', 'default'],
    ['chain', 'ws://x'],
    ['sealCoordinator', 5],
    ['gc', null],
  ])('of %s being %j says that it is a section', async (name, value) => {
    const error = await refused({ ...least, [name]: value });
    expect(messageAt(error.issues, name)).toContain('a section { … }');
  });

  it.each(['[]', '5', 'null', '"x"'])('of a file that is %s names the whole file', async (text) => {
    expect((await refused(text)).issues[0]?.path).toBe('(whole file)');
  });

  it.each<[string, string, unknown]>([
    ['scheduler', 'minSrdRatio', -1],
    ['scheduler', 'maxPendingTasks', 0],
    ['scheduler', 'maxPendingTasks', 1.5],
    ['scheduler', 'minFileSize', '-3'],
    ['scheduler', 'minReplicas', '0x10'],
    ['scheduler', 'maxReplicas', true],
    ['scheduler', 'strategy', 'newFilesFirst'],
    ['runtime', 'maxOutageMinutes', 0],
    ['pull', 'maxAttempts', ''],
    ['cleanup', 'endOrphanSeals', 'yes'],
    ['cleanup', 'mode', 'dryrun'],
    ['cleanup', 'maxPercentPerDay', 101],
    ['gc', 'thresholdPercent', 101],
    ['gc', 'thresholdPercent', 'NaN'],
  ])('of %s.%s being %j', async (section, key, value) => {
    const error = await refused({ ...least, [section]: { [key]: value } });
    expect(error.issues.map(({ path: where }) => where)).toEqual([`${section}.${key}`]);
  });
});

describe('a list in the configuration', () => {
  it('refuses a text that no order has, and a beginning of a memo of which less is kept', async () => {
    const substitute = `0x${'5'.repeat(128)}~${'a'.repeat(64)}`;
    const cids = ['x'.repeat(128), substitute, 'x'.repeat(129)];
    const error = await refused({ ...least, scheduler: { deny: { cids, memoPrefixes: ['x'.repeat(129)] } } });
    expect(error.issues.map(({ path: where, message }) => [where, message.split('; ')[1]])).toEqual([
      ['scheduler.deny.cids.2', 'allowed: a CID of at most 128 characters'],
      ['scheduler.deny.memoPrefixes.0', 'allowed: a text of at most 128 bytes'],
    ]);
  });
});

describe('what is told of a file that was not meant', () => {
  it('are its first wrong values and unknown keys, and how many more there are', async () => {
    const unknown = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`key${index}`, 1]));
    const { issues } = await refused({ ...least, ...unknown, scheduler: { deny: { owners: Array(100).fill('x') } } });
    expect(issues).toHaveLength(42);
    expect([issues[20]?.message, issues[41]?.message]).toEqual([
      '80 more values are refused',
      '30 more keys are not known',
    ]);
  });
});

describe('keys that are not known', () => {
  it('are warnings when running and errors in a check, with what may be meant, without their values', async () => {
    const { warnings } = await load({ ...least, pulls: { x: 1 }, scheduler: { stallMinutes: 'v4lue' }, alerts: {} });
    expect(
      warnings.map(({ path: where, message, errorInCheck }) => [where, message.split('; ')[1], errorInCheck]),
    ).toEqual([
      ['pulls', 'pull may be meant', true],
      ['scheduler.stallMinutes', 'pull.stallMinutes may be meant', true],
      ['alerts', undefined, true],
    ]);
    expect(JSON.stringify(warnings)).not.toContain('v4lue');
  });

  it('do no harm by their names', async () => {
    const text = JSON.stringify(least).replace(
      '{',
      '{"__proto__":{"x":1},"constructor":{"prototype":{"y":1}},"\\u001b[2J":1,',
    );
    const { warnings } = await load(text);
    expect(warnings).toHaveLength(3);
    expect(JSON.stringify(warnings)).not.toContain('\\u001b');
    expect('x' in {}).toBe(false);
  });
});

describe('the strategy', () => {
  it.each<[unknown, number, number]>([
    [undefined, 50, 50],
    ['default', 50, 50],
    ['srdFirst', 80, 10],
    ['newFileFirst', 20, 80],
    [{}, 0, 100],
    [{ dbFilesWeight: 1, newFilesWeight: 3 }, 25, 75],
    [{ dbFilesWeight: 100 }, 50, 50],
    [{ newFilesWeight: 7 }, 0, 100],
    [{ existedFilesWeight: 1, newFilesWeight: 1 }, 50, 50],
    [{ existedFilesWeight: 9, dbFilesWeight: 1, newFilesWeight: '1' }, 50, 50],
    [{ dbFilesWeight: 5, newFilesWeight: 0 }, 100, 0],
  ])('%j is %i to %i', async (strategy, dbFilesWeight, newFilesWeight) => {
    const { config } = await load({ ...least, scheduler: { strategy } });
    expect(config.scheduler.strategy).toEqual({ dbFilesWeight, newFilesWeight });
  });

  it('with all weights 0 is even, as it always was, and an error in a check', async () => {
    const { config, warnings } = await load({ ...least, scheduler: { strategy: { newFilesWeight: 0 } } });
    expect(config.scheduler.strategy).toEqual({ dbFilesWeight: 50, newFilesWeight: 50 });
    expect(warnings).toEqual([expect.objectContaining({ path: 'scheduler.strategy', errorInCheck: true })]);
  });

  it('warns once of limits that leave nothing to take', async () => {
    const scheduler = { minFileSize: 10, maxFileSize: 5, minReplicas: 40, maxReplicas: 30 };
    const { warnings } = await load({ ...least, scheduler });
    expect(warnings.map(({ path: where }) => where)).toEqual(['scheduler.minFileSize', 'scheduler.minReplicas']);
  });
});

describe('the file', () => {
  it('that cannot be read is named, with the way to name another', async () => {
    const folder = await tempDir();
    const missing = loadConfig({ env: {}, workingDirectory: folder });
    await expect(missing).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: expect.stringContaining('SMANAGER_CONFIG'),
    });
    const named = loadConfig({ env: { SMANAGER_CONFIG: '/nowhere/x.json' }, workingDirectory: folder });
    await expect(named).rejects.toMatchObject({ message: expect.stringContaining('/nowhere/x.json') });
    const isFolder = loadConfig({ env: { SMANAGER_CONFIG: folder }, workingDirectory: folder });
    await expect(isFolder).rejects.toMatchObject({ message: expect.stringContaining('EISDIR') });
  });

  it('is the one that SMANAGER_CONFIG names, and relative paths in it are the working directory’s', async () => {
    const folder = await tempDir();
    await writeFile(path.join(folder, 'other.json'), JSON.stringify({ ...least, dataDir: 'store' }));
    const { config, filePath } = await loadConfig({ env: { SMANAGER_CONFIG: 'other.json' }, workingDirectory: folder });
    expect(filePath).toBe(path.join(folder, 'other.json'));
    expect(config.dataDir).toBe(path.join(folder, 'store'));
  });

  it('that is no JSON is refused with line and column, and without its text', async () => {
    const text = `{\n  "chain": {"account": "x"},\n  "sealCoordinator": {"authToken": "s3cret" "nodeUUID": 1}\n}`;
    const error = await refused(text);
    expect(error.code).toBe('CONFIG_UNREADABLE');
    expect(error.message).toContain('line 3, column 45');
    expect(`${error.message}${String(error.stack)}${String(error.cause)}`).not.toContain('s3cret');
  });
});
