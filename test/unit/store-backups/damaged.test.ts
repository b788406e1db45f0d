import { copyFile, mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { PageCheckTask } from '../../../src/care/page-check-task.ts';
import { SmError } from '../../../src/domain/errors.ts';
import { Conditions } from '../../../src/runtime/conditions.ts';
import { backupFolder } from '../../../src/store/backups/backup-folder.ts';
import { restoreDatabase } from '../../../src/store/backups/restore.ts';
import { takeBackup } from '../../../src/store/backups/take-backup.ts';
import { Database, databaseFileName } from '../../../src/store/database.ts';
import { flip, pageKinds, pagesByKind } from '../../support/damage.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RecordingLogger } from '../../support/quiet-logger.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { account, atMs, genesisHash, namesIn, never, usedHome } from './backup-home.ts';

let good: Buffer;
let backup: { readonly name: string; readonly bytes: Buffer };

beforeEach(async () => {
  const { dataDir, file } = await usedHome();
  const database = await Database.open(dataDir);
  for (const name of ['stays', 'goes']) {
    await database.write('claim', async (tx) => await tx('config').insert({ name, content: 'x'.repeat(100_000) }));
  }
  await database.write('claim', async (tx) => await tx('config').where({ name: 'goes' }).delete());
  await database.close();
  const made = await takeBackup({ dataDir, kind: 'daily', atMs, signal: never });
  good = await readFile(file);
  backup = { name: path.basename(made.file), bytes: await readFile(made.file) };
});

/** A data directory with these bytes as its database, and a good backup. */
async function homeWith(bytes: Buffer): Promise<{ dataDir: string; file: string; way: string }> {
  const dataDir = await tempDir();
  const file = path.join(dataDir, databaseFileName);
  await writeFile(file, bytes);
  await mkdir(backupFolder(dataDir));
  const way = path.join(backupFolder(dataDir), backup.name);
  await writeFile(way, backup.bytes);
  return { dataDir, file, way };
}

/** As a start does: opens it, and looks through it soon after. */
async function start(dataDir: string): Promise<void> {
  const database = await Database.open(dataDir, { keptBackups: 3 });
  try {
    await database.assertWhole(never);
  } finally {
    await database.close();
  }
}

async function refusal(dataDir: string): Promise<SmError> {
  const error: unknown = await start(dataDir).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SmError)) throw new Error(`not refused, but ${String(error)}`);
  return error;
}

it('has pages of every kind to damage', () => {
  for (const [kind, pages] of pagesByKind(good)) expect(pages.length, kind).toBeGreaterThan(0);
});

describe('a damaged database is refused, says how to repair it, and is repaired so:', () => {
  const damages: readonly (readonly [string, (file: Buffer) => Buffer])[] = [
    ...pageKinds.map(
      (kind) => [`a ${kind}`, (file: Buffer) => flip(file, pagesByKind(file).get(kind)?.at(-1) ?? 0)] as const,
    ),
    ['the magic of the header', (file) => flip(file, 1)],
    ['the versions in the header', (file) => flip(file, 1, { from: 18, bytes: 1 })],
    ['the schema format in the header', (file) => flip(file, 1, { from: 47, bytes: 1 })],
    ['the table of tables', (file) => flip(file, 1, { from: 100 })],
    ['a whole page overwritten', (file) => Buffer.from(file).fill(0xa5, 20 * 4096, 21 * 4096)],
    ['cut off in the middle', (file) => file.subarray(0, Math.floor(file.length / 8192) * 4096)],
    ['cut off in the middle of a page', (file) => file.subarray(0, Math.floor(file.length / 2))],
    ['cut off behind its first page', (file) => file.subarray(0, 4096)],
  ];

  it.each(damages)('%s', async (_, damage) => {
    const bytes = damage(good);
    const { dataDir, file, way } = await homeWith(bytes);
    const error = await refusal(dataDir);
    expect([error.code, error.destiny, error.data['backup']]).toEqual(['DATABASE_DAMAGED', 'configuration', way]);
    expect(error.message).toContain(`smanager restore ${way}`);
    expect(bytes.equals(await readFile(file))).toBe(true);
    await restoreDatabase({ dataDir, file: way, account, genesisHash, atMs, signal: never });
    await start(dataDir);
  });

  it('and at once, before anything is read, when the bot before was killed', async () => {
    const { dataDir, file, way } = await homeWith(good);
    const killed = await Database.open(dataDir);
    await killed.write('claim', async (tx) => await tx('config').insert({ name: 'in the log', content: '1' }));
    const left = await homeWith(flip(good, pagesByKind(good).get('index leaf')?.at(-1) ?? 0));
    await copyFile(`${file}-wal`, `${left.file}-wal`);
    await killed.close();
    expect(way).not.toBe(left.way);
    for (const open of [
      async () => await Database.open(left.dataDir),
      async () => await Database.openExisting(left.dataDir, { writes: true }),
    ]) {
      await expect(open()).rejects.toMatchObject({ code: 'DATABASE_DAMAGED', data: { backup: left.way } });
    }
  });
});

