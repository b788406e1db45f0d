import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { BenchChain } from '../chain/bench-chain.ts';
import type { Bench, BenchSettings } from '../harness/bench.ts';
import { runChild, botNodeOptions } from '../harness/child.ts';
import type { SizeInput, SizeOutput } from './measured.ts';

const child = new URL('./size-child.js', import.meta.url);
const MIB = 1024 ** 2;
const walks = 3;

export const sizeBench: Bench = {
  name: 'size',
  about: 'bytes a row after three walks and a week of events, and the longest write-ahead log on the way',
  async run(settings, report) {
    const orders = settings.orders ?? (settings.scale === 'small' ? 20_000 : 1_000_000);
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
        // What a database has besides its rows weighs on a few of them.
        { what: 'bytes a row', found: bytesPerRow, atMost: settings.scale === 'small' ? 340 : 300, kind: 'count' },
        { what: 'write-ahead log, MiB', found: output.walMaxBytes / MIB, atMost: 32, kind: 'count' },
        { what: 'written by an unchanged walk, to the first', found: shareOfFirst, atMost: 0.05, kind: 'count' },
      ],
      more: {
        rows: output.rows,
        'free pages MiB': output.freeBytes / MIB,
        'first walk wrote MiB': output.firstWalkBytes / MIB,
        'unchanged walk wrote MiB': output.unchangedWalkBytes / MIB,
        ordered: output.ordered,
        closed: output.closed,
        changed: output.changed,
        ...Object.fromEntries(output.parts.map(({ name, bytesPerRow: bytes }) => [name, bytes])),
      },
    });
  },
};

async function measure(
  orders: number,
  { signal }: BenchSettings,
): Promise<{ readonly output: SizeOutput; readonly rssMaxMiB: number }> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'smanager-bench-'));
  try {
    const chain = await BenchChain.start({ orders }, signal);
    try {
      return await runChild<SizeOutput>(child, { dataDir, url: chain.url } satisfies SizeInput, signal, botNodeOptions);
    } finally {
      await chain.close();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

function check(orders: number, output: SizeOutput): void {
  const { rows, ordered, closed, changed, decided, owners } = output;
  if (output.walks !== walks) throw new Error(`${output.walks} walks were complete, ${walks} were made`);
  if (rows !== orders + ordered) throw new Error(`${rows} rows, but ${orders} walked and ${ordered} ordered`);
  if (decided < rows || owners !== ordered || closed === 0 || changed < 5 * closed * 0.9)
    throw new Error(
      `decided ${decided}, owners ${owners}, closed ${closed}, changed ${changed}: the week did not pass`,
    );
}
