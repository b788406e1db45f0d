import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { seenBy, type OrderRead } from '../../../src/domain/order.ts';
import { applyBlocks } from '../../../src/store/order-events.ts';
import { ingestReads } from '../../../src/store/order-ingest.ts';
import { comparePage } from '../../../src/store/walk-pages.ts';
import { ChainRoom } from '../../support/chain-room.ts';
import { plainFigures } from '../../support/chain-room-world.ts';

const cids = ['a', 'b', 'c'];
const scanIntervalBlocks = 20;
/** A walk reads for the turns of none. */
const turns = { startBlock: 0, cycleBlocks: 1e9, throughPosition: -1 };

const decided = { status: 'waiting', verdict: 'not-ours' };

type Step =
  | { readonly kind: 'name'; readonly cids: readonly string[]; readonly blocks: number }
  | { readonly kind: 'close'; readonly cid: string; readonly blocks: number }
  | { readonly kind: 'pass' | 'read'; readonly cid: string; readonly blocks: number }
  | { readonly kind: 'begin' };

const blocks = fc.integer({ min: 1, max: 12 });
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('name' as const), cids: fc.subarray([...cids, 'unknown']), blocks }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constantFrom('pass' as const, 'pass' as const, 'read' as const, 'close' as const),
        cid: fc.constantFrom(...cids),
        blocks,
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('begin' as const) }) },
  ),
  { minLength: 5, maxLength: 40 },
);

/** What stands in the tables, and beside it what was named and read, block by block. */
class Model {
  readonly #room: ChainRoom;
  head = 100;
  /** Block of the walk under way: it falls behind the head. */
  walkBlock = 100;
  readonly unread = new Map<string, number>();
  readonly readAt = new Map(cids.map((cid) => [cid, 100]));
  readonly closed = new Set<string>();
  /** What happened and must not. */
  readonly breaches: string[] = [];
  readonly marksOfWalk = new Map<string, number>();

  constructor(room: ChainRoom) {
    this.#room = room;
  }

  async begin(): Promise<void> {
    const { database, walks } = this.#room;
    this.walkBlock = this.head;
    this.marksOfWalk.clear();
    const walk = { readsAll: false, groupOwner: null, newestGap: 0, anchorBlock: this.head, startedMs: 0 };
    await database.write('event', async (tx) => await walks.begin(tx, { reason: 'interval', ...walk }));
  }

  async name(named: readonly string[], passed: number): Promise<void> {
    this.head += passed;
    const keys = named.map((cid) => chainOrderKey(cid));
    const before = await this.marks();
    const changes = { atBlock: this.head, endPoint: 'one', orders: [], payments: [], replicasUpdated: keys };
    const options = { nowMs: 0, scanIntervalBlocks };
    await this.#room.database.write('event', async (tx) => await applyBlocks(tx, [changes], options));
    const after = await this.marks();
    const open = named.filter((cid) => this.readAt.has(cid) && !this.closed.has(cid));
    for (const cid of open) this.unread.set(cid, this.head);
    for (const cid of cids) {
      if (after.get(cid) === before.get(cid)) continue;
      if (!open.includes(cid)) this.breaches.push(`marked unnamed: ${cid}`);
      const marks = (this.marksOfWalk.get(cid) ?? 0) + 1;
      this.marksOfWalk.set(cid, marks);
      const isOverdue = this.head > this.walkBlock + scanIntervalBlocks;
      if (marks > 1 && !isOverdue) this.breaches.push(`marked again: ${cid}`);
    }
  }

  async close(cid: string, passed: number): Promise<void> {
    this.head += passed;
    const atBlock = this.head;
    const order = { read: { key: chainOrderKey(cid), atBlock, figures: undefined }, ordered: false, closed: true };
    const changes = { atBlock, endPoint: 'one', orders: [order], payments: [], replicasUpdated: [] };
    const options = { nowMs: 0, scanIntervalBlocks };
    await this.#room.database.write('event', async (tx) => await applyBlocks(tx, [changes], options));
    if (!this.closed.has(cid)) this.readAt.set(cid, atBlock);
    this.closed.add(cid);
    this.unread.delete(cid);
  }

