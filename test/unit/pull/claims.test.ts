import { describe, expect, it } from 'vitest';
import type { PullEnd } from '../../../src/domain/pull-ends.ts';
import type { Claim, Ending, PullPermit } from '../../../src/store/pulls.ts';
import { head, pullWorld, type PullWorld } from '../../support/pull-world.ts';

const claimOf = async (world: PullWorld, cid: string): Promise<Claim> => ({
  orderId: (await world.order(cid)).id,
  cid,
  sizeBytes: 1000,
  orderClass: 'new',
  attempts: 0,
  startedMs: 1,
  startedBlock: head,
  pinnedBefore: false,
});

async function claimed(world: PullWorld, cid: string): Promise<PullPermit> {
  const permit = await world.store.pulls.claim(await claimOf(world, cid));
  if (permit === undefined) throw new Error('not claimed');
  return permit;
}

const stall: PullEnd = {
  reason: 'stall',
  recordStatus: 'failed',
  countsAsAttempt: true,
  next: { kind: 'attempt' },
  hold: 'none',
  detail: null,
};
const endingOf = (permit: PullPermit, end: Partial<PullEnd>): Ending => ({
  permit,
  end: { ...stall, ...end },
  blocks: 3,
  sealedBytes: 700,
  pinnedBefore: null,
  endedMs: 5,
  headBlock: head,
  maxAttempts: 2,
  lookBlock: () => head + 300,
  inputs: { sizeBytes: 1000 },
});

describe('a claim', () => {
  it('is won by one of two', async () => {
    const world = await pullWorld();
    await world.add('a');
    const claim = await claimOf(world, 'a');
    const permits = await Promise.all([world.store.pulls.claim(claim), world.store.pulls.claim(claim)]);
    expect(permits.filter((permit) => permit !== undefined)).toHaveLength(1);
    expect(await world.records('a')).toMatchObject([{ status: 'running', cause: 'pull', pinned_before: 0 }]);
    expect((await world.order('a')).status).toBe('pulling');
  });

  it.each(['new', 'waiting', 'handled', 'failed', 'closed'])(
    'of a %s order is refused and leaves no record',
    async (status) => {
      const world = await pullWorld();
      await world.add('a', { status });
      expect(await world.store.pulls.claim(await claimOf(world, 'a'))).toBeUndefined();
      expect(await world.records('a')).toEqual([]);
      expect((await world.order('a')).status).toBe(status);
    },
  );

  it('is refused while the CID is running, whatever its order says', async () => {
    const world = await pullWorld();
    await world.add('a');
    await world.addRecord('a', { status: 'running' });
    expect(await world.store.pulls.claim(await claimOf(world, 'a'))).toBeUndefined();
    expect((await world.order('a')).status).toBe('queued');
  });

  it('shares a transaction with those that come with it, and is guarded by itself', async () => {
    const world = await pullWorld();
    for (const cid of ['a', 'b', 'changed', 'waiting']) await world.add(cid);
    const claims = await Promise.all(['a', 'b', 'changed', 'waiting'].map(async (cid) => await claimOf(world, cid)));
    await world.set('waiting', { status: 'waiting' });
    await world.set('changed', { read_block: head });
    let writes = 0;
    const write = world.database.write.bind(world.database);
    world.database.write = async (priority, work) => {
      writes += 1;
      return await write(priority, work);
    };
    const permits = await Promise.all(
      claims.map(async (claim) => await world.store.pulls.claim({ ...claim, readBlock: head - 10 })),
    );
    expect(writes).toBe(1);
    expect(permits.map((permit) => permit?.claim.cid)).toEqual(['a', 'b', undefined, undefined]);
    for (const permit of permits.slice(0, 2))
      expect(await world.records(permit?.claim.cid ?? '')).toMatchObject([{ id: permit?.recordId, status: 'running' }]);
    for (const cid of ['changed', 'waiting']) expect(await world.records(cid)).toEqual([]);
    expect((await world.order('changed')).status).toBe('queued');
  });

  it('settles the wish to the coordinator', async () => {
    const world = await pullWorld();
    await world.add('a');
    await world.store.marks.wish('a', 1);
    await claimed(world, 'a');
    expect(await world.marks()).toEqual({ a: 'held' });
  });
});

