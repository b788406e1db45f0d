import { describe, expect, it } from 'vitest';
import { SmError } from '../../../src/domain/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/units.ts';
import { Conditions, type OutsidePart } from '../../../src/runtime/conditions.ts';
import { heldRound, runLoop } from '../../../src/runtime/loop.ts';
import { OutageWatch } from '../../../src/runtime/outage-watch.ts';
import { supervise } from '../../../src/runtime/supervise.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RecordingLogger } from '../../support/quiet-logger.ts';

function world() {
  const clock = new ManualClock();
  return { clock, conditions: new Conditions(clock), logger: new RecordingLogger() };
}

describe('a loop', () => {
  it('starts the next round an interval after the last one ended, and stops on request', async () => {
    const parts = world();
    const stop = new AbortController();
    const startedMs: number[] = [];
    const done = runLoop(parts, { name: 'x', intervalMs: 1000 }, stop.signal, async (signal) => {
      startedMs.push(parts.clock.monotonicMs());
      await parts.clock.sleep(500, signal);
    });
    await parts.clock.advance(4000);
    expect(startedMs).toEqual([0, 1500, 3000]);
    stop.abort();
    await done;
    expect(parts.clock.sleeping).toBe(0);
  });

  it('waits an outage out under a condition that its recovery clears', async () => {
    const parts = world();
    const stop = new AbortController();
    let away = true;
    const done = runLoop(parts, { name: 'x', intervalMs: 60_000 }, stop.signal, async () => {
      if (away) throw new SmError('CHAIN_UNREACHABLE', 'no answer');
    });
    await parts.clock.advance(1000);
    expect(parts.conditions.away('chain')).toBe(true);
    expect(parts.conditions.ready).toBe(false);
    away = false;
    await parts.clock.advance(20_000);
    expect(parts.conditions.list()).toEqual([]);
    expect(parts.conditions.lastOutage?.toMs).not.toBeNull();
    stop.abort();
    await done;
  });

  it('tells of its recovery when it goes on, not when it is held', async () => {
    const parts = world();
    const stop = new AbortController();
    let state: 'away' | 'held' | 'fine' = 'away';
    const done = runLoop(parts, { name: 'x', intervalMs: 1000 }, stop.signal, async () => {
      if (state === 'away') throw new SmError('SWORKER_UNREACHABLE', 'no answer');
      return state === 'held' ? heldRound : undefined;
    });
    const told = () => parts.logger.lines.map(({ message }) => message);
    await parts.clock.advance(1500);
    state = 'held';
    await parts.clock.advance(3000);
    expect(parts.conditions.list()).toEqual([]);
    expect(told()).toEqual(['Cannot go on for now']);
    state = 'fine';
    await parts.clock.advance(3000);
    expect(told()).toEqual(['Cannot go on for now', 'Recovered']);
    stop.abort();
    await done;
  });

  it('asks for what cannot be decoded again every minute, and says so as an error each hour', async () => {
    const parts = world();
    const stop = new AbortController();
    const askedMs: number[] = [];
    let broken = true;
    const done = runLoop(parts, { name: 'looks', intervalMs: 6000, retryMs: 2000 }, stop.signal, async () => {
      askedMs.push(parts.clock.monotonicMs());
      const data = { endPoint: 'a', block: 7, field: 'FilesV2' };
      if (broken) throw new SmError('CHAIN_UNDECODABLE', 'no', data);
    });
    await parts.clock.advance(130_000);
    expect(askedMs).toEqual([0, 60_000, 120_000]);
    expect(parts.conditions.list()).toMatchObject([{ kind: 'wait', part: 'chain', blocksReady: true }]);
    const errors = () => parts.logger.lines.filter((line) => line.level === 'error');
    expect(errors()).toMatchObject([{ context: { loop: 'looks', endPoint: 'a', block: 7, field: 'FilesV2' } }]);
    await parts.clock.advance(3600_000);
    expect(errors()).toHaveLength(2);
    broken = false;
    await parts.clock.advance(60_000);
    expect(parts.conditions.ready).toBe(true);
    stop.abort();
    await done;
  });

  it.each(['COORDINATOR_UNREACHABLE', 'COORDINATOR_BAD_ANSWER'] as const)(
    'waits for the coordinator without limit: %s',
    async (code) => {
      const parts = world();
      const stop = new AbortController();
      const done = runLoop(parts, { name: 'x', intervalMs: 60_000 }, stop.signal, async () => {
        throw new SmError(code, 'no answer');
      });
      await parts.clock.advance(1000);
      expect(parts.conditions.list()).toMatchObject([{ kind: 'wait', part: 'coordinator', blocksReady: true }]);
      stop.abort();
      await done;
    },
  );

  it('ends the process on what it does not understand, and on a database that stayed busy', async () => {
    const parts = world();
    for (const error of [new TypeError('x'), new SmError('MOVE_REFUSED', 'x'), new SmError('DATABASE_BUSY', 'x')]) {
      await expect(
        runLoop(parts, { name: 'x', intervalMs: 1 }, new AbortController().signal, async () => {
          throw error;
        }),
      ).rejects.toBe(error);
    }
  });
});

