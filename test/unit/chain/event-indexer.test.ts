import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SmError } from '../../../src/domain/errors.ts';
import { MINUTE_MS } from '../../../src/domain/units.ts';
import { ChainRoom } from '../../support/chain-room.ts';
import type { BlockWriter, ChainWorld } from '../../support/chain-room-world.ts';

let room: ChainRoom;
let world: ChainWorld;

beforeEach(async () => {
  room = await ChainRoom.open();
  world = room.world;
  await room.round('group');
  await room.database.write('event', async (tx) => await room.facts.set(tx, 'event-cursor', { block: world.head }));
});

afterEach(async () => {
  await room.close();
});

const cursor = async (): Promise<number | undefined> => (await room.facts.find('event-cursor'))?.block;

/** Puts blocks on chain and reads them. */
async function after(...writes: ((block: BlockWriter) => void)[]): Promise<void> {
  for (const write of writes) world.block(write);
  await room.round('events');
  expect(await cursor()).toBe(world.head);
}

describe('following finalized blocks', () => {
  it('waits for the first walk to set the cursor', async () => {
    const fresh = await ChainRoom.open();
    fresh.world.block((block) => block.order('a'));
    await fresh.round('group');
    await fresh.round('events');
    expect(await fresh.order('a')).toBeUndefined();
    expect(fresh.conditions.list()).toEqual([]);
    await fresh.close();
  });

  it('skips no block, however many there are, and reads the data of that block', async () => {
    for (let index = 0; index < 50; index += 1)
      world.block((block) => block.order(`cid-${index}`, { sizeBytes: index + 1 }));
    world.block((block) => block.set('cid-49', { replicas: 9 }));
    await room.round('events');
    expect(await cursor()).toBe(world.head);
    expect(await room.tally.openOrders()).toBe(50);
    expect(await room.order('cid-0')).toMatchObject({ sizeBytes: 1, successBlock: 101, readBlock: 101, seen: 2 });
    expect(await room.order('cid-49')).toMatchObject({ replicas: 0, readBlock: 150 });
  });

  it('closes and orders again in one block', async () => {
    await after((block) => block.order('a'));
    await room.set('a', { status: 'failed', attempts: 5 });
    await after((block) => {
      block.close('a');
      block.order('a', { sizeBytes: 7 });
    });
    expect(await room.order('a')).toMatchObject({ status: 'new', sizeBytes: 7, successBlock: 102, attempts: 0 });
  });

  it('orders again and closes in one block', async () => {
    await after((block) => block.order('a'));
    await after((block) => {
      block.order('a');
      block.close('a', 'IllegalFileClosed');
    });
    expect(await room.order('a')).toMatchObject({ status: 'closed', successBlock: 102 });
  });

  it('takes CalculateSuccess with an absent entry for a close before runtime 23', async () => {
    await after(
      (block) => block.order('a'),
      (block) => block.order('b'),
    );
    await after((block) => {
      block.spec(22);
      block.close('a', 'CalculateSuccess');
      block.calculate('b');
    });
    expect(await room.order('a')).toMatchObject({ status: 'closed' });
    expect(await room.order('b')).toMatchObject({ status: 'new', readBlock: 103 });
  });

  it('reads figures again on renewal, also of an order it did not know, without calling it ordered', async () => {
    await after((block) => block.renew('a', { expiryBlock: 99 }));
    expect(await room.order('a')).toMatchObject({ expiryBlock: 99, successBlock: null, seen: 2, orderClass: 'db' });
  });

  it('knows payers and memos', async () => {
    await after((block) => block.order('a', {}, 'cTAlice', 'for the archive'));
    const rows = await room.database.read(
      async (reader) =>
        await reader('file_owner').join('account', 'account.id', 'account_id').select('address', 'memo'),
    );
    expect(rows).toEqual([{ address: 'cTAlice', memo: Buffer.from('for the archive') }]);
  });

  it('reads a held file again when its replicas are reported, and looks early at one that waits for them', async () => {
    await after(
      (block) => block.order('held'),
      (block) => block.order('waits'),
      (block) => block.order('other'),
    );
    await room.set('held', { status: 'handled' });
    await room.set('waits', { status: 'waiting', verdict: 'few-replicas', look_block: 9999 });
    world.valuesRead.length = 0;
    await after((block) => {
      for (const cid of ['held', 'waits', 'other']) block.set(cid, { replicas: 4 });
      block.updateReplicas('held', 'waits', 'other', 'unknown');
    });
    expect(world.valuesRead).toEqual(['held']);
    expect(await room.order('held')).toMatchObject({ status: 'handled', replicas: 4 });
    expect(await room.order('waits')).toMatchObject({ replicas: 0, lookBlock: world.head });
    expect(await room.order('unknown')).toBeUndefined();
  });

  it('refuses to go on from a cursor that somebody else moved', async () => {
    world.block((block) => block.order('a'));
    const moved: Promise<void>[] = [];
    world.before = (call) => {
      if (call !== 'readOrders') return;
      moved.push(room.database.write('claim', async (tx) => await room.facts.set(tx, 'event-cursor', { block: 7 })));
    };
    await expect(room.round('events')).rejects.toMatchObject({ code: 'CURSOR_MOVED' });
    await Promise.all(moved);
    expect(await room.order('a')).toBeUndefined();
  });
});

