import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { toAddress } from '../../../devnet/chain/accounts.ts';
import { startWorld, type World } from '../../../devnet/world/world.ts';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { findingOf, perClass, type ReconcileReport } from '../../../src/domain/reconcile.ts';
import { GIB, HOUR_BLOCKS } from '../../../src/domain/units.ts';
import { reconcileText } from '../../../src/cli/reconcile-text.ts';
import { Database } from '../../../src/store/database.ts';
import { Facts } from '../../../src/store/facts.ts';
import { fileStates } from '../../support/file-states.ts';
import { account, cli, writeConfig } from './cli-run.ts';
import { tempDir } from '../../support/temp-dir.ts';

const stray = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn';
const unheld = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';

describe('smanager reconcile', () => {
  let world: World;
  let folder: string;
  let options: { readonly env: { readonly SMANAGER_CONFIG: string } };
  let database: Database;
  let homes = 0;

  beforeAll(async () => {
    world = await startWorld({ blocks: { kind: 'manual', intervalMs: 6000 }, activeNodes: 20, goneNodes: 0 });
    world.sworker.preload([{ cid: stray, sizeBytes: 3 * GIB }]);
  });
  afterAll(async () => await world?.stop());

  beforeEach(async () => {
    homes += 1;
    folder = path.join(world.dir, `home ${homes}`);
    await mkdir(path.join(folder, 'data'), { recursive: true });
    options = { env: { SMANAGER_CONFIG: await world.writeConfig(folder) } };
    database = await Database.open(path.join(folder, 'data'));
    onTestFinished(async () => await database.close());
    await know(world.chain.finalized.number);
  });

  /** What a bot knows that has worked up to this block. */
  async function know(atBlock: number): Promise<void> {
    const facts = new Facts(database);
    await database.write('event', async (tx) => {
      const identity = {
        genesisHash: world.chain.history.at(0)?.hash ?? '',
        account: toAddress(world.network.account),
      };
      await facts.set(tx, 'identity', identity);
      await facts.set(tx, 'event-cursor', { block: atBlock });
      await facts.set(tx, 'held-scan', { atMs: 0, atBlock });
      const blocks = { anchor_block: 1, oldest_page_block: 1, newest_page_block: 1 };
      await tx('walk').insert({ status: 'complete', reason: '', reads_all: 1, cursor: '', started_ms: 0, ...blocks });
      await tx('file_record').insert({
        key_position: chainOrderKey(unheld).position,
        cid: unheld,
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
        status: 'handled',
      });
    });
  }

  async function statusOf(cid: string): Promise<unknown> {
    return await database.read(async (reader) => await reader('file_record').where({ cid }).first('status'));
  }

  it('says what does not agree and what is done about it, and changes nothing', async () => {
    const { code, stdout, stderr } = await cli(['reconcile'], options);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^at block [\d,]+: 1 held without order, 1 marked held but not held\n/);
    expect(stdout).toContain('held without order               1    3.0 GiB');
    expect(stdout).toContain('nothing is deleted for it');
    expect(stdout).toContain(stray);
    expect(stdout).toContain('the order is decided anew');
    expect(stdout).toContain('Nothing was changed');
    expect(await statusOf(unheld)).toEqual({ status: 'handled' });
    expect(await new Facts(database).find('reconcile-report')).toBeUndefined();
  });

  it('gives one JSON object with --json', async () => {
    const { code, stdout } = await cli(['reconcile', '--json'], options);
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as ReconcileReport;
    expect(report).toMatchObject({ atBlock: world.chain.finalized.number, isApplied: false });
    expect(report.classes['held-without-order']).toEqual({
      files: 1,
      bytes: 3 * GIB,
      remedies: { report: 1 },
      healed: 0,
      examples: [stray],
    });
    expect(report.classes.lost).toEqual({ files: 0, bytes: 0, remedies: {}, healed: 0, examples: [] });
  });

  it('does what is safe with --apply, beside whoever has the database open, and status tells it', async () => {
    const { code, stdout } = await cli(['reconcile', '--apply'], options);
    expect(code).toBe(0);
    expect(stdout).toContain('done for 1 now');
    expect(stdout).not.toContain('Nothing was changed');
    expect(await statusOf(unheld)).toEqual({ status: 'new' });
    expect(world.sworker.files.find(stray)?.state).toBe('valid');
    const status = await cli(['status'], options);
    expect(status.stdout).toMatch(/reconcile 1 held without order, 1 marked held but not held, looked \d+ s ago/);
    const json = JSON.parse((await cli(['status', '--json'], options)).stdout) as { reconcileReport: ReconcileReport };
    expect(json.reconcileReport).toMatchObject({ isApplied: true });
  });

  it('concludes nothing while events are to be read: 75, with the reason', async () => {
    await database.write('event', async (tx) => {
      const block = world.chain.finalized.number - HOUR_BLOCKS - 1;
      await new Facts(database).set(tx, 'event-cursor', { block });
    });
    const { code, stdout, stderr } = await cli(['reconcile', '--apply'], options);
    expect([code, stdout]).toEqual([75, '']);
    expect(stderr).toBe('Nothing can be reconciled yet: the events of more than an hour are still to be read\n');
    expect(await statusOf(unheld)).toEqual({ status: 'handled' });
  });

  it('concludes nothing when a source is away: 75, and says which', async () => {
    const away = await world.writeConfig(folder, undefined, { ipfs: { endPoint: 'http://127.0.0.1:9' } });
    const { code, stdout, stderr } = await cli(['reconcile', '--apply'], { env: { SMANAGER_CONFIG: away } });
    expect([code, stdout]).toEqual([75, '']);
    expect(stderr).toContain('The IPFS daemon at http://127.0.0.1:9');
    expect(await statusOf(unheld)).toEqual({ status: 'handled' });
  });

  it('is refused where no bot has run, and on the database of another account or chain: 78', async () => {
    const empty = await tempDir();
    const missing = await cli(['reconcile'], await writeConfig(empty, path.join(empty, 'data')));
    expect([missing.code, missing.stderr]).toEqual([78, expect.stringContaining('no bot has run there yet')]);
    const other = await cli(['reconcile'], await writeConfig(empty, path.join(folder, 'data')));
    expect([other.code, other.stderr]).toEqual([78, expect.stringContaining(`not of ${account}`)]);
    await database.write('event', async (tx) => {
      const identity = { genesisHash: `0x${'22'.repeat(32)}`, account: toAddress(world.network.account) };
      await new Facts(database).set(tx, 'identity', identity);
    });
    expect((await cli(['reconcile'], options)).code).toBe(78);
  });

  it('lets nothing that sWorker tells act on a terminal, in text and JSON', async () => {
    const hostile = 'Qm\u009b31m\u202egnp';
    world.sworker.preload([{ cid: hostile, sizeBytes: GIB }]);
    const json = await cli(['reconcile', '--json'], options);
    const report = JSON.parse(json.stdout) as ReconcileReport;
    expect(report.classes['held-without-order'].examples).toContain(hostile);
    const text = await cli(['reconcile'], options);
    for (const { stdout, stderr } of [json, text]) expect(stdout + stderr).not.toMatch(/[\u0080-\u009f\u202a-\u202e]/u);
  });
});

describe('the text of a report', () => {
  const empty = { files: 0, bytes: 0, remedies: {}, healed: 0, examples: [] };
  const base = { atMs: 0, atBlock: 1000, tookMs: 1, isApplied: true };

  it('says that all agree, with a line for each class', () => {
    const lines = reconcileText({ ...base, classes: perClass(() => empty) }).split('\n');
    expect(lines[0]).toBe('at block 1,000: orders, records, sWorker and IPFS agree');
    expect(lines.length).toBe(7);
  });

  it('has words for everything that is found', () => {
    const findings = fileStates.flatMap((state) => findingOf(state) ?? []);
    for (const { class: name, remedy } of findings) {
      const found = { ...empty, files: 1, remedies: { [remedy]: 1 } };
      const text = reconcileText({ ...base, classes: perClass((each) => (each === name ? found : empty)) });
      expect(text).toMatch(/^ {2}1: .{20,}$/m);
    }
  });

  it('lets no CID act on the terminal', () => {
    const classes = perClass(() => ({ ...empty, files: 1, remedies: { report: 1 }, examples: ['\u001b[2J'] }));
    const text = reconcileText({ ...base, classes });
    expect(text).not.toContain('\u001b');
    expect(text).toContain('\\x1b[2J');
  });
});
