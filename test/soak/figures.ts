import { MIB } from '../../src/domain/units.ts';
import type { Sample } from './sampler.ts';

type Figure = Exclude<keyof Sample, 'atDay' | 'logBytes'> | 'logBytesPerDay';

interface Row {
  readonly figure: Figure;
  readonly inMib?: boolean;
  /** How much more it may be at the end than in the middle; undefined where it grows with what is stored, or follows the load. */
  readonly mostGrowth?: number;
}

/** What is looked at. The bounds are what a process in a steady state moves by, not what it may take. */
const rows: readonly Row[] = [
  { figure: 'rssBytes', inMib: true, mostGrowth: 16 * MIB },
  { figure: 'heapBytes', inMib: true, mostGrowth: 4 * MIB },
  { figure: 'codeBytes', inMib: true },
  { figure: 'externalBytes', inMib: true, mostGrowth: 8 * MIB },
  { figure: 'descriptors', mostGrowth: 8 },
  { figure: 'threads', mostGrowth: 2 },
  { figure: 'timers', mostGrowth: 15 },
  { figure: 'handles', mostGrowth: 15 },
  { figure: 'listeners', mostGrowth: 2 },
  { figure: 'temporaryFiles', mostGrowth: 2 },
  { figure: 'databaseBytes', inMib: true },
  { figure: 'walBytes', inMib: true },
  { figure: 'logBytesPerDay', inMib: true },
];

/** Kept below 32 MiB in normal running, as docs/operating.md says. */
const mostWalBytes = 32 * MIB;

interface Stretch {
  readonly name: 'start' | 'middle' | 'end';
  readonly from: number;
  readonly to: number;
}

/** A tenth of all samples each: one alone may have met a pull or a backup. */
const stretches: readonly Stretch[] = [
  { name: 'start', from: 0, to: 0.1 },
  { name: 'middle', from: 0.45, to: 0.55 },
  { name: 'end', from: 0.9, to: 1 },
];

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** The median of a figure in a stretch of the run. */
function figureIn(samples: readonly Sample[], figure: Figure, { from, to }: Stretch): number {
  const first = Math.floor(from * samples.length);
  const part = samples.slice(first, Math.max(first + 1, Math.ceil(to * samples.length)));
  if (figure !== 'logBytesPerDay') return median(part.map((sample) => sample[figure]));
  const [before, after] = [samples[Math.max(0, first - 1)], part.at(-1)];
  if (before === undefined || after === undefined || after.atDay <= before.atDay) return 0;
  return (after.logBytes - before.logBytes) / (after.atDay - before.atDay);
}

function shown(value: number, { inMib = false }: Row): string {
  return inMib ? (value / MIB).toFixed(2) : String(Math.round(value));
}

/** A line a figure: start, middle, end, and how much it may grow from the middle to the end. */
export function figureLines(samples: readonly Sample[]): readonly string[] {
  const head = ['', ...stretches.map(({ name }) => name), 'may grow by'];
  const body = rows.map((row) => [
    row.inMib === true ? `${row.figure.replace('Bytes', '')} (MiB)` : row.figure,
    ...stretches.map((stretch) => shown(figureIn(samples, row.figure, stretch), row)),
    row.mostGrowth === undefined ? '' : shown(row.mostGrowth, row),
  ]);
  return [head, ...body].map((cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(20) : cell.padStart(12))).join(''),
  );
}

/** What grew more than it may; an empty list when nothing did. */
export function grown(samples: readonly Sample[]): readonly string[] {
  const [, middle, end] = stretches;
  if (middle === undefined || end === undefined) return [];
  const wrong = rows.flatMap((row) => {
    const growth = figureIn(samples, row.figure, end) - figureIn(samples, row.figure, middle);
    if (row.mostGrowth === undefined || growth <= row.mostGrowth) return [];
    return [
      `${row.figure} grew by ${shown(growth, row)} from the middle to the end, more than ${shown(row.mostGrowth, row)}`,
    ];
  });
  const walBytes = Math.max(0, ...samples.map((sample) => sample.walBytes));
  return walBytes <= mostWalBytes ? wrong : [...wrong, `the write-ahead log took ${(walBytes / MIB).toFixed(1)} MiB`];
}
