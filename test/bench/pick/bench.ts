import { rm } from 'node:fs/promises';
import path from 'node:path';
import times from 'lodash/times.js';
import { databaseFileName } from '../../../src/store/database.ts';
import { BenchChain } from '../chain/bench-chain.ts';
import { madeDatabase } from '../database/made-database.ts';
import { RawConnection } from '../database/raw.ts';
import type { Bench, BenchSettings, Budget, Figure } from '../harness/bench.ts';
import { type ChildResult, runChild, botNodeOptions } from '../harness/child.ts';
import { median, quantile, range } from '../harness/stats.ts';
import type { PickInput, PickOutput } from './measured.ts';

const child = new URL('./pick-child.js', import.meta.url);
const smallest = 100_000;
/**
 * The bot runs for months, so that what happens once in a process is none of its hundredth worst picks: for more than ten thousand picks the engine
 * compiles what has become hot, on the core that the driver's threads would use, and the heap grows. Other databases are used up for that.
 */
const warmUpCopies = 6;
/** On the measured one: until its log has its length. Picks then come without a pause, so that each run still meets several checkpoints. */
const warmUp = 600;
const picksAlone = 2000;
/** Beside a walk, which is not waited for. */
const warmUpBesidesWalk = 30;
/**
 * The chain has as many orders as the database, as it has in the field: a page of keys is held against the rows of its range, and a chain of fewer
 * would have its keys lie so far apart that each page meets many times its number. Fewer than these are walked before the picks are done.
 */
const fewestWalked = 400_000;

export const pickBench: Bench = {
  name: 'pick',
  about:
    'choose, claim and record one order after the other, without the wait in which the bot lets claims share a transaction; alone, and while a walk runs in the same process',
  takes: ['orders', 'runs'],
  async run(settings, report) {
    const isSmall = settings.scale === 'small';
    const sizes = sizesOf(settings);
    const medians = new Map<number, number>();
    for (const orders of sizes) {
      const picks = isSmall ? { warmUp: 30, picks: 100 } : { warmUp, picks: picksAlone };
      const copies = [orders, ...(isSmall ? [] : times(warmUpCopies, () => smallest))];
      const alone = await runEach(settings.runs ?? (isSmall ? 1 : 5), async () =>
        withDatabases(
          copies,
          settings,
          async ([dataDir = '', ...warmUpDirs]) =>
            await measure({ dataDir, warmUpDirs, ...picks, url: undefined }, settings),
        ),
      );
      const p50 = median(alone.map(({ output }) => median(output.picksMs)));
      medians.set(orders, p50);
      report(aloneFigure(orders, alone, p50, medians.get(smallest)));
      const beside = await runEach(settings.runs ?? (isSmall || orders > 1_000_000 ? 1 : 3), async () =>
        withDatabases([orders], settings, async ([dataDir = '']) =>
          withWalk(dataDir, Math.max(orders, isSmall ? 50_000 : fewestWalked), settings),
        ),
      );
      report(besideFigure(orders, beside));
      if (orders > fewestWalked) report(sparseFigure(orders, await besidesSparseWalk(orders, settings)));
    }
  },
};

function sizesOf({ scale, orders }: BenchSettings): readonly number[] {
  if (orders !== undefined) return orders === smallest ? [smallest] : [smallest, orders];
  if (scale === 'small') return [20_000];
  return scale === 'full' ? [smallest, 1_000_000, 5_000_000] : [smallest, 1_000_000];
}

async function runEach<T>(runs: number, run: () => Promise<T>): Promise<readonly T[]> {
  const results: T[] = [];
  for (let done = 0; done < runs; done += 1) results.push(await run());
  return results;
}

/** Copies of their own for each run: a database of 100,000 orders has no queue for all of them. */
async function withDatabases<T>(
  sizes: readonly number[],
  settings: BenchSettings,
  work: (dataDirs: readonly string[]) => Promise<T>,
): Promise<T> {
  const dataDirs: string[] = [];
  try {
    for (const orders of sizes) dataDirs.push(await madeDatabase(orders, settings));
    return await work(dataDirs);
  } finally {
    for (const dataDir of dataDirs) await rm(dataDir, { recursive: true, force: true });
  }
}

async function measure(input: PickInput, { scale, signal }: BenchSettings): Promise<ChildResult<PickOutput>> {
  const file = path.join(input.dataDir, databaseFileName);
  const before = await pulling(file);
  const result = await runChild<PickOutput>(child, input, signal, botNodeOptions);
  const done = result.output.picksMs.length;
  const claimed = (await pulling(file)) - before;
  // Fewer have no hundredth worst; a small run judges none.
  const least = Math.min(input.picks, scale === 'small' ? 5 : 300);
  if (done < least || claimed !== input.warmUp + done)
    throw new Error(`${done} picks were measured, ${claimed} orders are claimed`);
  return result;
}

