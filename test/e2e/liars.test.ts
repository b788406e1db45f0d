import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { itemKey } from '../../devnet/chain/storage-keys.ts';
import { ChainModel } from '../../devnet/chain/model.ts';
import {
  answersNull,
  keysEndBefore,
  type Lie,
  noOrders,
  oncePerConnection,
  ordersHaveNoValues,
  passedOnTo,
  prunesUnderWalks,
  refuses,
  stateOf,
  statesAreEmpty,
} from '../../devnet/chain/rpc/lies.ts';
import { ChainRpc } from '../../devnet/chain/rpc.ts';
import type { BotLine } from '../../devnet/world/bot-process.ts';
import type { ErrorCode } from '../../src/domain/errors.ts';
import { HOUR_BLOCKS } from '../../src/domain/units.ts';
import { LiarWorld } from '../support/e2e/liar-world.ts';
import { ROW_MS } from '../support/e2e/row-limit.ts';
import type { WatchedWorld } from '../support/e2e/watched-world.ts';

/** A walk is due every eight seconds. */
const FACTOR = 480;
const middleOfMap = `${itemKey('Market', 'FilesV2')}80`;

interface Tale {
  readonly tells: (liar: LiarWorld) => void;
  /** What the log says meanwhile: a code, or a message. */
  readonly says: ErrorCode | RegExp;
  /** Whether it is ready meanwhile; not asked of one that comes and goes. */
  readonly isReady?: boolean;
  /** Why blocks may be passed over until a walk has looked at all orders; else none is. */
  readonly gap?: 'contradiction' | 'pruned';
  /** What must have been before it is over. */
  readonly until?: (liar: LiarWorld) => () => boolean;
}

const blocksOf =
  (count: number) =>
  ({ place: { world } }: LiarWorld): (() => boolean) => {
    const last = world.chain.head.number + count;
    return () => world.chain.head.number >= last;
  };
/** A walk is due within it. */
const anHour = blocksOf(HOUR_BLOCKS);
/** Far more than a bot that runs would be behind. */
const someBlocks = blocksOf(50);
/** Ten minutes: each loop but the walk comes round. */
const someTime = blocksOf(HOUR_BLOCKS / 6);

const lostOrders = /^The chain seems to have lost most orders; nothing is closed$/u;
const walksOn = /^The walk goes on at a newer block: its own was pruned$/u;

const isRefusedWalk = ({ message = '', fields }: BotLine): boolean =>
  lostOrders.test(message) || (message === 'Cannot go on for now' && fields['loop'] === 'walk');
/** A walk was refused, and ten minutes have passed: unless orders seem lost, it is tried again every 15 s. */
const refusedWalks = (liar: LiarWorld): (() => boolean) => {
  const since = liar.place.bot.lines.length;
  let isOver: (() => boolean) | undefined;
  return () => {
    if (isOver === undefined && liar.place.bot.lines.slice(since).some(isRefusedWalk)) isOver = someTime(liar);
    return isOver?.() ?? false;
  };
};
/** A walk under which states were pruned has come to its end. */
const walkedOn = ({ place: { bot } }: LiarWorld): (() => boolean) => {
  const since = bot.lines.length;
  return () => {
    const said = bot.lines.slice(since).map(({ message = '' }) => message);
    const last = said.findLastIndex((message) => walksOn.test(message));
    return last >= 0 && said.includes('The walk over all orders is complete', last);
  };
};

/** A lie that a walk meets, as whoever believes it would take all orders, or half of them, for closed. */
const ofState = (lieOf: (liar: LiarWorld) => Lie): Tale => ({
  tells: (liar) => liar.lie(lieOf(liar)),
  says: 'CHAIN_BAD_ANSWER',
  isReady: false,
  gap: 'contradiction',
  until: refusedWalks,
});

