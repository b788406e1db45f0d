import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { databaseFileName } from '../../../src/store/database.ts';
import { madeDatabase } from '../database/made-database.ts';
import { RawConnection } from '../database/raw.ts';
import type { Bench, BenchSettings, Figure } from '../harness/bench.ts';
import { runChild, startChild, botNodeOptions } from '../harness/child.ts';
import { measuredStart, stopped } from '../start/measured-start.ts';
import { restDatabase } from '../start/rested-database.ts';
import type { WorldAround, WorldWish } from '../start/world-around.ts';
import { excuseOf, isOfStart, isOfTransaction, isPlanless, readCatalogue } from './catalogue.ts';
import type { DriveInput, DriveOutput } from './measured.ts';
import { type Plan, planOf } from './plans.ts';
import type { RecordedStatement } from './recorder.ts';

const slowMs = 50;
/** Behind the head of a made database, at the beginning of a report slot. */
const firstBlock = 16_000_200;
const botMain = fileURLToPath(new URL('../../../src/main.js', import.meta.url));
const recording = new URL('./recording-child.js', import.meta.url).href;

interface Measured {
  readonly sql: string;
  readonly room: string;
  /** The worst of all, in the drive's runs and in the running bot. */
  readonly worstMs: number;
}

interface Judged extends Measured {
  readonly plan: Plan;
}