/** Orders that are being pulled by their own word and by their record's. */
async function pulling(file: string): Promise<number> {
  const connection = await RawConnection.open(file);
  try {
    const orders = await connection.number("SELECT COUNT(*) FROM file_record WHERE status = 'pulling'");
    const records = await connection.number("SELECT COUNT(*) FROM pin_record WHERE status = 'running'");
    if (orders !== records) throw new Error(`${orders} orders are being pulled by ${records} records`);
    return orders;
  } finally {
    await connection.close();
  }
}

function aloneFigure(
  orders: number,
  results: readonly ChildResult<PickOutput>[],
  p50: number,
  smallestP50: number | undefined,
): Figure {
  const p99s = results.map(({ output }) => quantile(output.picksMs, 0.99));
  const growth: Budget[] =
    smallestP50 === undefined || orders === smallest
      ? []
      : [{ what: `median to that of ${smallest} orders`, found: p50 / smallestP50, atMost: 2, kind: 'time' }];
  return {
    bench: 'pick',
    part: 'alone',
    orders,
    latencyMs: 0,
    value: median(p99s),
    unit: 'ms p99',
    limit: null,
    ratio: null,
    range: range(p99s),
    rssMaxMiB: Math.max(...results.map(({ rssMaxMiB }) => rssMaxMiB)),
    runs: results.length,
    budgets: [{ what: 'p99, ms', found: median(p99s), atMost: 2, kind: 'time' }, ...growth],
    more: {
      'p50 ms': p50,
      'worst ms': Math.max(...results.flatMap(({ output }) => output.picksMs)),
      'empty transaction of the driver ms': median(results.flatMap(({ output }) => output.emptyMs)),
    },
  };
}

/** What a node that shows a fraction of the orders does to picks: each page of its keys is held against many times as many rows. */
async function besidesSparseWalk(orders: number, settings: BenchSettings): Promise<ChildResult<PickOutput>> {
  return await withDatabases([orders], settings, async ([dataDir = '']) => withWalk(dataDir, fewestWalked, settings));
}

async function withWalk(dataDir: string, orders: number, settings: BenchSettings): Promise<ChildResult<PickOutput>> {
  await forgetWalks(path.join(dataDir, databaseFileName));
  const chain = await BenchChain.start({ orders }, settings.signal);
  try {
    const picks = settings.scale === 'small' ? 60 : 600;
    const input = { dataDir, warmUpDirs: [], picks, warmUp: warmUpBesidesWalk, url: chain.url };
    const result = await measure(input, settings);
    if ((result.output.walked?.orders ?? 0) === 0) throw new Error('the walk did not move while orders were picked');
    return result;
  } finally {
    await chain.close();
  }
}

function besideFigure(orders: number, results: readonly ChildResult<PickOutput>[]): Figure {
  const p99s = results.map(({ output }) => quantile(output.picksMs, 0.99));
  const rates = results.flatMap(({ output: { walked } }) =>
    walked === undefined ? [] : [(1000 * walked.orders) / walked.ms],
  );
  const picks = results.flatMap(({ output }) => output.picksMs);
  return {
    bench: 'pick',
    part: 'while a walk runs',
    orders,
    latencyMs: 0,
    value: median(p99s),
    unit: 'ms p99',
    limit: null,
    ratio: null,
    range: range(p99s),
    rssMaxMiB: Math.max(...results.map(({ rssMaxMiB }) => rssMaxMiB)),
    runs: results.length,
    budgets: [{ what: 'p99, ms', found: median(p99s), atMost: 50, kind: 'time' }],
    more: {
      picks: picks.length,
      'p50 ms': median(picks),
      'worst ms': Math.max(...picks),
      'walked orders/s': Math.round(median(rates)),
    },
  };
}

function sparseFigure(orders: number, result: ChildResult<PickOutput>): Figure {
  return { ...besideFigure(orders, [result]), part: `while a walk over ${fewestWalked} orders runs`, budgets: [] };
}

/** The walk that a made database says it has had was of another chain. Its orders are newer than this chain's blocks, so that none of them is missed. */
async function forgetWalks(file: string): Promise<void> {
  const connection = await RawConnection.open(file);
  try {
    await connection.all('DELETE FROM walk');
  } finally {
    await connection.close();
  }
}
