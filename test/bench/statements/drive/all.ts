import { HousekeepingTask } from '../../../../src/care/housekeeping-task.ts';
import { Conditions } from '../../../../src/runtime/conditions.ts';
import type { Database } from '../../../../src/store/database.ts';
import { newestOrderId } from '../../../../src/store/decidable-orders.ts';
import { Facts } from '../../../../src/store/facts.ts';
import { Overview } from '../../../../src/store/overview.ts';
import { Retention } from '../../../../src/store/retention.ts';
import { Tally } from '../../../../src/store/tally.ts';
import { driveChain } from './chain.ts';
import { driveDecide } from './decide.ts';
import { driveCleanup, driveSeal } from './held.ts';
import { drivePull } from './pull.ts';
import { driveReconcile } from './reconcile.ts';
import { type Drive, ownMark } from './sample.ts';

const pagesAtOnce = 128;
/** Rows of about as many pages, 1 MiB of log; as many writes make more than twice what the log may hold. */
const rowsOfAWrite = 256;
const logWrites = 70;

/** What is counted and told. */
const driveTelemetry: Drive = async ({ database, nowMs }) => {
  const overview = new Overview(database);
  await overview.tally();
  await overview.runningPulls();
  await overview.pinsSince(nowMs - 86_400_000);
  await overview.heldFiles();
  await overview.cleanups();
  await overview.cleanupsDoneSince(nowMs - 86_400_000);
  await overview.newestWalk();
  await overview.openGaps();
  const tally = new Tally(database);
  await tally.counts();
  await tally.openOrders();
  const facts = new Facts(database);
  await facts.find('chain-time');
  await database.write(
    'event',
    async (tx) => await facts.set(tx, 'conditions', { atMs: nowMs, ready: true, list: [] }),
  );
};

const quiet = { info() {}, debug() {}, warn() {}, error() {}, child: () => quiet };

/** One round of housekeeping; much of what is finished is taken for old. */
const driveCare: Drive = async ({ database, run }) => {
  const control = new AbortController();
  let sleeps = 0;
  const clock = {
    nowMs: () => 0,
    monotonicMs: () => performance.now(),
    // The first sleep is that before the first round; enough has been seen after some slices of each kind.
    sleep: async (): Promise<void> => {
      sleeps += 1;
      if (sleeps > 60) control.abort();
      control.signal.throwIfAborted();
    },
  };
  const parts = { clock, conditions: new Conditions(clock), logger: quiet, facts: new Facts(database) };
  const retentionBlocks = 14_400 * Math.max(0, 3 - run);
  const retention = new Retention(database);
  await new HousekeepingTask({ ...parts, retention, retentionBlocks }).run(control.signal);
  // A small database has too few free pages for a round to give any back.
  await retention.giveBack(pagesAtOnce);
  await fillLog(database);
};

/** Writes all over the largest table until the log was moved into the file by plan more than once. */
async function fillLog(database: Database): Promise<void> {
  const newest = await database.read(newestOrderId);
  const step = Math.ceil(newest / rowsOfAWrite);
  for (let write = 0; write < logWrites; write += 1) {
    await database.write('bulk', async (tx) => {
      const ids = Array.from({ length: rowsOfAWrite }, (_, at) => 1 + ((write + at * step) % newest));
      await tx.raw(
        `UPDATE file_record SET replicas = replicas + 1 WHERE id IN (SELECT value FROM json_each(?)) ${ownMark}`,
        [JSON.stringify(ids)],
      );
    });
  }
}

/** By the room whose statements they are. */
export const drives: readonly (readonly [string, Drive])[] = [
  ['telemetry', driveTelemetry],
  ['pull', drivePull],
  ['decide', driveDecide],
  ['chain', driveChain],
  ['seal', driveSeal],
  ['cleanup', driveCleanup],
  ['care', driveCare],
  ['care', driveReconcile],
];