const tales: Readonly<Record<string, Tale>> = {
  'answers for a state without orders, though the chain counts them': ofState(() => noOrders({ hasCount: true })),
  'answers for a state without orders and without a count': {
    ...ofState(() => noOrders({ hasCount: false })),
    says: lostOrders,
  },
  'has no keys behind the middle of the map': ofState(() => keysEndBefore(middleOfMap)),
  'has keys of orders and no values': ofState(() => ordersHaveNoValues),
  // They have no time for the newest block either: no walk begins.
  'answers for the state of a much older block': {
    ...ofState(({ emptyBlock }) => stateOf(emptyBlock.hash)),
    until: anHour,
  },
  'answers for an empty state': { ...ofState(() => statesAreEmpty), until: anHour },
  'has null for a block': {
    tells: (liar) => liar.lie(answersNull('chain_getBlock')),
    says: 'CHAIN_BAD_ANSWER',
    isReady: false,
  },
  'has null for the header of a block': {
    tells: (liar) => liar.lie(answersNull('chain_getHeader')),
    says: 'CHAIN_BAD_ANSWER',
    isReady: false,
  },
  'is another one at another height with each question': {
    tells: (liar) => liar.lie(passedOnTo(nodesBehind(liar, [0, 2, 30]))),
    says: 'CHAIN_SYNCING',
  },
  'is another one at another height with each connection': {
    tells: (liar) => {
      liar.lie(passedOnTo(oncePerConnection(nodesBehind(liar, [400, 40, 0]))));
      liar.place.world.chainServer.closeAll();
    },
    says: 'CHAIN_SYNCING',
  },
  'has finalized nothing for an hour': {
    tells: ({ place }) => (place.world.chain.isFinalityPaused = true),
    says: /^No further block becomes final$/u,
    isReady: true,
    until: anHour,
  },
  'syncs from old blocks and says so': {
    tells: (liar) => liar.syncFromOldBlocks({ says: true }),
    says: 'CHAIN_SYNCING',
    isReady: false,
  },
  'syncs from old blocks and does not say so': {
    tells: (liar) => liar.syncFromOldBlocks({ says: false }),
    says: 'CHAIN_SYNCING',
    isReady: false,
  },
  'prunes the state in the middle of a walk, three times': {
    tells: (liar) => liar.lie(prunesUnderWalks(3)),
    says: walksOn,
    // A block can be among them whose events are read next.
    gap: 'pruned',
    until: walkedOn,
  },
  'is of another chain after a reconnect': {
    tells: (liar) => {
      const other = anotherChain();
      liar.lie(passedOnTo(() => other));
      liar.place.world.chainServer.closeAll();
    },
    says: /^Chain end point left out$/u,
    isReady: false,
  },
  'has lost the methods by which orders are read': {
    tells: (liar) => liar.lie(refuses('state_queryStorageAt', 'state_getKeysPaged')),
    says: 'CHAIN_RPC_ERROR',
    isReady: false,
  },
};

/** Said at each start. */
const clockWarning = 'Goes by the time of a devnet, not by the real one';

/** What of it is said as an error: a person should look at that node. */
const loud = [
  'Chain end point left out',
  'Events and orders of a block do not agree: a walk will tell what is true',
  'The chain seems to have lost most orders; nothing is closed',
];

/** Nodes that lack so many of the newest blocks, one after the other. */
function nodesBehind({ place: { world } }: LiarWorld, behind: readonly number[]): () => ChainRpc {
  const nodes = behind.map((blocksBehind) => new ChainRpc(world.chain, { blocksBehind }));
  let asked = 0;
  return () => nodes[asked++ % nodes.length] ?? world.chainServer.rpc;
}

/** A chain whose orders nobody here knows. */
function anotherChain(): ChainRpc {
  const chain = new ChainModel({ name: 'another', firstBlock: 12_000_000 });
  chain.advance(500);
  return new ChainRpc(chain);
}

