import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { madeDatabase } from '../database/made-database.ts';
import { madeHeadBlock } from '../database/made-orders.ts';
import type { Bench, BenchSettings, Figure } from '../harness/bench.ts';
import { type ChildResult, runChild, startChild, botNodeOptions } from '../harness/child.ts';
import { interleavedPairs } from '../harness/pairs.ts';
import { median, range } from '../harness/stats.ts';
import type { ChainShape } from './block-mix.ts';
import { check } from './check.ts';
import { type Expected, expectedOf } from './expected.ts';
import type { BotResult, BotTask, ChildTask, LimitResult, Pace } from './tasks.ts';

const normalBlocks = 20_000;
const smallBlocks = 2000;
/** Known ones, some of which are closed and some of which wait for copies. */
const leastOrders = 1000;
const atLeast = 0.6;
/** What the loopback interface itself takes. */
const loopbackMs = 0.2;

export const catchupBench: Bench = {
  name: 'catchup',
  about:
    'blocks missed while the bot was down, over a runtime upgrade, against fetching and decoding their events alone',
  takes: ['orders', 'latency', 'runs'],
  async run(settings, report) {
    const isSmall = settings.scale === 'small';
    const knownOrders = settings.orders ?? (isSmall ? 10_000 : 100_000);
    if (knownOrders < leastOrders)
      throw new Error(`of fewer than ${leastOrders} orders not every kind of event meets one`);
    const blocks = isSmall ? smallBlocks : normalBlocks;
    const firstBlock = madeHeadBlock + 1;
    const shape = { firstBlock, blocks, upgradeBlock: firstBlock + blocks / 2, knownOrders, seed: 7 };
    const expected = expectedOf(shape);
    settings.say(
      `${(expected.events / blocks).toFixed(1)} events a block, ${expected.orders} orders in ${blocks} blocks`,
    );
    const latencies = settings.latencyMs === undefined ? [loopbackMs, 20] : [settings.latencyMs];
    for (const latencyMs of latencies) report(await measure(shape, expected, latencyMs, settings));
  },
};

async function measure(
  shape: ChainShape,
  expected: Expected,
  latencyMs: number,
  settings: BenchSettings,
): Promise<Figure> {
  const { server, url } = await startChain(shape, latencyMs, settings.signal);
  const peaks: number[] = [];
  try {
    const runs = settings.runs ?? (settings.scale === 'small' ? 1 : 3);
    const { limits, values } = await interleavedPairs(
      runs,
      async () => await runLimit({ url, shape }, expected, settings.signal),
      async () => {
        const { output, rssMaxMiB } = await runBot({ url, shape }, expected, settings);
        peaks.push(rssMaxMiB);
        return output;
      },
    );
    const [limit, value] = [limits.map(speed), values.map(speed)];
    const ratio = median(value) / median(limit);
    return {
      bench: 'catchup',
      orders: shape.knownOrders,
      latencyMs,
      value: median(value),
      unit: 'blocks/s',
      limit: median(limit),
      ratio,
      range: range(value),
      limitRange: range(limit),
      rssMaxMiB: Math.max(...peaks),
      runs,
      limitFloor: latencyMs > loopbackMs ? [] : [{ what: 'blocks/s', found: median(limit), atLeast: 3000 }],
      budgets: [{ what: 'ratio', found: ratio, atLeast, kind: 'time' }],
      more: {
        blocks: shape.blocks,
        'events a block': expected.events / shape.blocks,
        'processor µs a block': median(values.map(processor)),
        'of the limit': median(limits.map(processor)),
      },
    };
  } finally {
    server.kill('SIGKILL');
  }
}

function speed({ blocksPerSecond }: Pace): number {
  return blocksPerSecond;
}

function processor({ cpuUsPerBlock }: Pace): number {
  return cpuUsPerBlock;
}

async function runLimit(task: ChildTask, expected: Expected, signal: AbortSignal): Promise<Pace> {
  const { output } = await runChild<LimitResult>(new URL('./limit-child.js', import.meta.url), task, signal);
  if (output.events !== expected.events || output.orders !== expected.orders)
    throw new Error(
      `the limit saw ${output.events} events and ${output.orders} orders, not ${expected.events} and ${expected.orders}`,
    );
  return output;
}

async function runBot(task: ChildTask, expected: Expected, settings: BenchSettings): Promise<ChildResult<BotResult>> {
  const dataDir = await madeDatabase(task.shape.knownOrders, settings);
  try {
    const bot: BotTask = { ...task, dataDir };
    const result = await runChild<BotResult>(
      new URL('./bot-child.js', import.meta.url),
      bot,
      settings.signal,
      botNodeOptions,
    );
    await check(dataDir, task.shape, expected, result.output.cursor);
    return result;
  } finally {
    await rm(dataDir, { recursive: true });
  }
}

async function startChain(
  shape: ChainShape,
  latencyMs: number,
  signal: AbortSignal,
): Promise<{ readonly server: ChildProcess; readonly url: string }> {
  const added = latencyMs > loopbackMs ? latencyMs : 0;
  const server = startChild(new URL('./chain-child.js', import.meta.url), { shape, latencyMs: added });
  try {
    const [{ url }] = (await once(server, 'message', { signal })) as [{ url: string }];
    return { server, url };
  } catch (error) {
    server.kill('SIGKILL');
    throw error;
  }
}
