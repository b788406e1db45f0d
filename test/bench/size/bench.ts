import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Bench, BenchSettings, Figure } from '../harness/bench.ts';
import { botNodeOptions, runChild } from '../harness/child.ts';
import type { DailyWalk, SizeInput, SizeOutput } from './measured.ts';

const child = new URL('./size-child.js', import.meta.url);
const MIB = 1024 ** 2;
/** The first, two of the same block, and two of later days. */
const walks = 5;

export const sizeBench: Bench = {
  name: 'size',
  about:
    'bytes a row after walks and a week of events, what unchanged walks write, and the longest write-ahead log on the way',
  takes: ['orders'],
  async run(settings, report) {
    const orders = settings.orders ?? (settings.scale === 'small' ? 40_000 : 1_000_000);
    const { output, rssMaxMiB } = await measure(orders, settings);
    check(orders, output);
    const bytesPerRow = output.fileBytes / output.rows;
    const shareOfFirst = output.unchangedWalkBytes / output.firstWalkBytes;
    report({
      bench: 'size',
      orders,
      latencyMs: 0,
      value: bytesPerRow,
      unit: 'bytes a row',
      limit: null,
      ratio: null,
      rssMaxMiB,
      runs: 1,
      budgets: [
        { what: 'bytes a row', found: bytesPerRow, atMost: 300, kind: 'count' },
        { what: 'write-ahead log, MiB', found: output.walMaxBytes / MIB, atMost: 32, kind: 'count' },
        { what: 'written by an unchanged walk, to the first', found: shareOfFirst, atMost: 0.01, kind: 'count' },
      ],
      more: {
        rows: output.rows,
        'with an owner': output.ownedRows,
        owners: output.owners,
        'free pages MiB': output.freeBytes / MIB,
        'first walk wrote MiB': output.firstWalkBytes / MIB,
        'unchanged walk wrote MiB': output.unchangedWalkBytes / MIB,
        ordered: output.ordered,
        closed: output.closed,
        changed: output.changed,
        ...Object.fromEntries(output.parts.map(({ name, bytesPerRow: bytes }) => [name, bytes])),
      },
    });
    report(dailyFigure(orders, 'a walk of the next day, nothing changed', output.dayWithShare, output));
    report(dailyFigure(orders, 'the same without its share of old values', output.dayWithoutShare, output));
  },
};

/** No budget: what is read again is written, because its block says how old it is. */
function dailyFigure(orders: number, part: string, walk: DailyWalk, { firstWalkBytes }: SizeOutput): Figure {
  const { writtenBytes, readAgain } = walk;
  return {
    bench: 'size',
    part,
    orders,
    latencyMs: 0,
    value: writtenBytes / MIB,
    unit: 'MiB written',
    limit: null,
    ratio: null,
    rssMaxMiB: null,
    runs: 1,
    budgets: [],
    more: {
      'values read again': readAgain,
      'of the orders': readAgain / orders,
      'written, to the first walk': writtenBytes / firstWalkBytes,
      'bytes written a value': writtenBytes / Math.max(1, readAgain),
    },
  };
}

async function measure(
  orders: number,
  { signal }: BenchSettings,
): Promise<{ readonly output: SizeOutput; readonly rssMaxMiB: number }> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'smanager-bench-'));
  try {
    return await runChild<SizeOutput>(child, { dataDir, orders } satisfies SizeInput, signal, botNodeOptions);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

function check(orders: number, output: SizeOutput): void {
  const { rows, ordered, closed, changed, decided, ownedRows, dayWithShare } = output;
  const { readAgain } = dayWithShare;
  if (output.walks !== walks) throw new Error(`${output.walks} walks were complete, ${walks} were made`);
  if (rows !== orders + ordered) throw new Error(`${rows} rows, but ${orders} walked and ${ordered} ordered`);
  if (ownedRows !== rows) throw new Error(`${ownedRows} of ${rows} orders have an owner`);
  // A sixth by turns, which take a week less an interval and an hour, and what might be taken soon.
  if (readAgain < 0.1 * orders || readAgain > 0.25 * orders)
    throw new Error(`the walk of a day read ${readAgain} of ${orders} values again`);
  if (decided < rows || closed === 0 || changed < 5 * closed * 0.9)
    throw new Error(`decided ${decided}, closed ${closed}, changed ${changed}: the week did not pass`);
}
