import { Database } from '../../../src/store/database.ts';
import { Tally } from '../../../src/store/tally.ts';
import { answer, childInput } from '../harness/child.ts';
import { madeNowMs } from '../database/fill-database.ts';
import { drives } from './drive/all.ts';
import { headBlock, ownMark } from './drive/sample.ts';
import type { DriveInput, DriveOutput, RoomStatement } from './measured.ts';
import { recordStatements, takeRecorded } from './recorder.ts';

// Every repository of the store as its room uses it, each statement timed by SQLite itself.

const { dataDir, runs } = childInput() as DriveInput;
recordStatements();
const database = await Database.open(dataDir);
takeRecorded();
const output: RoomStatement[][] = [];
for (let run = 0; run < runs; run += 1) {
  const statements: RoomStatement[] = [];
  for (const [room, drive] of drives) {
    await drive({ database, run, headBlock, nowMs: madeNowMs });
    const recorded = takeRecorded().filter(({ sql }) => !sql.includes(ownMark));
    statements.push(...recorded.map((statement) => ({ ...statement, room })));
  }
  output.push(statements);
}
const tally = new Tally(database);
const wrong = [...(await tally.differences()).map(({ status }) => status), ...(await tally.recordDifferences())];
await database.close();
if (wrong.length > 0) throw new Error(`the tally is not what a recount finds: ${wrong.join(', ')}`);
await answer({ runs: output } satisfies DriveOutput);
