import { Database } from '../../../src/store/database.ts';

/** Of a thousand orders: so many have one decision after the other, the rest is not ours. */
const decisions = [
  { below: 5, status: 'queued', verdict: 'take' },
  { below: 25, status: 'waiting', verdict: 'few-replicas' },
  { below: 35, status: 'waiting', verdict: 'too-large' },
  { below: 45, status: 'waiting', verdict: 'group-has-it' },
  { below: 190, status: 'waiting', verdict: 'dice' },
] as const;

/** Gives the orders that a walk has found the verdicts that a node in a group of five has: undecided ones are read again by every walk. */
export async function decideRows(dataDir: string): Promise<void> {
  const database = await Database.open(dataDir);
  const when = (column: 'status' | 'verdict'): string =>
    decisions.map((decision) => `WHEN id % 1000 < ${decision.below} THEN '${decision[column]}'`).join(' ');
  try {
    await database.write('bulk', async (tx) => {
      await tx.raw(
        `UPDATE file_record SET decided_block = read_block, status = CASE ${when('status')} ELSE 'waiting' END,
           verdict = CASE ${when('verdict')} ELSE 'not-ours' END
         WHERE status = 'new'`,
      );
    });
  } finally {
    await database.close();
  }
}
