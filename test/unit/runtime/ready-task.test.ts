import { describe, expect, it, onTestFinished } from 'vitest';
import { SmError } from '../../../src/domain/errors.ts';
import { Conditions } from '../../../src/runtime/conditions.ts';
import { type Question, ReadyTask } from '../../../src/runtime/ready-task.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';
import { RecordingLogger } from '../../support/quiet-logger.ts';

function started(questions: Readonly<Record<string, Question>>) {
  const clock = new ManualClock();
  const conditions = new Conditions(clock);
  const logger = new RecordingLogger();
  const task = new ReadyTask({ clock, conditions, logger, questions });
  const stop = new AbortController();
  const run = (): Promise<void> => {
    const done = task.run(stop.signal);
    onTestFinished(async () => {
      stop.abort();
      await done;
    });
    return done;
  };
  const said = (): readonly string[] => logger.lines.map(({ message }) => message);
  return { clock, conditions, logger, run, said, stop };
}

describe('a bot that starts', () => {
  it('is not ready before it runs, and ready once every end point has answered', async () => {
    let answer: (() => void) | undefined;
    const slow = async (): Promise<void> => await new Promise((resolve) => (answer = resolve));
    const world = started({ quick: async () => 1, slow });
    expect(world.conditions.ready).toBe(false);
    void world.run();
    await settle();
    expect(world.conditions.list()).toMatchObject([
      { kind: 'wait', message: 'not yet answered since the start: quick, slow' },
    ]);
    expect(world.said()).toEqual([]);
    answer?.();
    await settle();
    expect(world.conditions.ready).toBe(true);
    expect(world.said()).toEqual(['Ready']);
  });

  it('asks again only those that did not answer, under an outage that the first answer ends', async () => {
    const asked = { well: 0, away: 0 };
    const world = started({
      well: async () => (asked.well += 1),
      away: async () => {
        asked.away += 1;
        if (asked.away < 3) throw new SmError('IPFS_UNREACHABLE', 'no answer');
      },
    });
    void world.run();
    await settle();
    expect(world.conditions.away('ipfs')).toBe(true);
    expect(world.conditions.list().map(({ message }) => message)).toContain('not yet answered since the start: away');
    await world.clock.advance(10_000);
    expect(asked).toEqual({ well: 1, away: 3 });
    expect(world.conditions.list()).toEqual([]);
    expect(world.said().filter((message) => message === 'Ready')).toHaveLength(1);
  });

  it('says so only when nothing else stands in the way either, and once', async () => {
    const world = started({ quick: async () => 1 });
    world.conditions.raise('no-group', { kind: 'wait', part: 'node', message: 'no group' });
    void world.run();
    await world.clock.advance(60_000);
    expect(world.said()).toEqual([]);
    world.conditions.clear('no-group');
    await settle();
    world.conditions.raise('no-group', { kind: 'wait', part: 'node', message: 'no group' });
    world.conditions.clear('no-group');
    await settle();
    expect(world.said()).toEqual(['Ready']);
  });

  it.each(['before its answers', 'after them'])('ends when it is told to %s', async (when) => {
    const waits: Question = async (signal) =>
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    const world = started({ part: when === 'after them' ? async () => 1 : waits });
    const done = world.run();
    await settle();
    world.stop.abort();
    await expect(done).resolves.toBeUndefined();
  });

  it('ends the process by what no waiting mends', async () => {
    const clock = new ManualClock();
    const refused = new SmError('COORDINATOR_UNAUTHORIZED', 'wrong token');
    const questions = { part: async () => await Promise.reject(refused) };
    const parts = { clock, conditions: new Conditions(clock), logger: new RecordingLogger(), questions };
    await expect(new ReadyTask(parts).run(new AbortController().signal)).rejects.toBe(refused);
  });
});

describe('waiting until it is ready', () => {
  it('is over at once when it is', async () => {
    await expect(new Conditions(new ManualClock()).untilReady(new AbortController().signal)).resolves.toBeUndefined();
  });

  it('takes a condition that no longer blocks for cleared', async () => {
    const conditions = new Conditions(new ManualClock());
    const hold = { kind: 'wait', part: 'node', message: 'later' } as const;
    conditions.raise('pulls-held', hold);
    const waited = conditions.untilReady(new AbortController().signal);
    conditions.raise('pulls-held', { ...hold, blocksReady: false });
    await expect(waited).resolves.toBeUndefined();
  });

  it('is given up with the reason of the signal', async () => {
    const conditions = new Conditions(new ManualClock());
    conditions.raise('pulls-held', { kind: 'wait', part: 'node', message: 'later' });
    const stop = new AbortController();
    const waited = conditions.untilReady(stop.signal);
    stop.abort(new Error('enough'));
    await expect(waited).rejects.toThrow('enough');
  });
});
