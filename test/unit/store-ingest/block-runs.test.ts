import * as fc from 'fast-check';
import omit from 'lodash/omit.js';
import { describe, expect, it } from 'vitest';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { type OrderStatus, orderStatuses } from '../../../src/domain/statuses.ts';
import {
  applyBlocks,
  type BlockChanges,
  heldAmong,
  moveEventCursor,
  type OrderChange,
} from '../../../src/store/order-events.ts';
import { ChainRoom } from '../../support/chain-room.ts';
import { plainFigures } from '../../support/chain-room-world.ts';

const cids = ['a', 'b', 'c', 'd'];
const firstBlock = 100;
const mostBlocks = 12;
const lastBlock = firstBlock + mostBlocks - 1;
/** Of an order that waits before the window. */
const laterLook = 900;
/** No walk is known, so that one is due within the window. */
const options = { nowMs: 5, scanIntervalBlocks: firstBlock + 4 };
const verdicts = ['few-replicas', 'group-has-it', 'dice', 'abandoned'];

/** An order that is known before the window. */
interface Standing {
  readonly cid: string;
  readonly status: OrderStatus;
  readonly verdict: string;
  readonly readBlock: number;
}

/** What a block did to one order. */
interface Did {
  readonly cid: string;
  readonly kind: 'ordered' | 'renewed' | 'closed' | 'ordered and closed' | 'replicas';
  readonly payer: string;
  readonly memo: string | null;
}

const did: fc.Arbitrary<Did> = fc.record({
  cid: fc.constantFrom(...cids),
  kind: fc.constantFrom('ordered', 'renewed', 'closed', 'ordered and closed', 'replicas'),
  payer: fc.constantFrom('cTAlice', 'cTBob'),
  memo: fc.option(fc.constantFrom('one', 'two')),
});
const blocks = fc.array(fc.uniqueArray(did, { selector: ({ cid }) => cid, maxLength: 3 }), {
  minLength: 2,
  maxLength: mostBlocks,
});
const standingOf = (cid: fc.Arbitrary<string>): fc.Arbitrary<Standing> =>
  fc.record({
    cid,
    status: fc.constantFrom(...orderStatuses),
    verdict: fc.constantFrom(...verdicts),
    readBlock: fc.integer({ min: 90, max: 106 }),
  });
const standing = fc.array(standingOf(fc.constantFrom(...cids)), { maxLength: 4 });

function changesOf(dids: readonly Did[], index: number): BlockChanges {
  const atBlock = firstBlock + index;
  const orders = dids
    .filter(({ kind }) => kind !== 'replicas')
    .map(({ cid, kind }): OrderChange => {
      const closed = kind === 'closed' || kind === 'ordered and closed';
      const figures = closed ? undefined : { ...plainFigures, rewardPico: String(atBlock), calculatedBlock: atBlock };
      const ordered = kind === 'ordered' || kind === 'ordered and closed';
      return { read: { key: chainOrderKey(cid), atBlock, figures }, ordered, closed };
    });
  const payments = dids
    .filter(({ kind }) => kind === 'ordered' || kind === 'ordered and closed')
    .map(({ cid, payer, memo }) => ({
      key: chainOrderKey(cid),
      payer,
      memo: memo === null ? null : Buffer.from(memo),
    }));
  const replicasUpdated = dids.filter(({ kind }) => kind === 'replicas').map(({ cid }) => chainOrderKey(cid));
  return { atBlock, endPoint: `end point ${index % 2}`, orders, payments, replicasUpdated };
}

/**
 * A look that is due is due, whatever block of the window asked for it. One that an early block asked for and a later one answered by reading the order
 * itself is as good as never asked for: together the blocks do not ask for it at all.
 */
function lookLeft(row: Record<string, unknown>): unknown {
  const { look_block: look, read_block: read } = row;
  if (typeof look !== 'number' || look > lastBlock) return look;
  return typeof read === 'number' && look < read ? laterLook : 'due';
}

/** A mark says nothing any more once the order was closed or read behind all updates that named it. */
function rereadLeft(row: Record<string, unknown>, namedBlocks: ReadonlyMap<unknown, number>): unknown {
  const { cid, status, read_block: read, reread_block: reread } = row;
  const isKnown = status === 'closed' || Number(read) >= (namedBlocks.get(cid) ?? 0);
  return isKnown ? 'nothing to tell' : reread;
}

/** Newest blocks of the updates that named orders. */
function newestNamed(changes: readonly BlockChanges[]): ReadonlyMap<unknown, number> {
  return new Map(
    changes.flatMap(({ atBlock, replicasUpdated }) => replicasUpdated.map(({ text }) => [text, atBlock] as const)),
  );
}

/** What the tables say of the orders, ids left out. */
async function tables(room: ChainRoom, changes: readonly BlockChanges[]): Promise<unknown> {
  return await room.database.read(async (reader) => {
    const orders: Record<string, unknown>[] = await reader('file_record').orderBy('cid').select();
    const owners = await reader('file_owner')
      .join('account', 'account.id', 'account_id')
      .join('file_record', 'file_record.id', 'file_id')
      .orderBy(['cid', 'address'])
      .select('cid', 'address', 'memo');
    const cleanups = await reader('cleanup_record')
      .orderBy('cid')
      .orderBy('id')
      .select('cid', 'status', 'seen_block', 'seen_end_point');
    return {
      orders: orders.map((row) => ({
        ...row,
        id: 0,
        group_owner_id: 0,
        look_block: lookLeft(row),
        reread_block: rereadLeft(row, newestNamed(changes)),
      })),
      owners,
      cleanups,
    };
  });
}

