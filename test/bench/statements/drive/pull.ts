import type { PullEnd } from '../../../../src/domain/pull-ends.ts';
import { Candidates } from '../../../../src/store/candidates.ts';
import { CoordinatorMarks } from '../../../../src/store/coordinator-marks.ts';
import { PullRecords } from '../../../../src/store/pull-records.ts';
import { Pulls, type PullPermit } from '../../../../src/store/pulls.ts';
import type { Order } from '../../../../src/domain/order.ts';
import { type Drive, idsOf, type Stage } from './sample.ts';

const atOnce = 32;

const ends: readonly PullEnd[] = (
  [
    ['sealed', 'sealed', { kind: 'handled' }],
    ['stall', 'failed', { kind: 'attempt', first: 300 }],
    ['stopped', 'interrupted', { kind: 'retry', afterBlocks: 0 }],
    ['no-space', 'failed', { kind: 'no-space' }],
  ] as const
).map(([reason, recordStatus, next]) => ({
  reason,
  recordStatus,
  countsAsAttempt: next.kind === 'attempt',
  next,
  hold: 'none',
  detail: null,
})) as PullEnd[];

/** The pick, its claim, its progress and its ends. */
export const drivePull: Drive = async (stage) => {
  const { database, headBlock, nowMs } = stage;
  const candidates = new Candidates(database);
  const marks = new CoordinatorMarks(database);
  const pulls = new Pulls(database, marks);
  const records = new PullRecords(database, marks);
  const best = await candidates.listBest({ orderClass: 'db', large: false }, [1, 2, 3], atOnce);
  await candidates.listBest({ orderClass: 'new', large: true }, [], atOnce);
  await candidates.smallest(['new', 'db'], []);
  const rows = await candidates.listByIds(idsOf(best));
  await records.histories(rows.map((row) => row.key.text));
  const [first, second, third, ...others] = rows;
  if (first === undefined || second === undefined || third === undefined) throw new Error('the queue is empty');
  await records.history(first.key.text);
  await putSomeAside(stage, candidates, [first, second, third]);
  await marks.wish(others[0]?.key.text ?? '', nowMs);
  const permits = await claimAll(stage, pulls, others);
  await records.progress(
    permits.map(({ recordId }) => ({ recordId, blocks: 7, sealedBytes: 4096 })),
    nowMs,
  );
  await records.listClosing(permits.map(({ recordId, claim }) => ({ recordId, orderId: claim.orderId })));
  for (const [index, permit] of permits.slice(0, 4).entries()) await end(stage, pulls, permit, ends[index]);
  await Promise.all(permits.slice(4, -3).map(async (permit) => await end(stage, pulls, permit, ends[2])));
  await pulls.giveBack(permits.slice(-3, -2), nowMs);
  const [left] = permits.slice(-1);
  if (left !== undefined) await records.markRepinned(left.recordId);
  await takeUp(stage, records);
  await marks.releaseAll(nowMs);
  for (const cid of await marks.listReleasing(10)) {
    await marks.isReleasing(cid);
    await marks.released(cid);
  }
  await marks.releaseWish(first.key.text, nowMs);
  await marks.isReleasing(first.key.text);
  const [found] = await candidates.listBest({ orderClass: 'db', large: false }, [], 1);
  if (found === undefined) return;
  const { id: orderId, sizeBytes } = found;
  const file = { orderId, cid: found.key.text, sizeBytes, state: 'valid', pinnedBefore: undefined } as const;
  await records.handleFound(file, nowMs, headBlock);
};

async function putSomeAside(stage: Stage, candidates: Candidates, [first, second, third]: [Order, Order, Order]) {
  const { headBlock } = stage;
  const fresh = { inputs: null, turnBlock: headBlock + 1, draw: 0.1, basisId: 1, decidedBlock: headBlock };
  await candidates.storeVerdict(first, { ...fresh, verdict: 'take', lookBlock: null, orderClass: first.orderClass });
  await candidates.storeVerdict(first, { ...fresh, verdict: 'dice', lookBlock: null, orderClass: first.orderClass });
  const aside = { verdict: 'no-space', inputs: {}, lookBlock: headBlock + 300, lookCount: 0 } as const;
  await candidates.putAside(second.id, aside);
  await candidates.postpone(third.id, headBlock + 600);
}

async function claimAll({ headBlock, nowMs }: Stage, pulls: Pulls, orders: readonly Order[]): Promise<PullPermit[]> {
  const permits = await Promise.all(
    orders.map(
      async (order) =>
        await pulls.claim({
          orderId: order.id,
          cid: order.key.text,
          sizeBytes: order.sizeBytes,
          orderClass: order.orderClass,
          attempts: order.attempts,
          startedMs: nowMs,
          startedBlock: headBlock,
          pinnedBefore: false,
        }),
    ),
  );
  return permits.flatMap((permit) => permit ?? []);
}

async function end({ headBlock, nowMs }: Stage, pulls: Pulls, permit: PullPermit, how: PullEnd | undefined) {
  if (how === undefined) throw new Error('no such end');
  await pulls.end({
    permit,
    end: how,
    blocks: 7,
    sealedBytes: 4096,
    endedMs: nowMs,
    headBlock,
    maxAttempts: 5,
    lookBlock: (attempts) => (attempts === 0 ? null : headBlock + 300),
    inputs: { sizeBytes: 1 },
    pinnedBefore: null,
  });
}

/** What a process does with the pulls of the one before. */
async function takeUp({ headBlock, nowMs }: Stage, records: PullRecords): Promise<void> {
  const [sealed, ...others] = await records.listLeftovers();
  if (sealed !== undefined) await records.endSealedLeftover(sealed, { state: 'valid', sizeBytes: 1 }, nowMs, headBlock);
  for (const leftover of others) await records.endLeftover(leftover, null, nowMs);
  await records.queueUnpulled();
}