/** An end → the order's status and look, and the coordinator's marks. */
const ends: readonly (readonly [Partial<PullEnd>, string, number | null, object])[] = [
  [{ reason: 'sealed', recordStatus: 'sealed', next: { kind: 'handled' } }, 'handled', null, {}],
  [{ reason: 'sealed', recordStatus: 'lost', next: { kind: 'handled' } }, 'handled', null, {}],
  [{}, 'queued', head + 300, { a: 'releasing' }],
  [
    { reason: 'already-pending', recordStatus: 'interrupted', next: { kind: 'retry', afterBlocks: 100 } },
    'queued',
    head + 300,
    { a: 'releasing' },
  ],
  [
    { reason: 'no-space', recordStatus: 'interrupted', next: { kind: 'no-space' } },
    'waiting',
    head + 300,
    { a: 'releasing' },
  ],
  [{ reason: 'oversize', recordStatus: 'failed', next: { kind: 'bad-size' } }, 'waiting', null, { a: 'releasing' }],
];

const closed: Partial<PullEnd> = { reason: 'closed', recordStatus: 'interrupted', next: { kind: 'closed' } };

describe('the end of a pull in the tables', () => {
  it.each(ends)('%o moves the order to %s', async (end, status, lookBlock, marks) => {
    const world = await pullWorld();
    await world.add('a');
    await world.store.marks.wish('a', 1);
    const permit = await claimed(world, 'a');
    await world.store.pulls.end(endingOf(permit, end));
    expect(await world.order('a')).toMatchObject({ status, lookBlock });
    const [record] = await world.records('a');
    expect(record).toMatchObject({
      status: end.recordStatus ?? 'failed',
      end_reason: end.reason ?? 'stall',
      sealed_bytes: 700,
    });
    expect(await world.marks()).toEqual(marks);
  });

  it.each([
    ['confirmed', 'closed'],
    ['deleting', 'closed'],
    ['cancelled', 'queued'],
  ])('of a close whose cleanup is %s by then leaves the order %s', async (cleanup, status) => {
    const world = await pullWorld();
    await world.add('a');
    const permit = await claimed(world, 'a');
    await world.database.write('event', async (tx) => {
      await tx('cleanup_record').insert({
        cid: 'a',
        status: cleanup,
        cause: 'event',
        seen_block: head,
        created_ms: 0,
        updated_ms: 0,
      });
    });
    await world.store.pulls.end(endingOf(permit, closed));
    expect(await world.order('a')).toMatchObject({ status, lookBlock: null, attempts: 0 });
    expect(await world.records('a')).toMatchObject([{ status: 'interrupted' }]);
  });

  it('keeps what a person needs: the verdict of no space, the mark of oversize', async () => {
    const world = await pullWorld();
    for (const cid of ['a', 'b']) await world.add(cid);
    await world.store.pulls.end(
      endingOf(await claimed(world, 'a'), { next: { kind: 'no-space' }, recordStatus: 'interrupted' }),
    );
    await world.store.pulls.end(endingOf(await claimed(world, 'b'), { next: { kind: 'bad-size' } }));
    expect(await world.order('a')).toMatchObject({
      verdict: 'no-space',
      verdictInputs: { sizeBytes: 1000 },
      oversize: false,
    });
    expect(await world.order('b')).toMatchObject({
      verdict: 'bad-size',
      oversize: true,
      verdictInputs: { sealedBytes: 700 },
    });
  });

  it('fails the order with its last attempt', async () => {
    const world = await pullWorld();
    await world.add('a', { attempts: 0 });
    expect(await world.store.pulls.end(endingOf(await claimed(world, 'a'), {}))).toEqual({
      orderStatus: 'queued',
      attempts: 1,
    });
    await world.set('a', { look_block: null });
    expect(await world.store.pulls.end(endingOf(await claimed(world, 'a'), {}))).toEqual({
      orderStatus: 'failed',
      attempts: 2,
    });
  });

  it('is its own also when many end together, and a claim is written with them', async () => {
    const world = await pullWorld();
    for (const cid of ['sealed', 'stalled', 'moved', 'full', 'next']) await world.add(cid);
    const [sealed, stalled, moved, full] = await Promise.all(
      ['sealed', 'stalled', 'moved', 'full'].map(async (cid) => await claimed(world, cid)),
    );
    if (sealed === undefined || stalled === undefined || moved === undefined || full === undefined) throw new Error();
    await world.set('moved', { status: 'closed', attempts: 3 });
    const handled = { reason: 'sealed', recordStatus: 'sealed', next: { kind: 'handled' } } as const;
    const [next, ...ended] = await Promise.all([
      claimed(world, 'next'),
      world.store.pulls.end({ ...endingOf(sealed, handled), pinnedBefore: false }),
      world.store.pulls.end(endingOf(stalled, {})),
      world.store.pulls.end(endingOf(moved, handled)),
      world.store.pulls.end(endingOf(full, { recordStatus: 'interrupted', next: { kind: 'no-space' } })),
    ]);
    expect(next.claim.cid).toBe('next');
    expect(ended).toEqual([
      { orderStatus: 'handled', attempts: 0 },
      { orderStatus: 'queued', attempts: 1 },
      { orderStatus: 'closed', attempts: 3 },
      { orderStatus: 'waiting', attempts: 0 },
    ]);
    const statuses = ['sealed', 'stalled', 'moved', 'full'].map(async (cid) => (await world.records(cid))[0]?.status);
    expect(await Promise.all(statuses)).toEqual(['sealed', 'failed', 'sealed', 'interrupted']);
  });

  it.each([
    [null, false, 0],
    [null, true, 1],
    [null, null, null],
    [true, false, 1],
  ])('keeps of a pin that stood %o by the claim and %o by the pull %o', async (byClaim, byPull, kept) => {
    const world = await pullWorld();
    await world.add('a');
    const permit = await world.store.pulls.claim({ ...(await claimOf(world, 'a')), pinnedBefore: byClaim });
    if (permit === undefined) throw new Error('not claimed');
    await world.store.pulls.end({ ...endingOf(permit, {}), pinnedBefore: byPull });
    expect(await world.records('a')).toMatchObject([{ pinned_before: kept }]);
  });

  it('leaves an order alone that another task moved meanwhile, and ends its record', async () => {
    const world = await pullWorld();
    await world.add('a');
    const permit = await claimed(world, 'a');
    await world.set('a', { status: 'closed' });
    await world.store.pulls.end(endingOf(permit, {}));
    expect((await world.order('a')).status).toBe('closed');
    expect(await world.records('a')).toMatchObject([{ status: 'failed' }]);
  });

  it('takes the place of a held record that a list of files brought meanwhile', async () => {
    const world = await pullWorld();
    await world.add('a');
    const permit = await claimed(world, 'a');
    await world.addRecord('a', { status: 'sealed', cause: 'found' });
    await world.store.pulls.end(
      endingOf(permit, { reason: 'sealed', recordStatus: 'sealed', next: { kind: 'handled' } }),
    );
    expect((await world.records('a')).map((record) => [record.cause, record.status])).toEqual([
      ['pull', 'sealed'],
      ['found', 'removed'],
    ]);
  });
});

