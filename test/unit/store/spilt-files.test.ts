import { mkdir, readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Database } from '../../../src/store/database.ts';
import { tempDir } from '../../support/temp-dir.ts';

it('sorts what memory does not hold beside the database', async () => {
  // SQLite looks for its folder once a process: nothing else may stand in this file.
  delete process.env['SQLITE_TMPDIR'];
  const dataDir = path.join(await tempDir(), 'data');
  await mkdir(dataDir);
  const database = await Database.open(dataDir);
  onTestFinished(async () => await database.close());
  const open = await database.write('bulk', async (tx) => {
    await tx.raw('PRAGMA cache_size = 10');
    const rows = 'WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM n WHERE x < 20000)';
    await tx.raw(`CREATE TEMP TABLE spilt AS ${rows} SELECT x, hex(randomblob(100)) AS text FROM n`);
    return await openFiles();
  });
  const unnamed = open.filter((file) => file.includes('etilqs_'));
  expect(unnamed.map((file) => path.dirname(file))).toContain(dataDir);
});

async function openFiles(): Promise<string[]> {
  const found: string[] = [];
  for (const descriptor of await readdir('/proc/self/fd')) {
    // The descriptor of the listing itself is closed again by then.
    found.push(await readlink(`/proc/self/fd/${descriptor}`).catch(() => ''));
  }
  return found;
}