export const statementsBench: Bench = {
  name: 'statements',
  about: 'every statement that the running bot repeats: its plan, and the longest that SQLite takes over it',
  takes: ['orders', 'runs'],
  async run(settings, report) {
    const { scale } = settings;
    const usual = { small: 20_000, normal: 1_000_000, full: 5_000_000 }[scale];
    const orders = settings.orders ?? usual;
    const dataDir = await madeDatabase(orders, settings);
    try {
      const driven = await drivenStatements(dataDir, settings);
      const lived = await livedStatements(dataDir, settings);
      const judged = await judgeAll(dataDir, slowerOfEach([...driven, ...lived]));
      report(await figureOf(orders, judged, settings));
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  },
};

function slowerOfEach(statements: readonly Measured[]): readonly Measured[] {
  const slowest = new Map<string, Measured>();
  for (const statement of statements) {
    const { room, worstMs } = slowest.get(statement.sql) ?? statement;
    slowest.set(statement.sql, { ...statement, room, worstMs: Math.max(worstMs, statement.worstMs) });
  }
  return [...slowest.values()];
}

function runsOf({ scale, runs }: BenchSettings): number {
  return runs ?? (scale === 'small' ? 1 : 3);
}

async function drivenStatements(dataDir: string, settings: BenchSettings): Promise<readonly Measured[]> {
  const runs = runsOf(settings);
  const child = new URL('./drive-child.js', import.meta.url);
  const { output } = await runChild<DriveOutput>(child, { dataDir, runs } satisfies DriveInput, settings.signal);
  const found = new Map<string, { room: string; times: number[] }>();
  for (const run of output.runs) {
    for (const { sql, room, worstMs } of run) {
      const before = found.get(sql) ?? { room, times: [] };
      found.set(sql, { room: before.room, times: [...before.times, worstMs] });
    }
  }
  return [...found].map(([sql, { room, times }]) => ({ sql, room, worstMs: Math.max(...times) }));
}

/** Those of the bot as an operator starts it, with a world around it, for a while. */
async function livedStatements(dataDir: string, settings: BenchSettings): Promise<readonly Measured[]> {
  const wish: WorldWish = { dataDir, firstBlock, members: 4, activeNodes: 2000 };
  const world = startChild(new URL('../start/world-child.js', import.meta.url), wish);
  try {
    const [around] = (await once(world, 'message', { signal: settings.signal })) as [WorldAround];
    const configPath = await restDatabase(dataDir, around);
    const file = path.join(dataDir, 'statements.json');
    const env = { SMANAGER_CONFIG: configPath, BENCH_STATEMENTS_FILE: file };
    const { child } = await measuredStart(
      [...botNodeOptions, '--import', recording, botMain, 'run'],
      env,
      settings.signal,
    );
    await delay(settings.scale === 'small' ? 3000 : 20_000, undefined, { signal: settings.signal });
    const code = await stopped(child);
    if (code !== 0) throw new Error(`the bot ended with ${code}`);
    const recorded = JSON.parse(await readFile(file, 'utf8')) as readonly RecordedStatement[];
    if (recorded.length < 20) throw new Error(`the bot ran ${recorded.length} statements: nothing was recorded`);
    return recorded.map(({ sql, worstMs }) => ({ sql, worstMs, room: 'bot' }));
  } finally {
    world.disconnect();
    await once(world, 'exit');
  }
}

async function judgeAll(dataDir: string, statements: readonly Measured[]): Promise<readonly Judged[]> {
  const connection = await RawConnection.open(path.join(dataDir, databaseFileName));
  try {
    const judged: Judged[] = [];
    for (const statement of statements) {
      if (isOfStart(statement.sql)) continue;
      const plan = isPlanless(statement.sql)
        ? { text: 'no plan', faults: [] }
        : await planOf(connection, statement.sql.replaceAll('(?, …)', '(?, ?)'));
      judged.push({ ...statement, plan });
    }
    return judged.toSorted((a, b) => b.worstMs - a.worstMs);
  } finally {
    await connection.close();
  }
}

async function figureOf(orders: number, judged: readonly Judged[], settings: BenchSettings): Promise<Figure> {
  const { cacheDir, say } = settings;
  const catalogue = readCatalogue();
  const shown = new Set(judged.map(({ sql }) => sql));
  const named = judged.filter(({ sql }) => !isOfTransaction(sql));
  const unknown = named.filter(({ sql }) => !catalogue.has(sql));
  const unseen = [...catalogue].filter(([sql]) => !shown.has(sql));
  const faulty = judged.filter(({ plan }) => plan.faults.length > 0);
  const timed = judged.filter(({ sql }) => excuseOf(sql) === undefined);
  const excused = judged.filter(({ sql }) => excuseOf(sql) !== undefined);
  const slow = timed.filter(({ worstMs }) => worstMs > slowMs);
  const slowestMs = timed[0]?.worstMs ?? 0;
  for (const { sql, room, worstMs, plan } of judged)
    say(`${worstMs.toFixed(2)} ms ${room}: ${sql}\n      ${plan.text}`);
  for (const { sql, plan } of faulty) say(`WALKS OR SORTS: ${sql}\n      ${plan.faults.join('; ')}`);
  for (const { sql, worstMs } of slow) say(`SLOW, ${worstMs.toFixed(1)} ms: ${sql}`);
  for (const { sql, room } of unknown) say(`NOT IN THE CATALOGUE: ${room}: ${sql}`);
  for (const [sql, room] of unseen) say(`IN THE CATALOGUE AND NOT RUN: ${room}: ${sql}`);
  const names = named.map(({ sql, room }) => `${catalogue.get(sql) ?? room}: ${sql}`);
  // In the catalogue's own format, for whoever reviews what is new.
  await writeFile(path.join(cacheDir, 'statements.txt'), `${names.toSorted().join('\n')}\n`);
  return {
    bench: 'statements',
    orders,
    latencyMs: 0,
    value: slowestMs,
    unit: 'ms for the slowest',
    limit: null,
    ratio: null,
    rssMaxMiB: null,
    runs: runsOf(settings),
    budgets: [
      { what: 'slowest, ms', found: slowestMs, atMost: slowMs, kind: 'time' },
      { what: 'that walk a table or sort through a tree', found: faulty.length, atMost: 0, kind: 'count' },
      { what: 'that are not in the catalogue', found: unknown.length, atMost: 0, kind: 'count' },
      { what: 'of the catalogue that were not run', found: unseen.length, atMost: 0, kind: 'count' },
    ],
    more: {
      statements: judged.length,
      ...Object.fromEntries(
        excused.map(({ sql, worstMs }) => [`not judged: ${sql}`, `${worstMs.toFixed(0)} ms, ${excuseOf(sql)}`]),
      ),
    },
  };
}
