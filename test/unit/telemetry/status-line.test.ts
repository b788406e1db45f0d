import { describe, expect, it, onTestFinished } from 'vitest';
import { MIB, MINUTE_MS } from '../../../src/domain/units.ts';
import type { Task } from '../../../src/runtime/task.ts';
import { StateTask } from '../../../src/telemetry/state-task.ts';
import { StatusLineTask } from '../../../src/telemetry/status-line-task.ts';
import { until } from '../../support/rejection.ts';
import { TelemetryWorld } from '../../support/telemetry-world.ts';

function start(task: Task): void {
  const stop = new AbortController();
  const done = task.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await done;
  });
}

describe('the status line', () => {
  it('tells head, indexed block, orders by status, pulls, bytes and the last outage, once a minute', async () => {
    const world = await TelemetryWorld.open();
    const nowMs = world.clock.nowMs();
    await world.setFact('chain-time', { atBlock: 120, atMs: nowMs, blockTimestampMs: nowMs, specVersion: 25 });
    await world.setFact('event-cursor', { block: 118 });
    await world.order({ status: 'handled', sizeBytes: 1 });
    await world.order({ status: 'waiting', verdict: 'dice', sizeBytes: 1 });
    await world.order({ status: 'waiting', verdict: 'not-ours', sizeBytes: 1 });
    await world.pin({ status: 'running', sizeBytes: 9 * MIB, sealedBytes: 3 * MIB, updatedMs: nowMs });
    await world.pin({ status: 'sealed', sizeBytes: 2 * MIB, updatedMs: nowMs });
    start(new StatusLineTask(world));
    await world.clock.advance(10_000);
    await until(() => world.logger.lines.length === 1);
    expect(world.logger.lines[0]).toEqual({
      level: 'info',
      message: 'Status',
      context: {
        ready: true,
        head: 120,
        indexed: 118,
        waiting: 2,
        handled: 1,
        pulls: 1,
        sealedOfRunning: '3.0 MiB',
        pulled24h: '2.0 MiB',
        lastOutage: 'none',
      },
    });
    world.conditions.raise('outage:workload', { kind: 'outage', part: 'sworker', message: 'sWorker is away' });
    await until(() => world.clock.sleeping === 1);
    await world.clock.advance(MINUTE_MS);
    await until(() => world.logger.lines.length === 2);
    expect(world.logger.lines[1]?.context).toMatchObject({
      ready: false,
      waitingFor: 'sWorker is away',
      lastOutage: 'sworker 1 min ago',
    });
  });

  it('remembers an outage of before the start', async () => {
    const world = await TelemetryWorld.open();
    const fromMs = world.clock.nowMs() - 5 * MINUTE_MS;
    await world.setFact('last-outage', { part: 'ipfs', message: 'away', fromMs, toMs: fromMs + 1 });
    start(new StatusLineTask(world));
    await world.clock.advance(10_000);
    await until(() => world.logger.lines.length === 1);
    expect(world.logger.lines[0]?.context['lastOutage']).toBe('ipfs 5 min ago');
  });
});

describe('what the database says about the bot', () => {
  it('is written when it changed, and every minute', async () => {
    const world = await TelemetryWorld.open();
    const written = async () => await world.facts.find('conditions');
    start(new StateTask(world));
    await until(() => world.clock.sleeping === 1);
    const startMs = world.clock.nowMs();
    expect(await written()).toEqual({ atMs: startMs, ready: true, list: [] });
    await world.clock.advance(1_000);
    await until(() => world.clock.sleeping === 1);
    expect((await written())?.atMs).toBe(startMs);
    world.conditions.raise('no-group', { kind: 'wait', part: 'node', message: 'no group' });
    await world.clock.advance(1_000);
    await until(() => world.clock.sleeping === 1);
    expect(await written()).toMatchObject({ ready: false, list: [{ name: 'no-group', kind: 'wait' }] });
  });

  it('ends an outage that the process before did not live to see the end of', async () => {
    const world = await TelemetryWorld.open();
    await world.setFact('last-outage', { part: 'chain', message: 'away', fromMs: 1, toMs: null });
    start(new StateTask(world));
    await until(() => world.clock.sleeping === 1);
    expect(await world.facts.find('last-outage')).toMatchObject({ part: 'chain', toMs: world.clock.nowMs() });
  });
});
