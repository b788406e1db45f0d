import { describe, expect, it, onTestFinished } from 'vitest';
import { Database } from '../../../src/store/database.ts';
import { Facts } from '../../../src/store/facts.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { cli, writeConfig } from './cli-run.ts';

const MIB = 1024 ** 2;

/** A bot's database, open in the bot, with so many closes known only by absence that wait. */
async function waiting(
  closes: number,
  sections: Readonly<Record<string, unknown>> = {},
): Promise<{ database: Database; run: (...words: string[]) => ReturnType<typeof cli> }> {
  const folder = await tempDir();
  const options = await writeConfig(folder, folder, sections);
  const database = await Database.open(folder);
  onTestFinished(async () => await database.close());
  await database.write('event', async (tx) => {
    const time = { atBlock: 20_000, atMs: 1, blockTimestampMs: 1, specVersion: 25 };
    await new Facts(database).set(tx, 'chain-time', time);
    for (let index = 0; index < closes; index += 1) {
      const cid = `Qm${index}`;
      const of = { cid, size_bytes: MIB, updated_ms: 0 };
      await tx('pin_record').insert({ ...of, status: 'sealed', cause: 'found', started_ms: 0, started_block: 1 });
      await tx('cleanup_record').insert({ ...of, status: 'seen', cause: 'absence', seen_block: 1, created_ms: 0 });
    }
  });
  return { database, run: async (...words) => await cli(words, options) };
}

describe('smanager cleanup', () => {
  it('shows what waits, beside the running bot', async () => {
    const { run } = await waiting(30);
    const { code, stdout } = await run('cleanup');
    expect(code).toBe(0);
    expect(stdout).toContain('mode      delete');
    expect(stdout).toContain('absent    30 files, 30.0 MiB');
    expect(stdout).toContain('the chain is not believed');
    const { stdout: json } = await run('cleanup', '--json');
    expect(JSON.parse(json)).toMatchObject({
      mode: 'delete',
      maxPercentPerDay: 5,
      atBlock: 20_000,
      held: { files: 30 },
      dayLimit: { files: 200 },
      unproven: { files: 30, bytes: 30 * MIB, verdict: 'outage' },
      approvals: [],
    });
    expect(JSON.parse((await run('status', '--json')).stdout)).toMatchObject({
      deletions: { unproven: { files: 30 } },
    });
  });

  it('names the first twenty that wait, and in JSON all of them', async () => {
    const { run } = await waiting(1100);
    const { stdout } = await run('cleanup');
    const named = stdout.split('\n').filter((line) => line.startsWith('  Qm'));
    expect(named).toHaveLength(20);
    expect(named[0]).toBe('  Qm0  1.0 MiB, absence, seen at 1: waits for the second look, approval');
    expect(stdout).toMatch(/^ {2}and 1,080 more: --json lists all$/mu);
    const all: { waiting: { cid: string }[] } = JSON.parse((await run('cleanup', '--json')).stdout);
    expect(all.waiting.map(({ cid }) => cid)).toEqual(Array.from({ length: 1100 }, (_, index) => `Qm${index}`));
  });

  it('tells of a file its blocks and all that it waits for, and nothing of it is obeyed by a terminal', async () => {
    const { database, run } = await waiting(0);
    const cid = 'Qm\u001b[2J';
    await database.write('event', async (tx) => {
      const of = { cid, size_bytes: MIB, updated_ms: 0 };
      await tx('pin_record').insert({ ...of, status: 'running', cause: 'pull', started_ms: 0, started_block: 1 });
      await tx('gap').insert({ from_block: 5, to_block: 10, reason: 'pruned', found_ms: 0 });
      const blocks = { seen_block: 9, confirmed_block: 19, due_block: 14_419, look_block: 20_001 };
      await tx('cleanup_record').insert({ ...of, ...blocks, status: 'confirmed', cause: 'event', created_ms: 0 });
    });
    expect((await run('cleanup')).stdout).toContain(
      '  Qm\\x1b[2J  1.0 MiB, event, seen at 9, confirmed at 19, due at 14,419: waits for a walk that closes a gap, its pull to end, another try\n',
    );
    expect(JSON.parse((await run('cleanup', '--json')).stdout)).toMatchObject({
      waiting: [
        {
          cid,
          sizeBytes: MIB,
          status: 'confirmed',
          cause: 'event',
          approved: false,
          seenBlock: 9,
          confirmedBlock: 19,
          dueBlock: 14_419,
          waitsFor: ['gap', 'pull', 'retry'],
        },
      ],
    });
  });

  it('approve promises nothing for now where nothing is deleted', async () => {
    const { run } = await waiting(30, { cleanup: { mode: 'dryRun' } });
    expect((await run('cleanup', 'approve')).stdout).toContain('go once cleanup.mode is no longer dryRun, each after');
  });

  it('approve keeps when and by which command it was given, and covers what waited then', async () => {
    const { database, run } = await waiting(30);
    const { code, stdout } = await run('cleanup', 'approve');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^approved: 30 files, 30\.0 MiB of closed orders go now, /u);
    const [row] = await database.read(async (reader): Promise<object[]> => await reader('approval'));
    expect(row).toMatchObject({ command: 'smanager cleanup approve', at_block: 20_000, files: 30, bytes: 30 * MIB });
    const left = await database.read(
      async (reader): Promise<object[]> => await reader('cleanup_record').whereNull('approval_id'),
    );
    expect(left).toEqual([]);
    expect((await run('cleanup')).stdout).toContain('absence, approved, seen at 1: waits for the second look\n');
    expect((await run('cleanup')).stdout).toMatch(/^approved {2}30 files, 30\.0 MiB at \d{4}-.*, block 20,000, by /mu);
    expect(JSON.parse((await run('cleanup', 'approve', '--json')).stdout)).toEqual({ approval: null });
  });

  it('approve does nothing where nothing waits for a person', async () => {
    const { database, run } = await waiting(3);
    expect((await run('cleanup', 'approve')).stdout).toContain('nothing waits for an approval');
    expect(await database.read(async (reader): Promise<object[]> => await reader('approval'))).toEqual([]);
  });

  it('refuses a word that is no command of it', async () => {
    const { run } = await waiting(0);
    expect((await run('cleanup', 'aprove')).code).toBe(1);
  });
});
