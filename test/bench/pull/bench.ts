import { KIB, MIB } from '../../../src/domain/units.ts';
import type { Bench, BenchSettings, Figure } from '../harness/bench.ts';
import { interleavedPairs } from '../harness/pairs.ts';
import { median, quantile, range } from '../harness/stats.ts';
import type { BotPulled, PulledFiles } from './ordered-file.ts';
import { PullBenchWorld } from './pull-world.ts';

const concurrency = 32;
/** With it the bot runs 32 small files at once: it keeps one of its large slots free of them. */
const maxPendingTasks = 33;
const linkBytesPerSecond = 100 * MIB;

interface Line {
  readonly part: string;
  readonly files: number;
  readonly sizeBytes: number;
  readonly linkBytesPerSecond: number | undefined;
  readonly unit: 'files/s' | 'bytes/s';
  readonly runs: number;
  readonly leastRatio: number;
  /** What `pin/add` alone must reach on a quiet machine of this kind, in the line's unit. */
  readonly limitFloor?: number;
}

function linesOf({ scale, runs, orders }: BenchSettings): readonly Line[] {
  const isSmall = scale === 'small';
  const pairs = runs ?? (isSmall ? 1 : 5);
  const small = { part: 'small', sizeBytes: 4 * KIB, linkBytesPerSecond: undefined, unit: 'files/s' } as const;
  const large = { part: 'large', linkBytesPerSecond, unit: 'bytes/s' } as const;
  const lines: Line[] = [
    { ...small, files: orders ?? (isSmall ? 60 : 2000), runs: pairs, leastRatio: 0.75, limitFloor: 450 },
    { ...large, files: isSmall ? 2 : 20, sizeBytes: (isSmall ? 8 : 64) * MIB, runs: pairs, leastRatio: 0.97 },
  ];
  // A number of orders is one of small files.
  return orders === undefined ? lines : lines.slice(0, 1);
}

export const pullBench: Bench = {
  name: 'pull',
  about: 'orders on chain read, decided, pulled, sealed and handled, against pin/add alone through the same daemon',
  takes: ['orders', 'runs'],
  async run(settings, report) {
    for (const line of linesOf(settings)) report(await measured(line, settings));
  },
};

async function measured(line: Line, settings: BenchSettings): Promise<Figure> {
  const { say, signal } = settings;
  const world = await PullBenchWorld.start({ linkBytesPerSecond: line.linkBytesPerSecond, signal });
  try {
    say(`pull ${line.part}: the customers' node takes ${line.files} files`);
    const files = await world.addFiles(`bench ${line.part}`, line.files, line.sizeBytes);
    // Both sides have pulled before, as a bot has that runs for months: it takes thousands of pulls until the engine has compiled what they go through.
    const warm = await world.addFiles('warm', Math.min(2000, line.files), 4 * KIB);
    await world.pinBare(warm, concurrency);
    await world.pullByBot(warm, maxPendingTasks);
    const { limits, values } = await interleavedPairs(
      line.runs,
      async () => told(line, 'pin/add', await world.pinBare(files, concurrency), say),
      async () => told(line, 'bot', await world.pullByBot(files, maxPendingTasks), say),
    );
    return figure(line, limits, values);
  } finally {
    await world.close();
  }
}

function rate(line: Line, { elapsedMs }: PulledFiles): number {
  const amount = line.unit === 'files/s' ? line.files : line.files * line.sizeBytes;
  return amount / (elapsedMs / 1000);
}

function told<T extends PulledFiles>(line: Line, side: string, pulled: T, say: BenchSettings['say']): T {
  const { elapsedMs, cpuMs, allCpuMs } = pulled;
  const parts = [
    `${Math.round(rate(line, pulled))} ${line.unit}`,
    `${Math.round(elapsedMs)} ms`,
    `CPU a file ${(cpuMs / line.files).toFixed(2)} ms`,
    `of all ${((allCpuMs ?? Number.NaN) / line.files).toFixed(2)} ms`,
  ];
  say(`${side}: ${parts.join(', ')}`);
  return pulled;
}

function figure(line: Line, limits: readonly PulledFiles[], values: readonly BotPulled[]): Figure {
  const bare = limits.map((each) => rate(line, each));
  const bot = values.map((each) => rate(line, each));
  // Of each pair, because what else the machine does meets both of it.
  const ratio = median(bot.map((each, index) => each / (bare[index] ?? Number.NaN)));
  const confirmedMs = values.flatMap((each) => each.confirmedMs);
  const confirmedP99Ms = quantile(confirmedMs, 0.99);
  return {
    bench: 'pull',
    part: line.part,
    orders: line.files,
    latencyMs: 0,
    value: median(bot),
    unit: line.unit,
    limit: median(bare),
    ratio,
    range: range(bot),
    limitRange: range(bare),
    limitFloor:
      line.limitFloor === undefined
        ? []
        : [{ what: `pin/add, ${line.unit}`, found: median(bare), atLeast: line.limitFloor }],
    rssMaxMiB: Math.max(...values.map((each) => each.rssMaxMiB)),
    runs: line.runs,
    budgets: [
      { what: 'ratio', found: ratio, atLeast: line.leastRatio, kind: 'time' },
      { what: 'answer of the daemon to handled, p99, ms', found: confirmedP99Ms, atMost: 1000, kind: 'time' },
    ],
    more: {
      cpuMsAFile: median(values.map(({ cpuMs }) => cpuMs / line.files)),
      bareCpuMsAFile: median(limits.map(({ cpuMs }) => cpuMs / line.files)),
      ...allCpu(limits, values, line.files),
      'of it walk and decision, s': median(values.map(({ queuedInMs }) => queuedInMs)) / 1000,
      confirmedMedianMs: median(confirmedMs),
    },
  };
}

/** With every core busy the ratio is one of processor time, which other work on the machine disturbs less than the clock. */
function allCpu(
  limits: readonly PulledFiles[],
  values: readonly PulledFiles[],
  files: number,
): Readonly<Record<string, number>> {
  const bare = limits.flatMap(({ allCpuMs }) => allCpuMs ?? []);
  const bot = values.flatMap(({ allCpuMs }) => allCpuMs ?? []);
  if (bare.length === 0 || bot.length === 0) return {};
  const [bareMs, botMs] = [median(bare), median(bot)];
  return { allCpuMsAFile: botMs / files, bareAllCpuMsAFile: bareMs / files, cpuRatio: bareMs / botMs };
}
