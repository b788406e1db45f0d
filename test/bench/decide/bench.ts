import { rm } from 'node:fs/promises';
import path from 'node:path';
import { CID } from 'multiformats/cid';
import { databaseFileName } from '../../../src/store/database.ts';
import { madeDatabase } from '../database/made-database.ts';
import { madeBasis } from '../database/made-orders.ts';
import { RawConnection } from '../database/raw.ts';
import type { Bench, BenchSettings, Figure } from '../harness/bench.ts';
import { type ChildResult, runChild, botNodeOptions } from '../harness/child.ts';
import { interleavedPairs } from '../harness/pairs.ts';
import { median, quantile, range } from '../harness/stats.ts';
import { type DecideInput, membersAfter, type RevisionOutput, type RulesOutput } from './measured.ts';

const child = new URL('./decide-child.js', import.meta.url);

export const decideBench: Bench = {
  name: 'decide',
  about: 'verdicts by the rules on stored rows, and what a new member of the group costs',
  takes: ['orders', 'runs'],
  async run(settings, report) {
    for (const orders of sizesOf(settings)) {
      report(await rules(orders, settings));
      report(await revision(orders, settings));
    }
  },
};

function sizesOf({ scale, orders }: BenchSettings): readonly number[] {
  if (orders !== undefined) return [orders];
  if (scale === 'small') return [20_000];
  return scale === 'full' ? [100_000, 1_000_000, 5_000_000] : [100_000, 1_000_000];
}

/** Runs a piece on a private copy of the database, which `look` may still see afterwards. */
async function piece<T>(
  part: DecideInput['part'],
  orders: number,
  settings: BenchSettings,
  look: (dataDir: string) => Promise<void> = async () => undefined,
): Promise<ChildResult<T>> {
  const dataDir = await madeDatabase(orders, settings);
  try {
    const result = await runChild<T>(
      child,
      { dataDir, part, orders } satisfies DecideInput,
      settings.signal,
      botNodeOptions,
    );
    await look(dataDir);
    return result;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

function runsOf({ scale, runs }: BenchSettings, orders: number): number {
  return runs ?? (scale === 'small' || orders > 1_000_000 ? 1 : 3);
}

async function rules(orders: number, settings: BenchSettings): Promise<Figure> {
  const runs = runsOf(settings, orders);
  const results: ChildResult<RulesOutput>[] = [];
  for (let run = 0; run < runs; run += 1) {
    const result = await piece<RulesOutput>('rules', orders, settings);
    const { byVerdict } = result.output;
    const decided = Object.values(byVerdict).reduce((sum, count) => sum + count, 0);
    const notOurs = (byVerdict['not-ours'] ?? 0) / decided;
    // Three of four members are others.
    if (decided < 0.9 * orders || Math.abs(notOurs - 0.75) > 0.02)
      throw new Error(`${decided} verdicts, of which ${notOurs} not-ours`);
    results.push(result);
  }
  const rates = results.map(({ output }) => (1000 * output.verdicts) / output.tookMs);
  const rulesAlone = results.map(({ output }) => (1000 * output.verdicts) / output.rulesMs);
  return {
    bench: 'decide',
    part: 'rules, with reading the rows',
    orders,
    latencyMs: 0,
    value: median(rates),
    unit: 'verdicts/s',
    limit: null,
    ratio: null,
    range: range(rates),
    rssMaxMiB: Math.max(...results.map(({ rssMaxMiB }) => rssMaxMiB)),
    runs,
    budgets: [{ what: 'verdicts/s', found: median(rates), atLeast: 300_000, kind: 'time' }],
    more: { 'the rules alone, verdicts/s': median(rulesAlone) },
  };
}

async function revision(orders: number, settings: BenchSettings): Promise<Figure> {
  const runs = runsOf(settings, orders);
  const { limits, values } = await interleavedPairs(
    runs,
    async () => (await piece<number>('limit', orders, settings)).output,
    async () =>
      await piece<RevisionOutput>('revision', orders, settings, async (dataDir) => await checkShares(dataDir, orders)),
  );
  const rates = values.map(({ output }) => (1000 * orders) / output.tookMs);
  const limitRates = limits.map((ms) => (1000 * orders) / ms);
  const seconds = values.map(({ output }) => output.tookMs / 1000);
  const p99 = median(values.map(({ output }) => quantile(output.picksMs, 0.99)));
  const picks = values.flatMap(({ output }) => output.picksMs);
  return {
    bench: 'decide',
    part: 'a member joined, picks meanwhile',
    orders,
    latencyMs: 0,
    value: median(rates),
    unit: 'verdicts revised/s',
    limit: median(limitRates),
    ratio: median(rates) / median(limitRates),
    range: range(rates),
    limitRange: range(limitRates),
    rssMaxMiB: Math.max(...values.map(({ rssMaxMiB }) => rssMaxMiB)),
    runs,
    budgets: [
      { what: 'seconds for a million', found: (median(seconds) * 1e6) / orders, atMost: 20, kind: 'time' },
      { what: 'pick p99, ms', found: p99, atMost: 30, kind: 'time' },
    ],
    more: {
      seconds: median(seconds),
      'rows written': median(values.map(({ output }) => output.changed)),
      picks: picks.length,
      'pick p50 ms': median(picks),
      'worst ms': Math.max(...picks),
    },
  };
}

const sampleRows = 5000;

/** Holds a sample of the rows against the sharing rule in plain big numbers: every order's verdict must be of the new group. */
async function checkShares(dataDir: string, orders: number): Promise<void> {
  const connection = await RawConnection.open(path.join(dataDir, databaseFileName));
  try {
    const rows = await connection.all<{ id: number; cid: string; verdict: string }>(
      `SELECT id, cid, verdict FROM file_record
       WHERE id % ? = 0 AND status IN ('waiting', 'queued') AND verdict NOT IN ('denied', 'bad-cid', 'bad-size')`,
      [Math.max(1, Math.floor(orders / sampleRows))],
    );
    if (rows.length < 500) throw new Error(`a sample of ${rows.length} orders tells nothing`);
    for (const { id, cid, verdict } of rows) {
      const isOurs = memberOf(cid) === madeBasis.ownIndex;
      if (isOurs === (verdict === 'not-ours')) throw new Error(`order ${id} is ${verdict} after the member joined`);
    }
  } finally {
    await connection.close();
  }
}

function memberOf(cid: string): number {
  const hex = Buffer.from(CID.parse(cid).toV1().bytes).toString('hex');
  return Number(BigInt(`0xf${hex}`) % BigInt(membersAfter));
}