async function stand(room: ChainRoom, before: readonly Standing[]): Promise<void> {
  for (const { cid, status, verdict, readBlock } of before) {
    const read = { key: chainOrderKey(cid), atBlock: 90, figures: { ...plainFigures } };
    const orders = [{ read, ordered: false, closed: false }];
    const old = { atBlock: 90, endPoint: 'old', orders, payments: [], replicasUpdated: [] };
    await room.database.write('event', async (tx) => await applyBlocks(tx, [old], { ...options, nowMs: 1 }));
    await room.set(cid, {
      status,
      verdict,
      read_block: readBlock,
      look_block: status === 'waiting' ? laterLook : null,
    });
  }
}

describe('blocks that come once more', () => {
  // What a block tells of an order that is not known yet and is gone after it has no row to go to, and has one when the block comes again.
  const allStanding = fc.tuple(...cids.map((cid) => standingOf(fc.constant(cid))));
  const since = fc.uniqueArray(
    fc.record({
      cid: fc.constantFrom(...cids),
      status: fc.constantFrom('waiting', 'queued', 'pulling', 'handled', 'failed'),
      verdict: fc.constantFrom(...verdicts),
    }),
    { selector: ({ cid }) => cid },
  );

  it('leave everything as they left it, whatever has become of the orders since', async () => {
    await fc.assert(
      fc.asyncProperty(blocks, allStanding, since, fc.nat(), async (history, before, later, from) => {
        const room = await ChainRoom.open();
        try {
          const changes = history.map(changesOf);
          await stand(room, before);
          await room.database.write('event', async (tx) => await applyBlocks(tx, changes, options));
          for (const { cid, status, verdict } of later) {
            const decided = { status, verdict, revise: 0, attempts: 2, gone_count: 1, decided_block: lastBlock };
            await room.database.write('event', async (tx) => {
              await tx('file_record').where({ cid }).whereNot({ status: 'closed' }).update(decided);
            });
          }
          const left = await allRows(room);
          const again = changes.slice(from % changes.length);
          await room.database.write('event', async (tx) => await applyBlocks(tx, again, { ...options, nowMs: 6 }));
          expect(await allRows(room)).toEqual(left);
        } finally {
          await room.close();
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

/** Without what only asks for one more look at an order. */
async function allRows(room: ChainRoom): Promise<unknown> {
  return await room.database.read(async (reader) => ({
    orders: (await reader('file_record').orderBy('id').select()).map((row: Record<string, unknown>) =>
      omit(row, ['look_block', 'turn_block', 'reread_block']),
    ),
    owners: await reader('file_owner').orderBy(['file_id', 'account_id']).select(),
    cleanups: await reader('cleanup_record').orderBy('id').select(),
    absences: await reader('absence').orderBy('file_id').select(),
    tally: await reader('tally').where('orders', '>', 0).orderBy(['status', 'verdict', 'class']).select(),
  }));
}

describe('blocks written together', () => {
  it('leave what the same blocks leave that are written one by one', async () => {
    await fc.assert(
      fc.asyncProperty(blocks, standing, async (history, before) => {
        const [together, single] = [await ChainRoom.open(), await ChainRoom.open()];
        try {
          const changes = history.map(changesOf);
          for (const room of [together, single]) await stand(room, before);
          await together.database.write('event', async (tx) => await applyBlocks(tx, changes, options));
          for (const one of changes)
            await single.database.write('event', async (tx) => await applyBlocks(tx, [one], options));
          expect(await tables(together, changes)).toEqual(await tables(single, changes));
        } finally {
          await together.close();
          await single.close();
        }
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});

describe('the event cursor', () => {
  it('moves only from where it was left', async () => {
    const room = await ChainRoom.open();
    await room.database.write('event', async (tx) => {
      expect(await moveEventCursor(tx, 0, 1)).toBe(false);
      await room.facts.set(tx, 'event-cursor', { block: 7 });
      expect(await moveEventCursor(tx, 6, 9)).toBe(false);
      expect(await moveEventCursor(tx, 7, 9)).toBe(true);
    });
    expect(await room.facts.find('event-cursor')).toEqual({ block: 9 });
    await room.close();
  });
});

describe('orders held here', () => {
  it('are told among any others', async () => {
    const room = await ChainRoom.open();
    const history = [['a', 'b', 'c'].map((cid): Did => ({ cid, kind: 'ordered', payer: 'cTAlice', memo: null }))];
    await room.database.write('event', async (tx) => await applyBlocks(tx, history.map(changesOf), options));
    await room.set('a', { status: 'handled' });
    await room.set('c', { status: 'pulling' });
    const keys = ['unknown', 'c', 'b', 'a', 'a'].map((cid) => chainOrderKey(cid));
    const held = await heldAmong(room.database, keys);
    expect(held.map(({ text }) => text).toSorted()).toEqual(['a', 'a', 'c']);
    await room.close();
  });
});
