import { expect, it, onTestFinished } from 'vitest';
import { Database } from '../../../src/store/database.ts';
import { readDeletionStanding } from '../../../src/store/deletion-standing.ts';
import { findInconsistencies } from '../../../src/store/inconsistencies.ts';
import { usedHome } from '../store-backups/backup-home.ts';

/** How SQLite answers each question that `work` asks, with the question before it. */
async function plansOf(
  work: (database: Database) => Promise<unknown>,
): Promise<readonly (readonly [string, string])[]> {
  const { dataDir } = await usedHome();
  const database = await Database.openExisting(dataDir);
  onTestFinished(async () => await database.close());
  return await database.read(async (reader) => {
    const asked: string[] = [];
    const note = ({ sql }: { sql: string }): void => void asked.push(sql);
    reader.on('query', note);
    await work(database);
    reader.removeListener('query', note);
    const plans: [string, string][] = [];
    for (const sql of asked.filter((each) => each.trimStart().startsWith('SELECT'))) {
      const steps: { detail: string }[] = await reader.raw(`EXPLAIN QUERY PLAN ${sql}`);
      plans.push([sql, steps.map(({ detail }) => detail).join('; ')]);
    }
    return plans;
  });
}

const planOf = (plans: readonly (readonly [string, string])[], words: string): string | undefined =>
  plans.find(([sql]) => sql.includes(words))?.[1];

it('what waits unproven is counted by its own index, not by a look at every open cleanup', async () => {
  const plans = await plansOf(async (database) => await database.read(async (r) => await readDeletionStanding(r, 1)));
  expect(planOf(plans, 'approval_id IS NULL')).toMatch(
    /^(?:SCAN|SEARCH) cleanup_record USING (?:COVERING )?INDEX cleanup_record_unproven$/u,
  );
});

it('the order of a running record is found by its number, not by a look at every order', async () => {
  const plans = await plansOf(async (database) => await findInconsistencies(database, new AbortController().signal));
  const plan = planOf(plans, "FROM pin_record WHERE status = 'running'");
  expect(plan).toContain('SEARCH file USING INTEGER PRIMARY KEY');
  expect(plan).not.toContain('SCAN file');
});
