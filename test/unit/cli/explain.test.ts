import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import {
  type DecideWorld,
  cidOf,
  decideWorld,
  groupOwner,
  headBlock,
  listOf,
  signal,
} from '../../support/decide-world.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { cli, writeConfig } from './cli-run.ts';

type Columns = Readonly<Record<string, string | number | null>>;

/** Stores orders in the database of a world, has them decided, and gives a way to ask about them. */
async function explained(world: DecideWorld, orders: Readonly<Record<string, Columns>>) {
  for (const [cid, columns] of Object.entries(orders)) {
    await world.add({ cid, key_position: chainOrderKey(cid).position, ...columns });
  }
  await world.bot.task.round(signal);
  const [{ file } = { file: '' }] = await world.database.read(async (reader) => {
    const rows: { file: string }[] = await reader.raw('PRAGMA database_list');
    return rows;
  });
  const options = await writeConfig(await tempDir(), path.dirname(file));
  return async (cid: string, ...flags: string[]) => await cli(['explain', cid, ...flags], options);
}

const paid = { expiry_block: headBlock + 2_000_000, replicas: 50 };

describe('smanager explain', () => {
  it('finds an unprintable CID by what stands for it everywhere else', async () => {
    const { text, position } = chainOrderKey(Uint8Array.of(0x1b, 0x5b, 0x32, 0x4a));
    expect(text).toMatch(/^0x1b5b324a~/u);
    const explain = await explained(await decideWorld(), { [text]: { key_position: position } });
    const { code, stdout } = await explain(text);
    expect(code).toBe(0);
    expect(stdout).toContain(`order     ${text}\n`);
  });

  it('tells of a taken order its figures, its status and that it is taken', async () => {
    const cid = cidOf('taken');
    const explain = await explained(await decideWorld(), { [cid]: { size_bytes: 5 * 1024 ** 2 } });
    const { code, stdout, stderr } = await explain(cid);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`order     ${cid}\n`);
    expect(stdout).toContain('5.0 MiB (5,242,880 bytes)');
    expect(stdout).toContain('nobody holds it yet');
    expect(stdout).toMatch(/^status {4}queued$/mu);
    expect(stdout).toMatch(/^verdict {3}take, decided at block 10,000,000$/mu);
  });

  const waiting: readonly { verdict: string; columns: Columns; says: readonly string[] }[] = [
    {
      verdict: 'few-replicas',
      columns: { ...paid, replicas: 7 },
      says: ['replicas: 7', 'at least: 40', 'next look block 10,000,300, in about 30 min'],
    },
    { verdict: 'many-replicas', columns: { replicas: 150 }, says: ['replicas: 150'] },
    { verdict: 'too-large', columns: { size_bytes: 3 * 1024 ** 3 }, says: ['3,221,225,472'] },
    {
      verdict: 'group-has-it',
      columns: { group_hold: 1, group_owner: groupOwner, ...paid },
      says: ['held by another member of our group'],
    },
    {
      verdict: 'expired',
      columns: { expiry_block: headBlock - 5, replicas: 50 },
      says: ['paid until block 9,999,995'],
    },
    {
      verdict: 'abandoned',
      columns: { success_block: headBlock - 200_000, calculated_block: headBlock - 200_000 },
      says: ['nobody holds it yet'],
    },
  ];

  it.each(waiting)(
    'tells of $verdict the values, the limits and when it is looked at again',
    async ({ verdict, columns, says }) => {
      const limits = { minFileSizeBytes: 0, maxFileSizeBytes: 2 * 1024 ** 3, minReplicas: 40, maxReplicas: 100 };
      const cid = cidOf(verdict);
      const explain = await explained(await decideWorld({ limits }), { [cid]: columns });
      const { code, stdout } = await explain(cid);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^status {4}waiting$/mu);
      expect(stdout).toMatch(new RegExp(`^verdict {3}${verdict}, decided at block `, 'mu'));
      for (const line of ['because   ', 'changes   ', 'next look ', ...says]) expect(stdout).toContain(line);
    },
  );

  it('tells of the dice the draw and what it had to be below', async () => {
    const world = await decideWorld();
    await world.setActiveNodes({ count: 1_000_000 });
    const cid = cidOf('unlucky');
    const { stdout } = await (await explained(world, { [cid]: {} }))(cid);
    expect(stdout).toMatch(/^verdict {3}dice/mu);
    expect(stdout).toMatch(/draw: 0\.\d+/u);
    expect(stdout).toMatch(/must be below: 0\.0003/u);
  });

  it('tells of a file of another member whose it is, and of a denied one', async () => {
    const world = await decideWorld();
    world.deny.list = listOf({ cids: new Set([cidOf('denied')]) });
    await world.setGroup({ members: Array.from({ length: 500 }, (_, i) => `cT${i}`), ownIndex: 499 });
    const explain = await explained(world, { [cidOf('theirs')]: {}, [cidOf('denied')]: {} });
    expect((await explain(cidOf('theirs'))).stdout).toMatch(/^verdict {3}not-ours[^]*this node is member: 499/mu);
    expect((await explain(cidOf('denied'))).stdout).toMatch(/^verdict {3}denied/mu);
  });

  it('tells when a weight of 0 keeps a queued order from being pulled', async () => {
    const cid = cidOf('old');
    const world = await decideWorld({ weights: { dbFilesWeight: 0, newFilesWeight: 100 } });
    const { stdout } = await (
      await explained(world, { [cid]: { ...paid, class: 'db', calculated_block: headBlock - 500_000 } })
    )(cid);
    expect(stdout).toMatch(/^status {4}queued$/mu);
    expect(stdout).toMatch(/^held back .*dbFilesWeight/mu);
  });

  it('tells the pulls and the cleanup of a file, newest first, with nothing that a terminal obeys', async () => {
    const world = await decideWorld();
    const cid = cidOf('held');
    const explain = await explained(world, { [cid]: {} });
    await world.database.write('event', async (tx) => {
      const pull = { cid, size_bytes: 1000, cause: 'pull', started_block: 1, updated_ms: 1 };
      await tx('pin_record').insert([
        {
          ...pull,
          status: 'failed',
          started_ms: Date.UTC(2026, 0, 1),
          sealed_bytes: 0,
          end_reason: 'stalled',
          end_detail: 'no block \u001b[1m',
        },
        { ...pull, status: 'sealed', started_ms: Date.UTC(2026, 0, 2), sealed_bytes: 3 * 1024 ** 2 },
      ]);
      await tx('file_record').where({ cid }).update({ status: 'handled' });
      const cleanup = { cid, status: 'confirmed', cause: 'event', seen_block: headBlock, due_block: headBlock + 600 };
      await tx('cleanup_record').insert({ ...cleanup, created_ms: 1, updated_ms: 1 });
    });
    const { stdout } = await explain(cid);
    const lines = stdout.split('\n').filter((line) => /^(?:pull|cleanup) /u.test(line));
    expect(lines).toEqual([
      expect.stringMatching(/^pull {6}2026-01-02 00:00:00 sealed, 3\.0 MiB sealed$/u),
      expect.stringMatching(/^pull {6}2026-01-01 00:00:00 failed.*: stalled \(no block \\x1b\[1m\)$/u),
      'cleanup   confirmed, close seen at block 10,000,000, due at block 10,000,600',
    ]);
    expect(stdout).not.toContain('\u001b');
  });

  it('tells a program the same with --json', async () => {
    const cid = cidOf('json');
    const explain = await explained(await decideWorld(), {
      [cid]: { group_hold: 1, group_owner: groupOwner, ...paid },
    });
    const { code, stdout } = await explain(cid, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      order: { key: { text: cid }, replicas: 50, status: 'waiting', verdict: 'group-has-it' },
      explanation: { status: 'waiting', verdict: 'group-has-it' },
      headBlock,
    });
  });

  it('says of what is no CID why it can never be taken', async () => {
    const explain = await explained(await decideWorld(), { 'not a cid \u0007': {}, rubbish: {} });
    expect((await explain('rubbish')).stdout).toMatch(/^verdict {3}bad-cid/mu);
  });

  it.each(['QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn', '', '\u001b[2J'])(
    'ends with 1 for an order never seen: %j',
    async (cid) => {
      const explain = await explained(await decideWorld(), {});
      const { code, stdout, stderr } = await explain(cid);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain('no order with this CID was seen');
      expect(stderr).not.toContain('\u001b');
    },
  );
});
