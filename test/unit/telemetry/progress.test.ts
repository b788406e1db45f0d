import { describe, expect, it, onTestFinished } from 'vitest';
import { SECOND_MS } from '../../../src/domain/units.ts';
import { ProgressBarTask } from '../../../src/telemetry/progress-bar-task.ts';
import { progressBar } from '../../../src/telemetry/progress-text.ts';
import { StatusLineTask } from '../../../src/telemetry/status-line-task.ts';
import { until } from '../../support/rejection.ts';
import { TelemetryWorld } from '../../support/telemetry-world.ts';

/** The storage key of the entry a quarter of the way through the map. */
const quarter = `0x${'00'.repeat(32)}4000000000000000`;

async function walking(world: TelemetryWorld, ordersNow = 50_000): Promise<void> {
  const nowMs = world.clock.nowMs();
  await world.database.write('event', async (tx) => {
    await tx('walk')
      .insert({
        id: 7,
        status: 'running',
        reason: 'first',
        reads_all: 1,
        anchor_block: 5,
        oldest_page_block: 5,
        newest_page_block: 5,
        cursor: quarter,
        orders: ordersNow,
        started_ms: nowMs - 60 * SECOND_MS,
      })
      .onConflict('id')
      .merge();
  });
  await world.setFact('walk-run', {
    walkId: 7,
    sinceMs: nowMs - 10 * SECOND_MS,
    fromOrders: 0,
    fromShare: 0,
    atMs: nowMs,
    orders: ordersNow,
    share: 0.25,
  });
}

const catchingUp = { atBlock: 100, headBlock: 12_100, blocksPerSecond: 2000 };

describe('how a walk and a catch-up get on', () => {
  it('stands in the status line with rate and expected end', async () => {
    const world = await TelemetryWorld.open();
    await walking(world);
    await world.setFact('event-progress', { ...catchingUp, atMs: world.clock.nowMs() });
    const stop = new AbortController();
    const done = new StatusLineTask(world).run(stop.signal);
    onTestFinished(async () => {
      stop.abort();
      await done;
    });
    await world.clock.advance(10_000);
    await until(() => world.logger.lines.length === 1);
    // Ten seconds have passed since it was noted.
    expect(world.logger.lines[0]?.context).toMatchObject({
      walk: '25 %, 50,000 of about 200,000 orders, 5,000 orders/s, 20 s left',
      catchUp: '12,000 blocks behind, 2,000 blocks/s, 0 s left',
    });
  });

  it('is not told of a walk that has ended, nor by the run of another one', async () => {
    const world = await TelemetryWorld.open();
    await walking(world);
    const nowMs = world.clock.nowMs();
    await world.setFact('walk-run', { ...(await present(world)), walkId: 6 });
    expect(progressBar(await world.overview.progress(nowMs), nowMs)).toBe(
      'walk [######------------------] 25 %, 50,000 orders',
    );
    await world.database.write('event', async (tx) => await tx('walk').update({ status: 'complete' }));
    expect(progressBar(await world.overview.progress(nowMs), nowMs)).toBe('');
  });

  it('is a bar of one line that follows the work, and leaves with the bot', async () => {
    const world = await TelemetryWorld.open();
    const { clock, conditions, logger, overview } = world;
    const shown: string[] = [];
    const stop = new AbortController();
    const done = new ProgressBarTask({ clock, conditions, logger, overview, show: (line) => shown.push(line) }).run(
      stop.signal,
    );
    await until(() => world.clock.sleeping === 1);
    await walking(world);
    await world.clock.advance(SECOND_MS);
    await until(() => world.clock.sleeping === 1);
    await world.setFact('event-progress', { ...catchingUp, atMs: world.clock.nowMs() });
    await world.clock.advance(SECOND_MS);
    await until(() => world.clock.sleeping === 1);
    stop.abort();
    await done;
    expect(shown).toEqual([
      '',
      'walk [######------------------] 25 %, 50,000 of about 200,000 orders, 5,000 orders/s, 29 s left',
      expect.stringMatching(/^walk .* 28 s left; events 12,000 blocks behind, 2,000 blocks\/s, 5 s left$/u),
      '',
    ]);
  });
});

async function present(world: TelemetryWorld) {
  const run = await world.facts.find('walk-run');
  if (run === undefined) throw new Error('no walk is noted');
  return run;
}
