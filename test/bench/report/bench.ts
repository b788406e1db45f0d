import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ChildProcess } from 'node:child_process';
import type { Bench, BenchSettings, Figure } from '../harness/bench.ts';
import { runChild, startChild, botNodeOptions } from '../harness/child.ts';
import { median, quantile, range } from '../harness/stats.ts';
import { interleavedPairs } from '../harness/pairs.ts';
import { assertFirst, assertLater } from './expected.ts';
import { madeNode } from './made-node.ts';
import type { MeasuredRound, SealInput, SealOutput } from './seal-child.ts';
import { pendingFiles, type World } from './world.ts';

interface Received {
  readonly files: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly aboveIdleMiB: number;
}

const sizes = {
  small: { orders: 12_000, held: 6_000 },
  normal: { orders: 1_000_000, held: 400_000 },
  full: { orders: 1_000_000, held: 400_000 },
} as const;

export const reportBench: Bench = {
  name: 'report',
  about: "one round of the seal updater over sWorker's whole list of files, against receiving and parsing the list",
  takes: ['orders', 'runs'],
  async run(settings, report) {
    const world = worldOf(settings);
    const server = startChild(new URL('./sworker-child.js', import.meta.url), world);
    const folders: string[] = [];
    try {
      const sworkerUrl = await urlOf(server);
      const dataDir = await madeNode(world, settings);
      folders.push(dataDir);
      settings.say('the first round of a node that was never asked what it holds');
      const first = await measure({ dataDir, sworkerUrl, isFirst: true, rounds: [firstRound] }, settings);
      assertFirst(first.rounds[0]?.counts, world);
      report(firstFigure(first, world));
      const runs = settings.runs ?? (settings.scale === 'small' ? 1 : 3);
      const { limits, values } = await interleavedPairs(
        runs,
        async () =>
          (await runChild<Received>(new URL('./receive-child.js', import.meta.url), { sworkerUrl }, settings.signal))
            .output,
        async () => {
          const copy = await mkdtemp(path.join(tmpdir(), 'smanager-bench-'));
          folders.push(copy);
          await cp(dataDir, copy, { recursive: true });
          const output = await measure({ dataDir: copy, sworkerUrl, isFirst: false, rounds: laterRounds }, settings);
          assertLater(
            output.rounds.map((round) => round.counts),
            world,
          );
          await rm(copy, { recursive: true });
          return output;
        },
      );
      report(laterFigure(limits, values, world));
    } finally {
      server.kill('SIGKILL');
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    }
  },
};

const firstRound = { moment: 'before', withPicks: true } as const;
/** Unchanged without picks, to see what is written; the same with picks; changes; and what follows from them. */
const laterRounds = [
  { moment: 'before', withPicks: false },
  { moment: 'before', withPicks: true },
  { moment: 'changed', withPicks: true },
  { moment: 'again', withPicks: true },
] as const;

function worldOf({ scale, orders }: BenchSettings): World {
  if (orders === undefined) return sizes[scale];
  return { orders, held: Math.min(sizes.normal.held, Math.floor(orders / 2)) };
}

async function urlOf(server: ChildProcess): Promise<string> {
  const ended = once(server, 'exit').then(([code]) => {
    throw new Error(`sWorker's side ended with ${String(code)}`);
  });
  const [message] = (await Promise.race([once(server, 'message'), ended])) as [{ port: number }];
  return `http://127.0.0.1:${message.port}`;
}

async function measure(input: SealInput, settings: BenchSettings): Promise<SealOutput> {
  return (
    await runChild<SealOutput>(new URL('./seal-child.js', import.meta.url), input, settings.signal, botNodeOptions)
  ).output;
}

const p99 = (rounds: readonly MeasuredRound[]): number =>
  quantile(
    rounds.flatMap((round) => round.picksMs),
    0.99,
  );
const highest = (rounds: readonly MeasuredRound[]): number => Math.max(...rounds.map((round) => round.aboveIdleMiB));

function firstFigure({ rounds, quietPicksMs, idleMiB }: SealOutput, world: World): Figure {
  const seconds = rounds[0]?.seconds ?? 0;
  return {
    bench: 'report',
    part: 'first',
    orders: world.orders,
    latencyMs: 0,
    value: seconds,
    unit: 's',
    limit: null,
    ratio: null,
    rssMaxMiB: idleMiB + highest(rounds),
    runs: 1,
    budgets: [
      { what: 'first round, s', found: seconds, atMost: 15, kind: 'time' },
      { what: 'above idle, MiB', found: highest(rounds), atMost: 60, kind: 'memory' },
      { what: 'pick meanwhile, p99 ms', found: p99(rounds), atMost: 50, kind: 'time' },
    ],
    more: {
      files: world.held,
      cpuS: rounds[0]?.cpuSeconds ?? 0,
      pickMedianMs: median(rounds[0]?.picksMs ?? []),
      quietPickP99Ms: quantile(quietPicksMs, 0.99),
    },
  };
}

function laterFigure(limits: readonly Received[], values: readonly SealOutput[], world: World): Figure {
  const received = limits.map(({ seconds }) => seconds);
  const rounds = values.flatMap((value) => value.rounds);
  const withPicks = rounds.filter(({ picksMs }) => picksMs.length > 0);
  const unchanged = values.flatMap((value) => value.rounds.slice(0, 1));
  const seconds = rounds.map((round) => round.seconds);
  const writtenKib = Math.max(...unchanged.map((round) => round.writtenKib));
  return {
    bench: 'report',
    orders: world.orders,
    latencyMs: 0,
    value: median(seconds),
    unit: 's',
    limit: median(received),
    ratio: median(received) / median(seconds),
    range: range(seconds),
    limitRange: range(received),
    rssMaxMiB: Math.max(...values.map((value) => value.idleMiB + highest(value.rounds))),
    runs: values.length,
    budgets: [
      { what: 'a round, s', found: median(seconds), atMost: 5, kind: 'time' },
      { what: 'above idle, MiB', found: highest(rounds), atMost: 60, kind: 'memory' },
      { what: 'pick meanwhile, p99 ms', found: p99(withPicks), atMost: 50, kind: 'time' },
      { what: 'written by an unchanged round, KiB', found: writtenKib, atMost: 256, kind: 'count' },
    ],
    more: {
      files: world.held,
      pending: pendingFiles,
      roundsARun: values[0]?.rounds.length ?? 0,
      listMB: (limits[0]?.bytes ?? 0) / 1e6,
      limitAboveIdleMiB: Math.max(...limits.map((limit) => limit.aboveIdleMiB)),
      cpuS: median(rounds.map((round) => round.cpuSeconds)),
      unchangedAloneS: median(unchanged.map((round) => round.seconds)),
      pickMedianMs: median(withPicks.flatMap((round) => round.picksMs)),
      quietPickP99Ms: quantile(
        values.flatMap((value) => value.quietPicksMs),
        0.99,
      ),
    },
  };
}