describe('a bot whose chain node', () => {
  let liar: LiarWorld;

  beforeAll(async () => {
    liar = await LiarWorld.start(FACTOR);
  });
  afterAll(async () => await liar?.close());

  it.each(Object.entries(tales))('%s', { timeout: ROW_MS }, async (name, tale) => {
    const { tells, says, isReady, gap, until } = tale;
    const { place } = liar;
    const { world, home, bot, watch } = place;
    onTestFinished(() => liar.truth());
    await place.calm();
    const [ordered, afterwards] = [await place.file(`${name}, meanwhile`), await place.file(`${name}, after`)];
    const [since, sinceBlock] = [bot.lines.length, world.chain.head.number];
    const lettingGoBefore = watch.lettingGo.length;

    tells(liar);
    const isOver = (until ?? someTime)(liar);
    world.order(ordered);
    await home.eventually(String(says), () => bot.lines.slice(since).some((line) => isSaid(line, says)));
    await home.eventually('the end of the lie', isOver);
    if (isReady === false) await home.eventually('not ready', async () => !(await place.state()).ready);
    const hasStopped = isReady === true && !(await place.state()).ready;
    await place.whole();
    expect([hasStopped, ...(await liar.harm(lettingGoBefore))]).toEqual([false]);
    const reasons = (await liar.gaps(sinceBlock)).map(({ reason }) => reason);
    expect(reasons.filter((reason) => reason !== gap)).toEqual([]);

    liar.truth();
    world.order(afterwards);
    place.closeOne();
    await place.handled(ordered, afterwards);
    await home.eventually('no gap', async () => (await liar.gaps(sinceBlock)).every(({ isOpen }) => isOpen === 0));
    await place.settled({ isLiedTo: true });
    await place.calm();
    expect([place.wrong, await place.missing(), bot.exits]).toEqual([[], [], []]);
    expect(new Set(watch.deletions)).toEqual(new Set(place.closed.map(({ cid }) => cid)));
    expect(await home.rows('SELECT cid FROM file_record WHERE attempts > 0')).toEqual([]);
  });

  it('has said of nothing else that it is an error, and stops when it is told to', async () => {
    const { bot } = liar.place;
    expect((await bot.stop()).code).toBe(0);
    const errors = bot.lines.filter(({ level }) => level === 'error' || level === undefined);
    expect(errors.filter(({ message = '' }) => !loud.includes(message)).map(({ text }) => text)).toEqual([]);
  });

  /** In a warning or an error that names the end point, or by its message. */
  function isSaid({ level, message, fields }: BotLine, says: ErrorCode | RegExp): boolean {
    if (says instanceof RegExp) return says.test(message ?? '');
    const isLoud = level === 'warn' || level === 'error';
    return isLoud && fields['code'] === says && fields['endPoint'] === liar.place.world.chainServer.url;
  }
});

describe('a bot that is down while the runtime is upgraded', () => {
  let liar: LiarWorld;

  beforeAll(async () => {
    liar = await LiarWorld.start(FACTOR, { specVersion: 22 });
  });
  afterAll(async () => await liar?.close());

  it('misses no order and no close of before, in and after the upgrade, and takes nothing else for closed', {
    timeout: ROW_MS,
  }, async () => {
    const { place } = liar;
    const { world, home, bot, watch } = place;
    await place.calm();
    const placed = await filesFor(place);
    const [since, sinceBlock] = [bot.lines.length, world.chain.head.number];
    expect((await bot.stop()).code).toBe(0);

    world.order(placed.before);
    place.closeOne();
    await home.eventually('some blocks', someBlocks(liar));
    world.chain.onBlock(({ isRuntimeChanged }) => {
      if (isRuntimeChanged) world.order(placed.rightAfter);
    });
    world.order(placed.within);
    world.chain.setSpecVersion(25);
    await home.eventually('some blocks', someBlocks(liar));
    world.order(placed.after);
    place.closeOne();
    await home.eventually('some blocks', someBlocks(liar));

    bot.start();
    world.order(placed.onceUp);
    await place.handled(...Object.values(placed));
    await place.settled();
    await place.calm();
    expect([place.wrong, await place.missing(), bot.exits, await liar.gaps(sinceBlock)]).toEqual([[], [], [], []]);
    expect(new Set(watch.deletions)).toEqual(new Set(place.closed.map(({ cid }) => cid)));
    expect(await home.rows('SELECT cid FROM file_record WHERE attempts > 0')).toEqual([]);
    expect((await bot.stop()).code).toBe(0);
    const said = bot.lines.slice(since).filter(({ level = 'error' }) => level === 'warn' || level === 'error');
    expect(said.filter(({ message }) => message !== clockWarning).map(({ text }) => text)).toEqual([]);
  });

  async function filesFor(place: WatchedWorld) {
    return {
      before: await place.file('before the upgrade'),
      within: await place.file('in the block of the upgrade'),
      rightAfter: await place.file('in the block after it'),
      after: await place.file('after the upgrade'),
      onceUp: await place.file('once it is up'),
    };
  }
});