describe('an outage while following', () => {
  it.each(['finalizedHead', 'blocksBetween', 'blockEvents', 'readHints', 'readOrders'])(
    'at %s keeps the cursor before the block and loses nothing',
    async (call) => {
      world.block((block) => block.order('a'));
      world.block((block) => block.order('b'));
      world.before = (name, block) => {
        if (name === call && (block === null || block === 102)) throw new SmError('CHAIN_UNREACHABLE', 'away');
      };
      await room.round('events');
      expect(await cursor()).toBe(call === 'finalizedHead' || call === 'blocksBetween' ? 100 : 101);
      expect(room.conditions.away('chain')).toBe(true);
      expect(await room.order('b')).toBeUndefined();
      world.before = () => undefined;
      await room.round('events');
      expect(await room.order('b')).toMatchObject({ successBlock: 102 });
    },
  );
});

describe('a block that cannot be decoded', () => {
  it('stops the indexer there without ending anything, asks again each minute and elsewhere first, and says so each hour', async () => {
    world.block((block) => block.order('a'));
    world.block((block) => block.order('b'));
    const avoided: (string | undefined)[] = [];
    world.before = (call, block, ask) => {
      if (call !== 'blockEvents' || block !== 102) return;
      avoided.push(ask.avoid);
      throw new SmError('CHAIN_UNDECODABLE', 'unknown event', { endPoint: 'one', block: 102, field: 'System.Events' });
    };
    const task = room.task('events');
    for (let minute = 0; minute <= 60; minute += 1) {
      await room.roundOf(task);
      expect(room.clock.sleptMs).toBe(MINUTE_MS);
      room.clock.ms += MINUTE_MS;
    }
    expect(await cursor()).toBe(101);
    expect(await room.order('a')).toBeDefined();
    // Among the blocks of its window, then by itself, then by another one.
    expect(avoided.slice(0, 3)).toEqual([undefined, undefined, 'one']);
    expect(room.conditions.list()).toMatchObject([{ name: 'chain-undecodable', kind: 'wait', blocksReady: true }]);
    expect(room.logger.lines.filter((line) => line.level === 'error')).toMatchObject([
      { context: { endPoint: 'one', block: 102, field: 'System.Events' } },
      { context: { endPoint: 'one' } },
    ]);
    world.before = () => undefined;
    await room.roundOf(task);
    expect(await cursor()).toBe(102);
    expect(room.conditions.ready).toBe(true);
  });
});

