import type { BenchChain } from '../chain/bench-chain.ts';
import { cidsOrderedIn } from '../chain/busy-blocks.ts';
import type { BenchSettings, Budget, Figure } from '../harness/bench.ts';
import { median, quantile } from '../harness/stats.ts';
import type { Measurements } from './measurements.ts';
import type { Meanwhile } from './measured.ts';

/** Two dozen times as fast as the chain's, so that a walk of seconds sees enough of them. */
const BLOCK_MS = 250;
const PAGE_ORDERS = 1000;
const MAX_BLOCKS_BEHIND = 2;
const LEAST_READS = 200;
const LEAST_HEADS = 20;
const MOST_RUNS = 10;

/**
 * What heads, events and reads before a pull have to wait for while a walk goes at its full speed beside them. A wait ends behind what stood on the
 * wire before it, which the gate keeps to half a page; the rest of a page is for what it waits for besides (a page of keys, the one place for urgent
 * questions, turns of the event loop, the scheduler of two cores that three processes share).
 */
export async function withOthers(
  chain: BenchChain,
  measure: Measurements,
  orders: number,
  { scale, signal }: BenchSettings,
): Promise<Figure> {
  const waits: number[] = [];
  const blocksBehind: number[] = [];
  const rates: number[] = [];
  const isEnough = (): boolean =>
    scale === 'small' || (waits.length >= LEAST_READS && blocksBehind.length >= LEAST_HEADS);
  await chain.setBlockMs(BLOCK_MS, signal);
  while (rates.length === 0 || (!isEnough() && rates.length < MOST_RUNS)) {
    const { ordersPerSecond, meanwhile } = await measure.bot({ blockMs: BLOCK_MS });
    if (meanwhile === undefined) throw new Error('nothing was measured beside the walk');
    assertFollowed(meanwhile);
    rates.push(ordersPerSecond);
    waits.push(...meanwhile.waits);
    blocksBehind.push(...meanwhile.blocksBehind);
  }
  await chain.setBlockMs(0, signal);
  const pageMs = (PAGE_ORDERS * 1000) / median(rates);
  const p99 = quantile(waits, 0.99);
  const counts: Budget[] = [
    { what: 'reads before a pull', found: waits.length, atLeast: LEAST_READS, kind: 'count' },
    { what: 'finalized heads', found: blocksBehind.length, atLeast: LEAST_HEADS, kind: 'count' },
  ];
  return {
    bench: 'scan',
    part: 'reads before a pull meanwhile, p99',
    orders,
    latencyMs: 0,
    value: p99,
    unit: 'ms',
    limit: pageMs,
    ratio: pageMs / p99,
    rssMaxMiB: null,
    runs: rates.length,
    budgets: [
      { what: 'the wait in pages of 1000 orders', found: p99 / pageMs, atMost: 1, kind: 'time' },
      { what: 'blocks behind at most', found: Math.max(0, ...blocksBehind), atMost: MAX_BLOCKS_BEHIND, kind: 'count' },
      ...(scale === 'small' ? [] : counts),
    ],
    more: {
      'median wait, ms': median(waits),
      'longest, ms': Math.max(...waits),
      reads: waits.length,
      heads: blocksBehind.length,
      'blocks behind, mean': blocksBehind.reduce((sum, blocks) => sum + blocks, 0) / Math.max(1, blocksBehind.length),
      'walked meanwhile, orders/s': median(rates),
    },
  };
}

/** Each order of the blocks taken in stands in the database, from those before it began on too. */
function assertFollowed({ firstBlock, cursor, ordersOfEvents }: Meanwhile): void {
  let expected = 0;
  for (let block = firstBlock; block <= cursor; block += 1) expected += cidsOrderedIn(block).length;
  if (cursor < firstBlock || ordersOfEvents !== expected)
    throw new Error(`events brought ${ordersOfEvents} orders up to block ${cursor}, not ${expected}`);
}
