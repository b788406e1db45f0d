import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { databaseFileName } from '../../../src/store/database.ts';
import { madeDatabase } from '../database/made-database.ts';
import { RawConnection } from '../database/raw.ts';
import type { Bench, BenchSettings, Figure } from '../harness/bench.ts';
import { startChild, botNodeOptions } from '../harness/child.ts';
import { interleavedPairs } from '../harness/pairs.ts';
import { median, range } from '../harness/stats.ts';
import { measuredStart, restingMemory, stopped } from './measured-start.ts';
import { restDatabase } from './rested-database.ts';
import type { WorldAround, WorldWish } from './world-around.ts';

const botMain = fileURLToPath(new URL('../../../src/main.js', import.meta.url));
const limitMain = fileURLToPath(new URL('./limit-child.js', import.meta.url));
/** Behind the head of a made database, at the beginning of a report slot. */
const firstBlock = 16_000_200;
/** A bot at rest allocates so little that V8 gives the room of the start back only after some forty seconds. */
const settleMs = 60_000;

export const startBench: Bench = {
  name: 'start',
  about: 'the built bot from the start of its process until every end point has answered, and its memory at rest',
  takes: ['orders', 'runs'],
  async run(settings, report) {
    const { scale } = settings;
    const sizes = scale === 'small' ? [10_000] : scale === 'full' ? [1_000_000, 5_000_000] : [1_000_000];
    for (const orders of settings.orders === undefined ? sizes : [settings.orders]) {
      report(await measure(orders, settings));
    }
  },
};

async function measure(orders: number, settings: BenchSettings): Promise<Figure> {
  const { scale, signal } = settings;
  const dataDir = await madeDatabase(orders, settings);
  const wish: WorldWish = { dataDir, firstBlock, members: 4, activeNodes: 2000 };
  const world = startChild(new URL('./world-child.js', import.meta.url), wish);
  try {
    const [around] = (await once(world, 'message', { signal })) as [WorldAround];
    const configPath = await restDatabase(dataDir, around);
    const runs = settings.runs ?? (scale === 'small' ? 1 : 3);
    const waitMs = scale === 'small' ? 1000 : settleMs;
    const { limits, values } = await interleavedPairs(
      runs,
      async () => {
        const { child, readyMs } = await measuredStart([limitMain, path.join(dataDir, databaseFileName)], {}, signal);
        if (child.exitCode === null) await once(child, 'exit');
        return readyMs;
      },
      async () => {
        const { child, readyMs, messages } = await measuredStart(
          [...botNodeOptions, botMain, 'run'],
          { SMANAGER_CONFIG: configPath },
          signal,
        );
        const memory = await restingMemory(child, waitMs, signal);
        const code = await stopped(child);
        if (code !== 0 || messages.filter((message) => message === 'Ready').length !== 1)
          throw new Error(`the bot ended with ${code}; its lines: ${messages.join(' | ')}`);
        return { readyMs, ...memory };
      },
    );
    await checkOrders(dataDir, orders);
    const readyMs = values.map((value) => value.readyMs);
    const idleMiB = values.map((value) => value.idleMiB);
    return {
      bench: 'start',
      orders,
      latencyMs: 0,
      value: median(readyMs),
      unit: 'ms until ready',
      limit: median(limits),
      ratio: median(limits) / median(readyMs),
      range: range(readyMs),
      limitRange: range(limits),
      rssMaxMiB: Math.max(...values.map((value) => value.peakMiB)),
      runs,
      budgets: [
        {
          what: 'ms more than the limit',
          found: median(readyMs.map((ms, run) => ms - (limits[run] ?? 0))),
          atMost: 1000,
          kind: 'time',
        },
        ...(scale === 'small'
          ? []
          : [{ what: 'RSS idle, MiB', found: median(idleMiB), atMost: 130, kind: 'memory' as const }]),
      ],
      more: {
        'RSS when ready, MiB': median(values.map((value) => value.readyMiB)),
        'RSS idle, MiB': median(idleMiB),
        'after s': waitMs / 1000,
      },
    };
  } finally {
    world.disconnect();
    await once(world, 'exit');
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function checkOrders(dataDir: string, orders: number): Promise<void> {
  const connection = await RawConnection.open(path.join(dataDir, databaseFileName));
  try {
    const found = await connection.number('SELECT SUM(orders) FROM tally');
    if (found !== orders) throw new Error(`${found} orders after the starts, ${orders} before`);
  } finally {
    await connection.close();
  }
}