describe('blocks whose state is pruned', () => {
  it('become a gap, and the cursor goes on behind it', async () => {
    world.block((block) => block.order('lost'));
    world.mine(200);
    world.block((block) => block.order('kept'));
    world.prunedBelow = 250;
    await room.round('events');
    expect(await cursor()).toBe(world.head);
    expect(await room.gaps.listOpen()).toMatchObject([{ fromBlock: 101, toBlock: 249, reason: 'pruned' }]);
    expect(await room.order('lost')).toBeUndefined();
    expect(await room.order('kept')).toBeDefined();
  });

  it('become no gap while not even the head can be read', async () => {
    world.mine(20);
    world.prunedBelow = 10_000;
    await room.round('events');
    expect(await cursor()).toBe(100);
    expect(await room.gaps.listOpen()).toEqual([]);
    expect(room.conditions.away('chain')).toBe(true);
  });
});

describe('a node that says now this and now that', () => {
  it('is asked again later, and no block becomes a gap that can be read', async () => {
    world.block((block) => block.order('a'));
    let asked = 0;
    world.before = (call) => {
      if (call !== 'readHints') return;
      asked += 1;
      throw new SmError('CHAIN_STATE_PRUNED', 'State already discarded', { endPoint: 'one', block: 101 });
    };
    await room.round('events');
    expect(asked).toBe(1);
    expect(await cursor()).toBe(100);
    expect(await room.gaps.listOpen()).toEqual([]);
    expect(room.conditions.away('chain')).toBe(true);
    world.before = () => undefined;
    await room.round('events');
    expect(await room.order('a')).toMatchObject({ successBlock: 101 });
  });

  it('is not believed when its blocks do not end with the finalized head', async () => {
    world.block((block) => block.order('a'));
    world.mine(1);
    const { blocksBetween } = world.blocks;
    const forked = async (...question: Parameters<typeof blocksBetween>) => {
      const answer = await blocksBetween(...question);
      return { ...answer, value: answer.value.map((block) => ({ ...block, hash: `0x${'f0'.repeat(32)}` })) };
    };
    const { endPoints, orders, events, facts } = world;
    room.chain = { endPoints, blocks: { ...world.blocks, blocksBetween: forked }, orders, events, facts };
    await room.round('events');
    expect(await cursor()).toBe(100);
    expect(room.logger.lines).toMatchObject([{ context: { code: 'CHAIN_BAD_ANSWER', endPoint: 'one', block: 102 } }]);
    expect(world.doubted).toEqual(['one']);
    room.chain = world;
    await room.round('events');
    expect(await cursor()).toBe(102);
  });
});

function hideA(): void {
  world.readsOf = (reads) => reads.map((read) => (read.key.text === 'a' ? { ...read, figures: undefined } : read));
}

describe('an entry that does not agree with the events', () => {
  it('is asked for again, another end point first, and never taken for a close', async () => {
    await after((block) => block.order('a'));
    world.block((block) => {
      block.order('a');
      block.calculate('a');
    });
    hideA();
    const task = room.task('events');
    await room.roundOf(task);
    expect(await cursor()).toBe(101);
    world.readsOf = (reads, ask) => reads.map((read) => (ask.avoid === 'one' ? read : { ...read, figures: undefined }));
    await room.roundOf(task);
    expect(await cursor()).toBe(102);
    expect(await room.order('a')).toMatchObject({ status: 'new', successBlock: 102 });
    const avoided: (string | undefined)[] = [];
    world.before = (_call, _block, ask) => avoided.push(ask.avoid);
    world.block();
    await room.roundOf(task);
    expect(new Set(avoided)).toEqual(new Set([undefined]));
  });

  it('becomes a gap when nobody tells otherwise, and the rest of the block counts', async () => {
    world.block((block) => {
      block.order('a');
      block.order('b');
    });
    hideA();
    const task = room.task('events');
    for (let attempt = 0; attempt < 3; attempt += 1) await room.roundOf(task);
    expect(await cursor()).toBe(101);
    expect(await room.gaps.listOpen()).toMatchObject([{ fromBlock: 101, toBlock: 101, reason: 'contradiction' }]);
    expect(await room.order('b')).toBeDefined();
    expect(await room.order('a')).toBeUndefined();
  });
});
