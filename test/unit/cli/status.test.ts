import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Database, databaseFileName } from '../../../src/store/database.ts';
import { type FactName, Facts } from '../../../src/store/facts.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { account, cli, writeConfig } from './cli-run.ts';

const MINUTE_MS = 60_000;
const GIB = 1024 ** 3;
const genesisHash = `0x${'11'.repeat(32)}`;

describe('smanager status', () => {
  let dataDir: string;
  let options: { readonly env: { readonly SMANAGER_CONFIG: string } };
  let database: Database;

  beforeEach(async () => {
    const folder = await tempDir();
    dataDir = folder;
    options = await writeConfig(folder, dataDir);
    const opened = await Database.open(dataDir);
    onTestFinished(async () => await opened.close());
    database = opened;
  });

  async function set<N extends FactName>(
    name: N,
    content: Parameters<typeof Facts.prototype.set<N>>[2],
  ): Promise<void> {
    await database.write('event', async (tx) => await new Facts(database).set(tx, name, content));
  }

  async function addOrder(cid: string, columns: Readonly<Record<string, string | number>>): Promise<void> {
    await database.write('event', async (tx) => {
      await tx('file_record').insert({
        key_position: cid.codePointAt(0) ?? 0,
        cid,
        seen: 1,
        size_bytes: GIB,
        reward_pico: '0',
        calculated_block: 1,
        expiry_block: 0,
        replicas: 0,
        group_hold: 0,
        read_block: 1,
        created_block: 1,
        class: 'new',
        ...columns,
      });
    });
  }

  async function addPull(cid: string, columns: Readonly<Record<string, string | number>>): Promise<void> {
    await database.write('event', async (tx) => {
      await tx('pin_record').insert({
        cid,
        size_bytes: 4 * GIB,
        cause: 'pull',
        started_ms: Date.now() - 90 * MINUTE_MS,
        started_block: 1,
        updated_ms: 1,
        ...columns,
      });
    });
  }

  /** A bot in the middle of its work. */
  async function fill(): Promise<void> {
    const nowMs = Date.now();
    const dated = { atBlock: 12_345_678, atMs: nowMs };
    await set('identity', { account, genesisHash });
    await set('chain-time', { ...dated, blockTimestampMs: nowMs - 6_000, specVersion: 25 });
    await set('event-cursor', { block: 12_345_670 });
    await set('group', { ...dated, owner: 'cTowner', members: ['cTa', account, 'cTz'], ownIndex: 1, trouble: null });
    await set('active-nodes', { ...dated, count: 1234 });
    await set('conditions', {
      atMs: nowMs,
      ready: false,
      list: [
        { name: 'ipfs-outage', kind: 'outage', message: 'no answer \u001b[31m', sinceMs: nowMs - 5 * MINUTE_MS },
        { name: 'gc-hold', kind: 'wait', message: 'no pull starts before GC', sinceMs: nowMs - 2 * MINUTE_MS },
      ],
    });
    await set('last-outage', {
      part: 'chain',
      message: 'gone',
      fromMs: nowMs - 180 * MINUTE_MS,
      toMs: nowMs - 170 * MINUTE_MS,
    });
    await addOrder('a', { status: 'handled', verdict: 'take' });
    await addOrder('b', { status: 'waiting', verdict: 'dice' });
    await addOrder('c', { status: 'waiting', verdict: 'dice' });
    await addOrder('d', { status: 'waiting', verdict: 'few-replicas', class: 'db' });
    await addOrder('e', { status: 'pulling', verdict: 'take', size_bytes: 4 * GIB });
    await addPull('a', { status: 'sealed' });
    await addPull('e', { status: 'running', sealed_bytes: GIB, blocks: 4096 });
    await database.write('event', async (tx) => {
      await tx('gap').insert({ from_block: 12_000_000, to_block: 12_000_500, reason: 'pruned', found_ms: nowMs });
    });
  }

  it('says of an empty database that nothing was seen yet', async () => {
    const { code, stdout, stderr } = await cli(['status'], options);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/account unknown: no bot is running, or it hangs/u);
    for (const line of [
      'chain     not seen yet',
      'walk      none yet',
      'group     not read yet',
      'pulls     0 running',
      'cleanups  none',
    ]) {
      expect(stdout).toContain(line);
    }
  });

  it('tells a person all of it in one screen, with nothing that a terminal obeys', async () => {
    await fill();
    const { code, stdout } = await cli(['status'], options);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(new RegExp(`^smanager \\d+\\.\\d+\\.\\d+, account ${account}: not ready$`, 'u'));
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^ {2}OUTAGE {3}no answer \\x1b\[31m \(for 5 min/u),
        expect.stringMatching(/^ {2}waits {3}no pull starts before GC \(for 2 min/u),
        expect.stringMatching(/^chain {5}block 12,345,678, its time .*, runtime 25$/u),
        'events    indexed to block 12,345,670, 8 behind',
        expect.stringMatching(/^group {5}member 2 of 3, owner cTowner, read /u),
        expect.stringMatching(/^nodes {5}1,234 active/u),
        expect.stringMatching(/^ {2}waiting +3 +3\.0 GiB {2}dice 2, few-replicas 1$/u),
        expect.stringMatching(/^ {2}handled +1 +1\.0 GiB$/u),
        'held      1 sealed, 0 lost',
        'pulls     1 running',
        expect.stringMatching(/^ {2}e {2}1\.0 GiB of 4\.0 GiB sealed, 4,096 blocks, for 1 h 30 min/u),
        'gap       blocks 12,000,000 to 12,000,500 are waiting for a walk',
        expect.stringMatching(/^outage {4}last: chain, 3 h.* ago, for 10 min/u),
      ]),
    );
    expect(stdout).not.toContain('\u001b');
  });

  it('tells a program the same with --json: bytes, blocks and Unix milliseconds', async () => {
    await fill();
    const { code, stdout } = await cli(['status', '--json'], options);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({
      account,
      genesisHash,
      alive: true,
      ready: false,
      conditions: [
        { name: 'ipfs-outage', kind: 'outage' },
        { name: 'gc-hold', kind: 'wait' },
      ],
      lastOutage: { part: 'chain' },
      chainTime: { atBlock: 12_345_678, specVersion: 25 },
      eventCursor: { block: 12_345_670 },
      group: { ownIndex: 1, members: ['cTa', account, 'cTz'] },
      activeNodes: { count: 1234 },
      gaps: [{ fromBlock: 12_000_000, toBlock: 12_000_500 }],
      orders: expect.arrayContaining([{ status: 'waiting', verdict: 'dice', class: 'new', orders: 2, bytes: 2 * GIB }]),
      pulls: [{ cid: 'e', sizeBytes: 4 * GIB, sealedBytes: GIB, blocks: 4096 }],
      held: { sealed: 1, lost: 0 },
    });
  });

  it.each([
    { what: 'just now', ageMs: 0, code: 0 },
    { what: 'almost three minutes ago', ageMs: 2.8 * MINUTE_MS, code: 0 },
    { what: 'more than three minutes ago', ageMs: 3.1 * MINUTE_MS, code: 1 },
    { what: 'in the future of a stepped clock', ageMs: -4 * MINUTE_MS, code: 1 },
  ])('ends with $code for --alive when a bot wrote its state $what', async ({ ageMs, code }) => {
    await set('conditions', { atMs: Date.now() - ageMs, ready: false, list: [] });
    expect((await cli(['status', '--alive'], options)).code).toBe(code);
    const { stdout } = await cli(['status', '--alive', '--json'], options);
    expect(JSON.parse(stdout)).toMatchObject({ alive: code === 0 });
    expect((await cli(['status'], options)).code).toBe(0);
  });

  it('ends with 1 for --alive when no bot ever wrote its state', async () => {
    expect((await cli(['status', '--alive'], options)).code).toBe(1);
  });
});

describe('smanager status without a database of its own', () => {
  it.each([[['status']], [['status', '--json']], [['explain', 'Qm']]])(
    'says with %j that no bot has run there',
    async (words) => {
      const folder = await tempDir();
      const dataDir = path.join(folder, 'data');
      const { code, stdout, stderr } = await cli(words, await writeConfig(folder, dataDir));
      expect([code, stdout]).toEqual([78, '']);
      expect(stderr).toContain(`there is no ${databaseFileName} in ${dataDir}: no bot has run there yet`);
    },
  );

  it('ends with 78 on a damaged one', async () => {
    const folder = await tempDir();
    await writeFile(path.join(folder, databaseFileName), 'no database '.repeat(1000));
    const { code, stderr } = await cli(['status'], await writeConfig(folder, folder));
    expect(code).toBe(78);
    expect(stderr).not.toBe('');
  });
});
