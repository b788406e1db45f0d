import { defaultChainLimits } from '../../../src/clients/chain/connection/limits.ts';
import { BenchChain } from '../chain/bench-chain.ts';
import type { Bench, BenchSettings, Budget, Figure, LimitFloor } from '../harness/bench.ts';
import { interleavedPairs } from '../harness/pairs.ts';
import { median, range } from '../harness/stats.ts';
import { type BotRun, Measurements, type SocketRun } from './measurements.ts';
import { withOthers } from './with-others.ts';

/** What loopback has anyway: nothing is added for it. */
const LOOPBACK_MS = 0.2;
const MAX_RSS_MIB = 250;
const MANY = 1_000_000;
/** At many orders the limits are those of a stretch of the chain's beginning. */
const LIMIT_STRETCH = 200_000;

type Report = (figure: Figure) => void;

export const scanBench: Bench = {
  name: 'scan',
  about:
    'a first walk over all orders into a fresh database, against a plain socket that receives and parses the same answers',
  takes: ['orders', 'latency', 'runs'],
  async run(settings, report) {
    const { scale } = settings;
    if (settings.orders !== undefined && settings.orders >= MANY)
      return await many(settings.orders, 3, settings, report);
    await few(settings.orders ?? (scale === 'small' ? 3000 : 100_000), settings, report);
    if (settings.orders !== undefined) return;
    if (!isDistant(settings)) await heaviest(scale === 'small' ? 500 : 20_000, settings, report);
    if (scale === 'small') return;
    await many(MANY, 3, settings, report);
    if (scale === 'full') await many(5 * MANY, 1, settings, report);
  },
};

function isDistant({ latencyMs = LOOPBACK_MS }: BenchSettings): boolean {
  return latencyMs > LOOPBACK_MS;
}

async function few(orders: number, settings: BenchSettings, report: Report): Promise<void> {
  const { scale, latencyMs, signal } = settings;
  const distances = latencyMs === undefined ? [LOOPBACK_MS, 20, ...(scale === 'small' ? [] : [100])] : [latencyMs];
  await withChain({ orders }, signal, async (chain, measure) => {
    for (const distance of distances) {
      if (distance <= LOOPBACK_MS) {
        await nearby(measure, orders, settings, report);
        report(await withOthers(chain, measure, orders, settings));
      } else await distant(chain, measure, { orders, distance, settings, report });
    }
  });
}

async function withChain(
  options: { readonly orders: number; readonly heaviest?: boolean },
  signal: AbortSignal,
  work: (chain: BenchChain, measure: Measurements) => Promise<void>,
): Promise<void> {
  const chain = await BenchChain.start(options, signal);
  try {
    await work(chain, new Measurements(chain, options, signal));
  } finally {
    await chain.close();
  }
}

/** The bot beside its chain. */
async function nearby(measure: Measurements, orders: number, settings: BenchSettings, report: Report): Promise<void> {
  const runs = settings.runs ?? (settings.scale === 'small' ? 1 : 5);
  let store = 0;
  const { limits, values } = await interleavedPairs(
    runs,
    async (run) => {
      if (run === 0) store = await measure.store(orders);
      return await measure.socket(orders);
    },
    async () => await measure.bot(),
  );
  const figure = against(ratesOf(limits), values, orders);
  report({
    ...figure,
    latencyMs: LOOPBACK_MS,
    limitFloor: floorsOf(orders, figure.limit, store),
    budgets: [atLeast(figure.ratio, 0.65)],
    more: {
      ...processorTime(limits, values),
      'store alone, rows/s': Math.round(store),
    },
  });
}

async function distant(
  chain: BenchChain,
  measure: Measurements,
  line: {
    readonly orders: number;
    readonly distance: number;
    readonly usualRuns?: number;
    readonly settings: BenchSettings;
    readonly report: Report;
  },
): Promise<void> {
  const { orders, distance, usualRuns = 3, settings, report } = line;
  const { signal } = settings;
  let mostInFlight = 0;
  const at = async (latencyMs: number): Promise<BotRun> => {
    await chain.setLatency(latencyMs, signal);
    const run = await measure.bot();
    const { maxMessagesInFlight } = await chain.takeCounters(signal);
    mostInFlight = Math.max(mostInFlight, maxMessagesInFlight);
    return run;
  };
  const { limits, values } = await interleavedPairs(
    settings.runs ?? (settings.scale === 'small' ? 1 : usualRuns),
    async () => (await at(0)).ordersPerSecond,
    async () => await at(distance),
  );
  await chain.setLatency(0, signal);
  const figure = against(limits, values, orders);
  report({
    ...figure,
    part: 'against the same bot nearby',
    latencyMs: distance,
    budgets: [
      atLeast(figure.ratio, distance <= 20 ? 0.6 : 0.25),
      {
        what: 'requests at the node at once',
        found: mostInFlight,
        atMost: defaultChainLimits.maxRequestsInFlight,
        kind: 'count',
      },
      ...(orders >= MANY ? [memory(figure.rssMaxMiB)] : []),
    ],
  });
}