  /** Somebody reads the order, at a block that others have left behind: a look, or before a pull. */
  async read(cid: string, behind: number): Promise<void> {
    const atBlock = Math.max(100, this.head - behind);
    await this.#ingest(cid, atBlock, undefined);
  }

  /** The walk comes to the order's page. Whether it read the order. */
  async pass(cid: string): Promise<boolean> {
    const key = chainOrderKey(cid);
    const page = {
      keys: [key],
      afterPosition: key.position - 1,
      beforePosition: key.position + 1,
      atBlock: this.walkBlock,
    };
    const rule = { readsAll: false, groupOwner: null, turns };
    const { toRead } = await comparePage(this.#room.database, page, rule);
    if (toRead.length > 0) await this.#ingest(cid, this.walkBlock, turns);
    return toRead.length > 0;
  }

  async #ingest(cid: string, atBlock: number, by: typeof turns | undefined): Promise<void> {
    const figures = { ...plainFigures, groupOwner: null };
    const read: OrderRead = { key: chainOrderKey(cid), atBlock, figures };
    const options = { seen: seenBy.scan, nowMs: 0, mostlyAsKnown: true, turns: by };
    await this.#room.database.write('bulk', async (tx) => {
      await ingestReads(tx, [read], options);
      await tx('file_record').where({ status: 'new' }).update(decided);
    });
    if (atBlock > (this.readAt.get(cid) ?? 0)) this.closed.delete(cid);
    this.readAt.set(cid, Math.max(atBlock, this.readAt.get(cid) ?? 0));
    if ((this.unread.get(cid) ?? Infinity) <= atBlock) this.unread.delete(cid);
  }

  async marks(): Promise<ReadonlyMap<string, number>> {
    const rows: { cid: string; reread_block: number }[] = await this.#room.database.read(
      async (reader) => await reader('file_record').select('cid', 'reread_block'),
    );
    return new Map(rows.map(({ cid, reread_block: block }) => [cid, block]));
  }
}

async function take(model: Model, step: Step): Promise<void> {
  switch (step.kind) {
    case 'name':
      await model.name(step.cids, step.blocks);
      return;
    case 'read':
      await model.read(step.cid, step.blocks);
      return;
    case 'close':
      await model.close(step.cid, step.blocks);
      return;
    case 'begin':
      await model.begin();
      return;
    case 'pass': {
      const isUnread = model.unread.has(step.cid);
      const isNewer = model.walkBlock > (model.readAt.get(step.cid) ?? 0);
      const wasRead = await model.pass(step.cid);
      if (isUnread && isNewer && !wasRead) model.breaches.push(`not read: ${step.cid}`);
    }
  }
}

async function standing(): Promise<ChainRoom> {
  const room = await ChainRoom.open();
  const reads = cids.map((cid) => ({
    key: chainOrderKey(cid),
    atBlock: 100,
    figures: { ...plainFigures, groupOwner: null },
  }));
  await room.database.write('bulk', async (tx) => {
    await ingestReads(tx, reads, { seen: seenBy.scan, nowMs: 0 });
    await tx('file_record').update(decided);
  });
  return room;
}

describe('orders that updates of replicas name', () => {
  it('are read by the next walk whatever else reads them, written once for each walk, and then left alone', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const room = await standing();
        try {
          const model = new Model(room);
          await model.begin();
          for (const step of history) await take(model, step);
          expect(model.breaches).toEqual([]);
          // The next walk by the clock, and the one after it.
          model.head = Math.max(model.head, model.walkBlock + scanIntervalBlocks) + 1;
          const named = [...model.unread.keys()];
          await model.begin();
          for (const cid of named) expect(await model.pass(cid)).toBe(true);
          expect(model.unread.size).toBe(0);
          for (const cid of cids) await model.pass(cid);
          model.head += scanIntervalBlocks;
          await model.begin();
          for (const cid of cids) expect(await model.pass(cid)).toBe(false);
        } finally {
          await room.close();
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
