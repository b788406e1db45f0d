import { EventIndexerTask } from '../../../src/chain/events/event-indexer-task.ts';
import { ChainClient } from '../../../src/clients/chain/chain-client.ts';
import { wsEndPoint } from '../../../src/clients/chain/connection/ws-transport.ts';
import { ChildLibrary } from '../../../src/clients/chain/events/library/child-library.ts';
import { isAbort } from '../../../src/domain/errors.ts';
import { DAY_BLOCKS } from '../../../src/domain/units.ts';
import { type Clock, SystemClock } from '../../../src/runtime/clock.ts';
import { Conditions } from '../../../src/runtime/conditions.ts';
import type { LogContext, Logger } from '../../../src/runtime/log.ts';
import { RightOfWay } from '../../../src/runtime/right-of-way.ts';
import { Database } from '../../../src/store/database.ts';
import { Facts } from '../../../src/store/facts.ts';
import { Gaps } from '../../../src/store/gaps.ts';
import { madeAccount, madeBasis } from '../database/made-orders.ts';
import { answer, childInput } from '../harness/child.ts';
import { type BotTask, measurePace } from './tasks.ts';

// The product's event indexer on a database that other orders stand in, until it first rests.

const { url, shape, dataDir } = childInput() as BotTask;
const system = new SystemClock();
const rested = new AbortController();
/** The indexer sleeps when it has caught up. */
const untilRest: Clock = {
  nowMs: () => system.nowMs(),
  monotonicMs: () => system.monotonicMs(),
  sleep: async (_, signal) => {
    rested.abort();
    signal.throwIfAborted();
  },
};
const said: string[] = [];
const say = (message: string, context?: LogContext): void => void said.push(`${message} ${JSON.stringify(context)}`);
const logger: Logger = { error: say, warn: say, info: () => undefined, debug: () => undefined, child: () => logger };

const rightOfWay = new RightOfWay(system);
const database = await Database.open(dataDir, { rightOfWay });
const facts = new Facts(database);
await database.write('event', async (tx) => {
  await facts.set(tx, 'event-cursor', { block: shape.firstBlock - 1 });
  const { groupOwner: owner } = madeBasis;
  const dated = { atBlock: shape.firstBlock - 1, atMs: Date.now() };
  await facts.set(tx, 'group', { owner, members: [], ownIndex: 0, trouble: null, ...dated });
});
const chain = new ChainClient({
  endPoints: [wsEndPoint(url, { rightOfWay })],
  genesisHash: null,
  clock: system,
  logger,
  library: new ChildLibrary(system, logger),
});
const task = new EventIndexerTask({
  clock: untilRest,
  conditions: new Conditions(system),
  logger,
  chain,
  account: madeAccount,
  database,
  facts,
  gaps: new Gaps(database),
  scanIntervalBlocks: DAY_BLOCKS,
});

const pace = measurePace(shape.blocks);
try {
  await task.run(rested.signal);
} catch (error) {
  if (!isAbort(error)) throw error;
}
const measured = pace();
const cursor = (await facts.find('event-cursor'))?.block ?? 0;
await chain.close();
await database.close();
if (said.length > 0) throw new Error(`the indexer complained: ${said.join('; ')}`);
await answer({ ...measured, cursor });