async function heaviest(orders: number, settings: BenchSettings, report: Report): Promise<void> {
  await withChain({ orders, heaviest: true }, settings.signal, async (_chain, measure) => {
    const { limits, values } = await interleavedPairs(
      settings.runs ?? (settings.scale === 'small' ? 1 : 3),
      async () => await measure.socket(orders),
      async () => await measure.bot(),
    );
    report({
      ...against(ratesOf(limits), values, orders),
      part: '200 replicas each',
      latencyMs: LOOPBACK_MS,
      budgets: [],
      more: processorTime(limits, values),
    });
  });
}

/** So many orders that writing may be slower than reading: against the slower of socket and store. */
async function many(orders: number, usualRuns: number, settings: BenchSettings, report: Report): Promise<void> {
  await withChain({ orders }, settings.signal, async (chain, measure) => {
    const { latencyMs: distance = LOOPBACK_MS } = settings;
    if (isDistant(settings)) return await distant(chain, measure, { orders, distance, usualRuns, settings, report });
    const sockets: SocketRun[] = [];
    const stores: number[] = [];
    const { limits, values } = await interleavedPairs(
      settings.runs ?? usualRuns,
      async () => {
        const socket = await measure.socket(LIMIT_STRETCH);
        const store = await measure.store(LIMIT_STRETCH);
        sockets.push(socket);
        stores.push(store);
        return Math.min(socket.ordersPerSecond, store);
      },
      async () => {
        settings.say(`a first walk over ${orders} orders`);
        return await measure.bot();
      },
    );
    const figure = against(limits, values, orders);
    report({
      ...figure,
      latencyMs: LOOPBACK_MS,
      limitFloor: floorsOf(orders, median(ratesOf(sockets)), median(stores)),
      budgets: [atLeast(figure.ratio, 0.6), memory(figure.rssMaxMiB)],
      more: {
        ...processorTime(sockets, values),
        'socket alone, orders/s': Math.round(median(ratesOf(sockets))),
        'store alone, rows/s': Math.round(median(stores)),
      },
    });
  });
}

function against(limits: readonly number[], values: readonly BotRun[], orders: number) {
  const rates = ratesOf(values);
  const value = median(rates);
  const limit = median(limits);
  return {
    bench: 'scan',
    orders,
    value,
    unit: 'orders/s',
    limit,
    ratio: value / limit,
    range: range(rates),
    limitRange: range(limits),
    rssMaxMiB: Math.max(...values.map((run) => run.rssMaxMiB)),
    runs: values.length,
  };
}

function ratesOf(runs: readonly SocketRun[]): number[] {
  return runs.map((run) => run.ordersPerSecond);
}

/** Tells, on a machine that has other things to do, what the rates cannot. */
function processorTime(sockets: readonly SocketRun[], bots: readonly BotRun[]): Record<string, number> {
  const of = (runs: readonly SocketRun[]): number => median(runs.map((run) => run.cpuMicros));
  return { 'processor time of the bot, us/order': of(bots), 'of the socket alone': of(sockets) };
}

/** What socket and store reach at 10⁵ orders; a shorter stretch is over before the engine is warm. */
function floorsOf(orders: number, socket: number, store: number): readonly LimitFloor[] {
  if (orders < 100_000) return [];
  return [
    { what: 'socket, orders/s', found: socket, atLeast: 35_000 },
    { what: 'upsert, rows/s', found: store, atLeast: 20_000 },
  ];
}

function atLeast(ratio: number, least: number): Budget {
  return { what: 'ratio', found: ratio, atLeast: least, kind: 'time' };
}

function memory(found: number): Budget {
  return { what: 'peak RSS, MiB', found, atMost: MAX_RSS_MIB, kind: 'memory' };
}