describe('the supervisor', () => {
  it('stops the other tasks when one fails, waits for them, and passes the error on', async () => {
    const failure = new Error('defect');
    let settled = false;
    const waiting = {
      name: 'waiting',
      run: async (signal: AbortSignal) => {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
        settled = true;
      },
    };
    const failing = {
      name: 'failing',
      run: async () => {
        throw failure;
      },
    };
    await expect(supervise([waiting, failing], new AbortController().signal)).rejects.toBe(failure);
    expect(settled).toBe(true);
  });

  it('tells of the failure before the others have settled, so that one that hangs cannot keep the process', async () => {
    const failure = new Error('defect');
    const hanging = { name: 'hanging', run: async () => await new Promise<void>(() => undefined) };
    const failing = {
      name: 'failing',
      run: async () => {
        throw failure;
      },
    };
    const heard = new Promise<unknown>((resolve) => {
      void supervise([hanging, failing], new AbortController().signal, resolve);
    });
    expect(await heard).toBe(failure);
  });

  it('takes a task that ends by itself for a defect', async () => {
    await expect(
      supervise([{ name: 'short', run: async () => undefined }], new AbortController().signal),
    ).rejects.toThrow('short');
  });
});

/** What a loop's round ends with becomes the process's last word. */
async function lastWord(met: SmError): Promise<unknown> {
  const parts = world();
  const stop = new AbortController();
  const done = runLoop(parts, { name: 'x', intervalMs: 60_000 }, stop.signal, async () => {
    throw met;
  });
  const watch = new OutageWatch({ ...parts, maxOutageMs: 60_000, runningPulls: () => 0 });
  const ended = watch.run(new AbortController().signal).catch((reason: unknown) => reason);
  await parts.clock.advance(120_000);
  stop.abort();
  await done;
  return await ended;
}

/** A watch over one part that is away, beside a wait, as long as `pulls.running` are under way. */
function watched(part: OutsidePart, maxOutageMs: number, pulls: { running: number }) {
  const { clock, conditions, logger } = world();
  conditions.raise('sworker-upgrading', { kind: 'wait', part: 'sworker', message: 'upgrading' });
  conditions.raise('outage:state', { kind: 'outage', part, message: 'no word of it' });
  const watch = new OutageWatch({ clock, conditions, logger, maxOutageMs, runningPulls: () => pulls.running });
  let ended: unknown;
  void watch.run(new AbortController().signal).catch((error: unknown) => (ended = error));
  return { clock, pulls, ended: () => ended };
}

const fullDisk = (pulls: { running: number }) => watched('disk', MINUTE_MS, pulls);
const lostChain = (pulls: { running: number }) => watched('chain', 30 * MINUTE_MS, pulls);

describe('the outage watch', () => {
  it('ends with a final outage only when it lasted and no pull is running', async () => {
    const held = lostChain({ running: 1 });
    await held.clock.advance(31 * MINUTE_MS);
    expect(held.ended()).toBeUndefined();
    held.pulls.running = 0;
    await held.clock.advance(5_000);
    expect(held.ended()).toMatchObject({ code: 'CHAIN_UNREACHABLE', destiny: 'outage', isFinal: true });

    const young = lostChain({ running: 0 });
    await young.clock.advance(29 * MINUTE_MS);
    expect(young.ended()).toBeUndefined();
    await young.clock.advance(MINUTE_MS + 5_000);
    expect(young.ended()).toMatchObject({ code: 'CHAIN_UNREACHABLE', isFinal: true });
  });

  it('ends for a full disk with the last pull, at the latest after six hours', async () => {
    const lastEnds = fullDisk({ running: 1 });
    await lastEnds.clock.advance(5 * HOUR_MS);
    expect(lastEnds.ended()).toBeUndefined();
    lastEnds.pulls.running = 0;
    await lastEnds.clock.advance(5_000);
    expect(lastEnds.ended()).toMatchObject({ code: 'DISK_FULL', isFinal: true });

    const neverEnds = fullDisk({ running: 1 });
    await neverEnds.clock.advance(6 * HOUR_MS - 5_000);
    expect(neverEnds.ended()).toBeUndefined();
    await neverEnds.clock.advance(10_000);
    expect(neverEnds.ended()).toMatchObject({ code: 'DISK_FULL', isFinal: true });
  });

  it('gives an outage that follows a long wait its whole time', async () => {
    const parts = world();
    const stop = new AbortController();
    const watch = new OutageWatch({ ...parts, maxOutageMs: 30 * 60_000, runningPulls: () => 0 });
    let ended: unknown;
    const done = watch.run(stop.signal).catch((error: unknown) => (ended = error));
    parts.conditions.raise('outage:pull', { kind: 'wait', part: 'sworker', message: 'upgrading' });
    await parts.clock.advance(3600_000);
    expect(parts.conditions.raise('outage:pull', { kind: 'outage', part: 'sworker', message: 'gone' })).toBe(true);
    await parts.clock.advance(29 * 60_000);
    expect(parts.conditions.raise('outage:pull', { kind: 'outage', part: 'sworker', message: 'gone' })).toBe(false);
    expect(ended).toBeUndefined();
    await parts.clock.advance(2 * 60_000);
    await done;
    expect(ended).toMatchObject({ code: 'SWORKER_UNREACHABLE', isFinal: true });
  });

  it.each([
    ['DISK_READ_ONLY', 'it says so', 'it says so'],
    ['TOO_MANY_OPEN_FILES', 'it says so', 'it says so'],
    ['SWORKER_BAD_ANSWER', 'no sense', 'sworker has been away for 1 minutes: no sense'],
  ] as const)('ends with the code of the error that began it: %s', async (code, message, said) => {
    expect(await lastWord(new SmError(code, message))).toMatchObject({ code, message: said, isFinal: true });
  });

  it('never ends for a wait', async () => {
    const parts = world();
    const stop = new AbortController();
    const watch = new OutageWatch({ ...parts, maxOutageMs: 60_000, runningPulls: () => 0 });
    parts.conditions.raise('sworker-upgrading', { kind: 'wait', part: 'sworker', message: 'upgrading' });
    const done = watch.run(stop.signal);
    await parts.clock.advance(24 * 3600_000);
    stop.abort();
    await expect(done).resolves.toBeUndefined();
  });
});
