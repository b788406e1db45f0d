import { BasisKeeper } from '../../../src/decide/basis/basis-keeper.ts';
import { DecideTask } from '../../../src/decide/decide-task.ts';
import { Judge } from '../../../src/decide/judge.ts';
import { RevisionWalk } from '../../../src/decide/revision-walk.ts';
import type { OrderList } from '../../../src/decide/ports.ts';
import { SystemClock } from '../../../src/runtime/clock.ts';
import { Conditions } from '../../../src/runtime/conditions.ts';
import type { Logger } from '../../../src/runtime/log.ts';
import type { Database } from '../../../src/store/database.ts';
import { DecisionBases } from '../../../src/store/decision-bases.ts';
import { Facts } from '../../../src/store/facts.ts';
import { madeBasis, madeHeadBlock } from '../database/made-orders.ts';

const silent: Logger = {
  error: (message, context, error) => console.error(message, context, error),
  warn: (message, context, error) => console.error(message, context, error),
  info: () => undefined,
  debug: () => undefined,
  child: () => silent,
};

const noList = {
  load: async (): Promise<OrderList> => ({
    cids: new Set(),
    owners: new Set(),
    memoPrefixes: [],
    fingerprint: '',
    isEmpty: true,
  }),
  changed: async () => false,
};

/** The room that decides, composed as the bot composes it. */
export function decideRoom(database: Database) {
  const clock = new SystemClock();
  const facts = new Facts(database);
  const parts = { database, facts, clock, conditions: new Conditions(clock), logger: silent };
  const keeper = new BasisKeeper({
    ...parts,
    bases: new DecisionBases(database),
    settings: { accountHex: madeBasis.accountHex, limits: madeBasis.limits, weights: madeBasis.weights },
    lists: { deny: noList, allow: noList },
    heldFilesKnown: () => true,
  });
  const judge = new Judge({ database, keeper, clock });
  const revision = new RevisionWalk({ database, facts, judge });
  return { facts, keeper, judge, task: new DecideTask({ ...parts, keeper, judge, revision }) };
}

/** Fresh facts of a group of so many, the own place being that of the made database. */
export async function setFacts(database: Database, facts: Facts, members: number): Promise<void> {
  const at = { atBlock: madeHeadBlock, atMs: Date.now() };
  await database.write('event', async (tx) => {
    await facts.set(tx, 'chain-time', { ...at, blockTimestampMs: at.atMs, specVersion: 25 });
    await facts.set(tx, 'active-nodes', { ...at, count: madeBasis.nodeCount });
    await facts.set(tx, 'group', {
      ...at,
      owner: madeBasis.groupOwner,
      members: Array.from({ length: members }, (_, member) => `member ${member}`),
      ownIndex: madeBasis.ownIndex,
      trouble: null,
    });
  });
}