describe('the queries of the queue', () => {
  it('walk no table and sort nothing', async () => {
    const world = await pullWorld();
    const seen: string[] = [];
    const note = (query: { sql: string }): void => void seen.push(query.sql);
    const readers = await Promise.all([
      world.database.read(async (reader) => [reader]),
      world.database.read(async (reader) => [reader], 'urgent'),
    ]);
    for (const [reader] of readers) reader?.on('query', note);
    await world.store.candidates.listBest({ orderClass: 'new', large: false }, [1], 32);
    await world.store.candidates.smallest(['new'], [1]);
    await world.store.candidates.listByIds([1, 2]);
    await world.store.records.histories(['a', 'b']);
    await world.store.records.listClosing([{ recordId: 1, orderId: 1 }]);
    await world.store.records.listLeftovers();
    for (const [reader] of readers) reader?.removeListener('query', note);
    await world.database.read(async (reader) => {
      for (const sql of seen) {
        const bindings = (sql.match(/\?/g) ?? []).map(() => '[]');
        const plan: { detail: string }[] = await reader.raw(`EXPLAIN QUERY PLAN ${sql}`, bindings);
        const details = plan.map((step) => step.detail).join('\n');
        expect(details).not.toMatch(
          /SCAN (file_record|pin_record|cleanup_record)(?! USING (COVERING )?INDEX \w+_running)|AUTOMATIC/,
        );
        expect(details).not.toContain('TEMP B-TREE');
      }
    });
    expect(seen).toHaveLength(6);
  });
});
