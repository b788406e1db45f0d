import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { lastResortCode } from '../../../src/runtime/last-resort.ts';
import { Database } from '../../../src/store/database.ts';
import { findInconsistencies } from '../../../src/store/inconsistencies.ts';
import { settle } from '../../support/manual-clock.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { usedHome } from '../store-backups/backup-home.ts';
import { cli, writeConfig } from './cli-run.ts';

let dataDir: string;
let options: { readonly env: { readonly SMANAGER_CONFIG: string } };

beforeEach(async () => {
  ({ dataDir } = await usedHome());
  options = await writeConfig(await tempDir(), dataDir);
});

describe('a command that is stopped before it is done', () => {
  it.each([['integrity'], ['reconcile'], ['check']])('%s says so and ends with 1', async (command) => {
    const { code, stderr } = await cli([command], { ...options, signal: AbortSignal.abort() });
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'Stopped before it was done.\n' });
  });

  it('ends with 1 also when it does not settle, while a bot was stopped on request', () => {
    const codes = [[], ['run'], ['integrity'], ['backup', 'x']].map((words) => lastResortCode(['node', 'x', ...words]));
    expect(codes).toEqual([0, 0, 1, 1]);
  });
});

describe('looking for rows that do not agree', () => {
  it('ends between two questions when it is stopped', async () => {
    const database = await Database.openExisting(dataDir);
    onTestFinished(async () => await database.close());
    const stop = new AbortController();
    const looking = findInconsistencies(database, stop.signal);
    setImmediate(() => stop.abort());
    await expect(looking).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('ends the question that is being answered', async () => {
    const database = await Database.openExisting(dataDir);
    onTestFinished(async () => await database.close());
    const outcomes: string[] = [];
    const endless = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n';
    const asked = database
      .read(async (reader) => await reader.raw(endless))
      .catch((error: Error) => void outcomes.push(error.message));
    // An interrupt before the driver has begun ends nothing.
    for (; outcomes.length === 0; await settle()) database.interrupt();
    await asked;
    expect(outcomes).toEqual([expect.stringContaining('SQLITE_INTERRUPT')]);
  });
});
