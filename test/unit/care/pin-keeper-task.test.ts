import { describe, expect, it, onTestFinished } from 'vitest';
import { PinKeeperTask } from '../../../src/care/pin-keeper-task.ts';
import type { KeptPins } from '../../../src/care/reconcile/pin-keeper.ts';
import { type ErrorCode, SmError } from '../../../src/domain/errors.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../../src/domain/units.ts';
import { Conditions } from '../../../src/runtime/conditions.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RecordingLogger } from '../../support/quiet-logger.ts';

class KeeperWorld {
  readonly clock = new ManualClock();
  readonly conditions = new Conditions(this.clock);
  readonly logger = new RecordingLogger();
  looks = 0;
  fails: ErrorCode | undefined;
  kept: Partial<KeptPins> = {};
  readonly task = new PinKeeperTask({
    clock: this.clock,
    conditions: this.conditions,
    logger: this.logger,
    keeper: {
      keepAll: async () => {
        this.looks += 1;
        if (this.fails !== undefined) throw new SmError(this.fails, 'no answer');
        return { pinned: 0, incomplete: 0, refused: 0, firstRefusal: undefined, ...this.kept };
      },
    },
  });
  readonly #abort = new AbortController();
  readonly ended: Promise<void>;

  constructor() {
    this.ended = this.task.run(this.#abort.signal);
    this.ended.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.ended.catch(() => undefined);
  }
}

function keeperWorld(): KeeperWorld {
  const world = new KeeperWorld();
  onTestFinished(async () => await world.stop());
  return world;
}

describe('a collection of garbage', () => {
  const refusal = 'no file';
  it.each<[string, Partial<KeptPins>, boolean, readonly string[]]>([
    ['may begin when all are pinned', {}, true, []],
    ['may begin when some were pinned again', { pinned: 2 }, true, ['info']],
    ['may begin when the blocks of some are gone: it takes nothing more', { incomplete: 1 }, true, ['warn']],
    ['may not begin while some are refused', { refused: 1, firstRefusal: refusal }, false, ['warn']],
    ['may not begin for others', { pinned: 1, incomplete: 1, refused: 1 }, false, ['info', 'warn']],
  ])('%s', async (_, kept, mayBegin, levels) => {
    const world = keeperWorld();
    world.kept = kept;
    const { refused } = await world.task.keepPins(new AbortController().signal);
    expect(refused === 0).toBe(mayBegin);
    expect(world.logger.lines.map(({ level }) => level)).toEqual(levels);
  });
});

describe('the pins of sealed files', () => {
  it('are looked at soon after the start, and then once a day', async () => {
    const world = keeperWorld();
    await world.clock.advance(9 * SECOND_MS);
    expect(world.looks).toBe(0);
    await world.clock.advance(SECOND_MS);
    expect(world.looks).toBe(1);
    await world.clock.advance(DAY_MS - MINUTE_MS);
    expect(world.looks).toBe(1);
    await world.clock.advance(2 * MINUTE_MS);
    expect(world.looks).toBe(2);
  });

  it('are looked at soon after a pull that left them in doubt, once for several', async () => {
    const world = keeperWorld();
    await world.clock.advance(MINUTE_MS);
    expect(world.looks).toBe(1);
    for (let pull = 0; pull < 3; pull += 1) world.task.notify();
    await world.clock.advance(MINUTE_MS);
    expect(world.looks).toBe(2);
  });

  it('are looked at again when somebody could not be asked, which is no condition of the bot', async () => {
    const world = keeperWorld();
    world.fails = 'SWORKER_UNREACHABLE';
    await world.clock.advance(MINUTE_MS);
    expect(world.looks).toBe(1);
    expect(world.conditions.ready).toBe(true);
    world.fails = undefined;
    await world.clock.advance(10 * MINUTE_MS);
    expect(world.looks).toBe(2);
  });

  it('do not hide a damaged database', async () => {
    const world = keeperWorld();
    world.fails = 'DATABASE_DAMAGED';
    await world.clock.advance(MINUTE_MS);
    await expect(world.ended).rejects.toThrow('no answer');
  });
});
