import { describe, expect, it, onTestFinished } from 'vitest';
import { readStandstill } from '../../../src/cli/status-report.ts';
import { Database } from '../../../src/store/database.ts';
import { Facts } from '../../../src/store/facts.ts';
import { Overview } from '../../../src/store/overview.ts';
import { tempDir } from '../../support/temp-dir.ts';

const nowMs = 10_000_000;

async function standstillWith(...conditions: readonly (readonly [string, string])[]) {
  const database = await Database.open(await tempDir());
  onTestFinished(async () => await database.close());
  const list = conditions.map(([name, message]) => ({ name, kind: 'wait', message, sinceMs: 0 }));
  await database.write('event', async (tx) => {
    await new Facts(database).set(tx, 'conditions', { atMs: nowMs, ready: false, list });
  });
  return async (atMs: number) => await readStandstill(new Overview(database), atMs);
}

describe('why nothing is decided', () => {
  it('is the plainest of the conditions that stand', async () => {
    const undecided = ['undecided', 'nothing is decided: the group is not known yet'] as const;
    expect(await (await standstillWith(undecided))(nowMs)).toBe('the group is not known yet');
    const both = await standstillWith(undecided, ['no-group', 'the account is in no group']);
    expect(await both(nowMs)).toBe('the account is in no group');
  });

  it('is nothing while only other things wait', async () => {
    expect(await (await standstillWith(['outage:looks', 'no answer']))(nowMs)).toBeUndefined();
  });

  it('is that no bot runs when none has written for three minutes', async () => {
    expect(await (await standstillWith())(nowMs + 3 * 60_000 + 1)).toBe('no bot is running');
  });
});
