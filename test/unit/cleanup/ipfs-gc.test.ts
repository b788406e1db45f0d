import { describe, expect, it, onTestFinished } from 'vitest';
import { gcHold, gcPutOff, IpfsGcTask } from '../../../src/cleanup/ipfs-gc-task.ts';
import { type ErrorCode, SmError } from '../../../src/domain/errors.ts';
import { DAY_MS, GIB, HOUR_MS, MINUTE_MS } from '../../../src/domain/units.ts';
import { Conditions } from '../../../src/runtime/conditions.ts';
import { Database } from '../../../src/store/database.ts';
import { Facts } from '../../../src/store/facts.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';
import { RecordingLogger } from '../../support/quiet-logger.ts';
import { tempDir } from '../../support/temp-dir.ts';

class Repository {
  sizeBytes = 95 * GIB;
  storageMaxBytes: number | null = 100 * GIB;
  freedBytes = 50 * GIB;
  collections = 0;
  isAway = false;
  collects: (signal?: AbortSignal) => Promise<void> = async () => undefined;

  async repoSize(): Promise<{ sizeBytes: number; storageMaxBytes: number | null }> {
    this.#answer();
    return { sizeBytes: this.sizeBytes, storageMaxBytes: this.storageMaxBytes };
  }

  async collectGarbage(signal?: AbortSignal): Promise<{ removedBlocks: number; errors: readonly string[] }> {
    this.#answer();
    this.collections += 1;
    await this.collects(signal);
    this.sizeBytes -= this.freedBytes;
    return { removedBlocks: 10, errors: [] };
  }

  #answer(): void {
    if (this.isAway) throw new SmError('IPFS_UNREACHABLE', 'connection refused');
  }
}

class GcWorld {
  readonly clock = new ManualClock();
  readonly conditions = new Conditions(this.clock);
  readonly logger = new RecordingLogger();
  readonly repository = new Repository();
  readonly database: Database;
  running = 0;
  /** How many sealed files the daemon refuses to pin. */
  keepPins: () => Promise<number> = async () => 0;
  areFilesKnown = true;
  #abort: AbortController | undefined;
  #ended: Promise<void> | undefined;

  constructor(database: Database) {
    this.database = database;
  }

  async start(): Promise<void> {
    const task = new IpfsGcTask({
      clock: this.clock,
      conditions: this.conditions,
      logger: this.logger,
      ipfs: this.repository,
      database: this.database,
      facts: new Facts(this.database),
      pins: { countRunning: async () => this.running },
      pinKeeper: {
        keepPins: async () => ({ refused: await this.keepPins(), firstRefusal: 'Qm1: pin: merkledag: bad block' }),
      },
      areFilesKnown: async () => this.areFilesKnown,
      settings: { thresholdPercent: 90, intervalMs: HOUR_MS },
    });
    this.#abort = new AbortController();
    this.#ended = task.run(this.#abort.signal);
    await this.resting();
  }

  async resting(): Promise<void> {
    while (this.clock.sleeping === 0) await settle();
  }

  /** Moves on in steps of at most 10 s, as long as the shortest sleep of the task, resting at each. */
  async after(durationMs: number): Promise<void> {
    const endMs = this.clock.monotonicMs() + durationMs;
    while (this.clock.monotonicMs() < endMs) {
      await this.clock.advance(Math.min(10_000, endMs - this.clock.monotonicMs()));
      await this.resting();
    }
  }

  async stop(): Promise<void> {
    this.#abort?.abort();
    await this.#ended;
  }

  get putOff(): string | undefined {
    return this.conditions.list().find(({ name }) => name === gcPutOff)?.message;
  }

  get holds(): boolean {
    return this.conditions.has(gcHold);
  }
}

async function gcWorld(): Promise<GcWorld> {
  const database = await Database.open(await tempDir());
  const world = new GcWorld(database);
  onTestFinished(async () => {
    await world.stop();
    await database.close();
  });
  return world;
}

function failing(code: ErrorCode): () => Promise<never> {
  return async () => {
    throw new SmError(code, 'pin/ls: damaged');
  };
}