it('whatever eight bytes of a page are flipped, it is refused or whole, never anything else', async () => {
  const pages = good.length / 4096;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: pages }), fc.integer({ min: 0, max: 511 }), async (page, word) => {
      const { dataDir } = await homeWith(flip(good, page, { from: word * 8 }));
      const outcome = await start(dataDir).then(
        () => 'whole',
        (reason: unknown) => (reason instanceof SmError ? reason.destiny : String(reason)),
      );
      expect(['whole', 'configuration']).toContain(outcome);
    }),
    { numRuns: 60 },
  );
});

describe('a database with the log of another one beside it is refused, and both stay as they are, by', () => {
  /** The database of a backup, with the log that a bot was killed with long after. */
  async function withForeignLog(): Promise<{ dataDir: string; file: string; way: string }> {
    const { dataDir, file } = await homeWith(good);
    const killed = await Database.open(dataDir);
    await killed.write('claim', async (tx) => await tx('file_record').where('id', '>', 2000).delete());
    await killed.checkpoint();
    await killed.write('claim', async (tx) => await tx('file_record').update({ status: 'queued', verdict: 'take' }));
    const left = await homeWith(backup.bytes);
    await copyFile(`${file}-wal`, `${left.file}-wal`);
    await killed.close();
    return left;
  }

  const looks: readonly (readonly [string, (dataDir: string) => Promise<unknown>])[] = [
    ['a start', async (dataDir) => await Database.open(dataDir)],
    ['smanager backup', async (dataDir) => await takeBackup({ dataDir, kind: 'by-hand', atMs, signal: never })],
    [
      'a command that writes, such as smanager cleanup approve',
      async (dataDir) => {
        const database = await Database.openExisting(dataDir, { writes: true });
        await database.close();
      },
    ],
    [
      'smanager integrity',
      async (dataDir) => {
        const database = await Database.openExisting(dataDir);
        try {
          await database.assertWhole(never);
        } finally {
          await database.close();
        }
      },
    ],
  ];

  it.each(looks)('%s', async (_, look) => {
    const { dataDir, file, way } = await withForeignLog();
    const log = await readFile(`${file}-wal`);
    await expect(look(dataDir)).rejects.toMatchObject({ code: 'DATABASE_DAMAGED' });
    expect(backup.bytes.equals(await readFile(file))).toBe(true);
    expect(log.equals(await readFile(`${file}-wal`))).toBe(true);
    await restoreDatabase({ dataDir, file: way, account, genesisHash, atMs, signal: never });
    await start(dataDir);
  });
});

describe('what is not ours is never written to:', () => {
  it.each([
    ['no database', Buffer.from('no pages of SQLite\n'.repeat(1000))],
    ['less than a header', Buffer.from('SQLite format 3\0')],
  ])('%s', async (_, bytes) => {
    const { dataDir, file } = await homeWith(bytes);
    expect((await refusal(dataDir)).code).toBe('DATABASE_DAMAGED');
    expect(bytes.equals(await readFile(file))).toBe(true);
    expect(await namesIn(dataDir)).toEqual(['backups', databaseFileName]);
  });
});

describe('while the bot runs', () => {
  it('a page that goes bad ends it by the next look, with the way back', async () => {
    const { dataDir, file, way } = await homeWith(good);
    const database = await Database.open(dataDir);
    const clock = new ManualClock();
    const parts = { clock, conditions: new Conditions(clock), logger: new RecordingLogger() };
    const running = new PageCheckTask({ ...parts, database }).run(never).catch((reason: unknown) => reason);
    await clock.advance(10_000);
    // The first look is over when the task sleeps until the next day.
    while (clock.sleeping === 0) await database.read(async (reader) => await reader('config').first());
    await writeFile(file, flip(good, pagesByKind(good).get('table leaf')?.at(-1) ?? 0));
    await clock.advance(86_400_000);
    expect(await running).toMatchObject({ code: 'DATABASE_DAMAGED', data: { backup: way } });
    await database.close();
  });

  it('a statement that meets a file cut short says so, with the way back', async () => {
    const { dataDir, file, way } = await homeWith(good);
    const database = await Database.open(dataDir);
    await truncate(file, 8 * 4096);
    const counting = database.read(async (reader) => await reader('file_record').sum('size_bytes'));
    await expect(counting).rejects.toMatchObject({ code: 'DATABASE_DAMAGED', data: { backup: way } });
    await database.close();
    expect((await stat(file)).size).toBe(8 * 4096);
  });
});
