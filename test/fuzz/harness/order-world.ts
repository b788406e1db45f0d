import { EventIndexerTask } from '../../../src/chain/events/event-indexer-task.ts';
import { WalkTask } from '../../../src/chain/walk/walk-task.ts';
import { BasisKeeper } from '../../../src/decide/basis/basis-keeper.ts';
import { DecideTask } from '../../../src/decide/decide-task.ts';
import { Judge } from '../../../src/decide/judge.ts';
import type { OrderList, OrderListSource } from '../../../src/decide/ports.ts';
import { RevisionWalk } from '../../../src/decide/revision-walk.ts';
import type { Logger } from '../../../src/runtime/log.ts';
import { DecisionBases } from '../../../src/store/decision-bases.ts';
import { ChainRoom } from '../../support/chain-room.ts';
import type { BlockWriter } from '../../support/chain-room-world.ts';

const emptyList: OrderList = {
  cids: new Set(),
  owners: new Set(),
  memoPrefixes: [],
  fingerprint: 'empty',
  isEmpty: true,
};
const noList: OrderListSource = { load: async () => emptyList, changed: async () => false };
const going = new AbortController().signal;

/** A chain in memory, and of the bot what takes its orders in and decides them, on a real database. */
export class OrderWorld {
  readonly room: ChainRoom;
  readonly #logger: Logger;

  private constructor(room: ChainRoom, logger: Logger) {
    this.room = room;
    this.#logger = logger;
  }

  static async open(logger: Logger): Promise<OrderWorld> {
    return new OrderWorld(await ChainRoom.open(), logger);
  }

  /** Puts orders on chain, a walk or the events tell of them, and all are decided. */
  async take(write: (block: BlockWriter) => void, way: 'walk' | 'events'): Promise<void> {
    const { room } = this;
    const parts = { ...room.parts, logger: this.#logger };
    const facts = ['group', 'chain-time', 'active-nodes'] as const;
    for (const name of facts) await room.round(name);
    if (way === 'events') await room.roundOf(new WalkTask(parts));
    room.world.block(write);
    room.world.mine(2);
    await room.round('chain-time');
    if (way === 'events') await room.roundOf(new EventIndexerTask(parts));
    else await room.roundOf(new WalkTask(parts));
    for (const name of facts) await room.round(name);
    await this.#decide();
  }

  async #decide(): Promise<void> {
    const { database, facts, clock, conditions } = this.room;
    const keeper = new BasisKeeper({
      database,
      facts,
      bases: new DecisionBases(database),
      clock,
      conditions,
      logger: this.#logger,
      settings: {
        accountHex: 'ab'.repeat(32),
        limits: { minFileSizeBytes: 0, maxFileSizeBytes: 0, minReplicas: 0, maxReplicas: 0 },
        weights: { dbFilesWeight: 50, newFilesWeight: 50 },
      },
      lists: { deny: noList, allow: noList },
      heldFilesKnown: () => true,
    });
    const judge = new Judge({ database, keeper, clock });
    const revision = new RevisionWalk({ database, facts, judge });
    const task = new DecideTask({ database, clock, conditions, keeper, judge, revision, logger: this.#logger });
    await task.round(going);
  }
}
