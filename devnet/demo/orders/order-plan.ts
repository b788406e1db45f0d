import countBy from 'lodash/countBy.js';
import { SeededRandom } from '../../chain/seeded-random.ts';
import type { World } from '../../world/world.ts';
import { type CorpusFile, chooseCorpus } from './corpus.ts';
import { madeUpOrders, spamOrders } from './made-up-orders.ts';
import type { PlannedOrder, StandingOrder } from './planned-order.ts';
import { addFiles, planRealOrders, type RealOrders } from './real-orders.ts';

/** Everything that is ordered in the demo, and what is expected of it. */
export interface OrderPlan extends RealOrders {
  readonly corpus: readonly CorpusFile[];
  /** Without bytes: none of them is to be pulled. */
  readonly madeUp: readonly StandingOrder[];
  /** To be ordered while the bot runs, by an account and with a memo that it denies. */
  readonly spam: readonly PlannedOrder[];
  /** Large files to be pulled first, which the demo stops in the middle. */
  readonly slowCids: readonly string[];
}

/** Adds the corpus to the customers' node and plans the orders; nothing is on chain yet. */
export async function planOrders(world: World, seed: number, slow = 0): Promise<OrderPlan> {
  const corpus = await chooseCorpus(seed);
  const files = await addFiles(world, corpus);
  const random = new SeededRandom(seed);
  const real = planRealOrders(files, world.network, random, slow);
  return { corpus, ...real, madeUp: madeUpOrders(world.network, random), spam: spamOrders(world.network, random) };
}

/** Everything that stands on chain before a bot looks. */
export function standingOrders(plan: OrderPlan): readonly StandingOrder[] {
  return [...plan.held, ...plan.standing, ...plan.madeUp];
}

export function putStandingOrders(world: World, plan: OrderPlan): void {
  for (const order of standingOrders(plan)) order.put(world.chain);
}

/** CIDs of the orders that a deny list has to name. */
export function deniedCids(plan: OrderPlan): string[] {
  return plan.madeUp.filter(({ outcome }) => outcome === 'waiting: denied').map(({ cid }) => cid);
}

/** How many orders there are of each outcome. */
export function countOutcomes(orders: readonly PlannedOrder[]): ReadonlyMap<string, number> {
  return new Map(Object.entries(countBy(orders, ({ outcome }) => outcome)));
}