describe('garbage collection', () => {
  it('runs when the repository is too full and nothing is pulled, with new pulls held back meanwhile', async () => {
    const world = await gcWorld();
    await world.start();
    expect(world.holds).toBe(true);
    expect(world.conditions.ready).toBe(true);
    await world.after(10_000);
    expect(world.repository.collections).toBe(1);
    expect(world.holds).toBe(false);
  });

  it('asks for the pins of sealed files before pulls are held back, and right before it collects', async () => {
    const world = await gcWorld();
    const asked: { holds: boolean; collections: number }[] = [];
    world.keepPins = async () => {
      asked.push({ holds: world.holds, collections: world.repository.collections });
      return 0;
    };
    world.running = 1;
    await world.start();
    await world.after(MINUTE_MS);
    expect(asked).toEqual([{ holds: false, collections: 0 }]);
    world.running = 0;
    await world.after(10_000);
    expect(asked.slice(1)).toEqual([{ holds: true, collections: 0 }]);
    expect(world.repository.collections).toBe(1);
  });

  it('neither runs nor holds pulls back while nobody can be asked for the pins of sealed files', async () => {
    const world = await gcWorld();
    let isAway = true;
    world.keepPins = async () => {
      if (isAway) throw new SmError('SWORKER_UNREACHABLE', 'connection refused');
      return 0;
    };
    await world.start();
    await world.after(5 * MINUTE_MS);
    expect([world.repository.collections, world.holds]).toEqual([0, false]);
    expect(world.conditions.away('sworker')).toBe(true);
    isAway = false;
    await world.after(MINUTE_MS);
    expect([world.repository.collections, world.holds]).toEqual([1, false]);
    expect(world.conditions.away('sworker')).toBe(false);
  });

  it.each<[string, () => Promise<number>, RegExp]>([
    [
      'refuses to pin sealed files',
      async () => 2,
      /blocks of 2 sealed files .* refuses to pin: Qm1: pin: merkledag: bad block$/u,
    ],
    ['refuses to list its pins', failing('IPFS_REFUSED'), /does not let .* be found and pinned: pin\/ls: damaged$/u],
    ['lists its pins in no form known', failing('IPFS_BAD_ANSWER'), /be found and pinned: pin\/ls: damaged$/u],
  ])(
    'does not run while the daemon %s: no pull is ever held back, and it is asked again later',
    async (_, keepPins, words) => {
      const world = await gcWorld();
      let looks = 0;
      let heldLooks = 0;
      world.keepPins = async () => {
        looks += 1;
        heldLooks += Number(world.holds);
        return await keepPins();
      };
      await world.start();
      expect(world.putOff).toMatch(words);
      expect(world.logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
      for (let hour = 1; hour <= 8; hour += 1) {
        await world.after(HOUR_MS - MINUTE_MS);
        expect([looks, world.holds, world.putOff === undefined]).toEqual([hour, false, false]);
        await world.after(MINUTE_MS);
      }
      expect([heldLooks, world.repository.collections, world.conditions.away('ipfs')]).toEqual([0, 0, false]);
      world.keepPins = async () => 0;
      await world.after(HOUR_MS + MINUTE_MS);
      expect([world.repository.collections, world.holds, world.putOff]).toEqual([1, false, undefined]);
    },
  );

  it('is put off and lets pulls go on when the last of them left a sealed file that cannot be pinned', async () => {
    const world = await gcWorld();
    world.running = 1;
    await world.start();
    await world.after(MINUTE_MS);
    expect(world.holds).toBe(true);
    world.keepPins = failing('IPFS_REFUSED');
    world.running = 0;
    await world.after(10_000);
    expect([world.repository.collections, world.holds, world.putOff !== undefined]).toEqual([0, false, true]);
    world.keepPins = async () => 0;
    await world.after(HOUR_MS - MINUTE_MS);
    expect([world.repository.collections, world.holds]).toEqual([0, false]);
    await world.after(2 * MINUTE_MS);
    expect([world.repository.collections, world.putOff]).toEqual([1, undefined]);
  });

  it('lifts the hold after 6 hours also when no pull runs and nobody can be asked, over a restart too', async () => {
    const world = await gcWorld();
    await world.start();
    world.keepPins = failing('SWORKER_UNREACHABLE');
    await world.after(4 * HOUR_MS);
    await world.stop();
    world.conditions.clear(gcHold);
    await world.start();
    await world.after(2 * HOUR_MS - 2 * MINUTE_MS);
    expect([world.holds, world.conditions.away('sworker')]).toEqual([true, true]);
    await world.after(3 * MINUTE_MS);
    expect([world.holds, world.conditions.away('sworker')]).toEqual([false, false]);
    world.keepPins = async () => 0;
    await world.after(DAY_MS - HOUR_MS);
    expect([world.holds, world.repository.collections]).toEqual([false, 0]);
    await world.after(HOUR_MS);
    expect(world.repository.collections).toBe(1);
  });

  it('runs after a hold that ended while the process was away, when nothing is pulled any more', async () => {
    const world = await gcWorld();
    world.running = 1;
    await world.start();
    await world.stop();
    world.clock.stepWall(7 * HOUR_MS);
    world.running = 0;
    world.conditions.clear(gcHold);
    await world.start();
    await world.after(10_000);
    expect(world.repository.collections).toBe(1);
  });

  it('asks for nothing and holds nothing back before all sealed files are known', async () => {
    const world = await gcWorld();
    let looks = 0;
    world.keepPins = async () => {
      looks += 1;
      return 0;
    };
    world.areFilesKnown = false;
    await world.start();
    await world.after(2 * HOUR_MS);
    expect([looks, world.holds, world.repository.collections]).toEqual([0, false, 0]);
    world.areFilesKnown = true;
    await world.after(10_000);
    expect(world.holds).toBe(true);
    // A process that takes a hold over does not know them either.
    await world.stop();
    world.conditions.clear(gcHold);
    world.areFilesKnown = false;
    await world.start();
    await world.after(HOUR_MS);
    expect([world.holds, world.repository.collections]).toEqual([false, 0]);
    world.areFilesKnown = true;
    await world.after(2 * MINUTE_MS);
    expect(world.repository.collections).toBe(1);
  });

  it('lets pulls go on when files become unknown while it waits for them', async () => {
    const world = await gcWorld();
    world.running = 1;
    await world.start();
    expect(world.holds).toBe(true);
    world.areFilesKnown = false;
    await world.after(10_000);
    expect(world.holds).toBe(false);
  });

  it('does not run at or below the threshold, or without a limit', async () => {
    const world = await gcWorld();
    world.repository.sizeBytes = 90 * GIB;
    await world.start();
    world.repository.storageMaxBytes = null;
    world.repository.sizeBytes = 999 * GIB;
    await world.after(HOUR_MS + MINUTE_MS);
    expect(world.repository.collections).toBe(0);
    expect(world.holds).toBe(false);
  });

  it('waits for running pulls and runs when the last has ended', async () => {
    const world = await gcWorld();
    world.running = 3;
    await world.start();
    await world.after(5 * HOUR_MS);
    expect(world.holds).toBe(true);
    expect(world.repository.collections).toBe(0);
    world.running = 0;
    await world.after(10_000);
    expect(world.repository.collections).toBe(1);
    expect(world.holds).toBe(false);
  });

  it('lifts the hold after 6 hours and tries again a day later', async () => {
    const world = await gcWorld();
    world.running = 3;
    await world.start();
    await world.after(6 * HOUR_MS - 10_000);
    expect(world.holds).toBe(true);
    await world.after(10_000);
    expect(world.holds).toBe(false);
    world.running = 0;
    await world.after(DAY_MS - HOUR_MS);
    expect(world.holds).toBe(false);
    expect(world.repository.collections).toBe(0);
    await world.after(HOUR_MS + MINUTE_MS);
    expect(world.repository.collections).toBe(1);
  });

  it('counts the hold on over a restart', async () => {
    const world = await gcWorld();
    world.running = 1;
    await world.start();
    await world.after(4 * HOUR_MS);
    await world.stop();
    world.conditions.clear(gcHold);
    await world.start();
    expect(world.holds).toBe(true);
    await world.after(2 * HOUR_MS);
    expect(world.holds).toBe(false);
  });

  it('gives a pull that is being claimed the time to show up, also after a restart', async () => {
    const world = await gcWorld();
    await world.start();
    await world.stop();
    world.conditions.clear(gcHold);
    await world.start();
    expect(world.repository.collections).toBe(0);
    world.running = 1;
    await world.after(MINUTE_MS);
    expect(world.repository.collections).toBe(0);
  });

  it('that freed little is not repeated for a day; one that freed enough comes again after the interval', async () => {
    const world = await gcWorld();
    world.repository.freedBytes = 4 * GIB;
    await world.start();
    await world.after(23 * HOUR_MS);
    expect(world.repository.collections).toBe(1);
    world.repository.sizeBytes = 99 * GIB;
    world.repository.freedBytes = 5 * GIB;
    await world.after(HOUR_MS + MINUTE_MS);
    expect(world.repository.collections).toBe(2);
    await world.after(HOUR_MS - 2 * MINUTE_MS);
    expect(world.repository.collections).toBe(2);
    await world.after(3 * MINUTE_MS);
    expect(world.repository.collections).toBe(3);
  });

  it('lifts the hold when the daemon fails to collect, and is tried again a day later', async () => {
    const world = await gcWorld();
    world.repository.collects = failing('IPFS_REFUSED');
    await world.start();
    await world.after(10_000);
    expect([world.repository.collections, world.holds, world.conditions.away('ipfs')]).toEqual([1, false, true]);
    world.repository.collects = async () => undefined;
    await world.after(DAY_MS - HOUR_MS);
    expect([world.repository.collections, world.holds, world.conditions.away('ipfs')]).toEqual([1, false, false]);
    await world.after(HOUR_MS + MINUTE_MS);
    expect(world.repository.collections).toBe(2);
  });

  it.each(['before', 'after'])(
    'is tried again after the interval when the size of the repository cannot be asked %s it',
    async (moment) => {
      const world = await gcWorld();
      world.repository.freedBytes = 0;
      let looks = 0;
      world.keepPins = async () => {
        looks += 1;
        world.repository.isAway = moment === 'before' && looks === 2;
        return 0;
      };
      world.repository.collects = async () => void (world.repository.isAway = moment === 'after');
      await world.start();
      await world.after(20_000);
      expect(world.holds).toBe(false);
      const before = world.repository.collections;
      expect(before).toBe(moment === 'before' ? 0 : 1);
      world.repository.isAway = false;
      world.repository.collects = async () => undefined;
      await world.after(HOUR_MS - 2 * MINUTE_MS);
      expect(world.repository.collections).toBe(before);
      await world.after(3 * MINUTE_MS);
      expect(world.repository.collections).toBe(before + 1);
    },
  );

  it('that was cut off by a stop is tried again after the interval', async () => {
    const world = await gcWorld();
    let began: () => void = () => undefined;
    const beginning = new Promise<void>((resolve) => (began = resolve));
    world.repository.collects = async (signal) => {
      began();
      await new Promise<void>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
    };
    await world.start();
    await world.clock.advance(10_000);
    await beginning;
    await world.stop();
    world.repository.collects = async () => undefined;
    await world.start();
    await world.after(HOUR_MS - MINUTE_MS);
    expect(world.repository.collections).toBe(1);
    await world.after(2 * MINUTE_MS);
    expect(world.repository.collections).toBe(2);
  });

  it('is not put off for ever by a clock that was wrong', async () => {
    const world = await gcWorld();
    world.clock.stepWall(365 * DAY_MS);
    world.running = 1;
    await world.start();
    await world.stop();
    world.clock.stepWall(-365 * DAY_MS);
    await world.start();
    await world.after(6 * HOUR_MS + MINUTE_MS);
    expect(world.holds).toBe(false);
    await world.stop();
    world.clock.stepWall(-365 * DAY_MS);
    world.running = 0;
    await world.start();
    await world.after(MINUTE_MS);
    expect(world.repository.collections).toBe(1);
  });
});
