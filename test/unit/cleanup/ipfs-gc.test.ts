import { describe, expect, it, onTestFinished } from 'vitest';
import { gcHold, gcPutOff, IpfsGcTask } from '../../../src/cleanup/ipfs-gc-task.ts';
import { SmError } from '../../../src/domain/errors.ts';
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

  async repoSize(): Promise<{ sizeBytes: number; storageMaxBytes: number | null }> {
    this.#answer();
    return { sizeBytes: this.sizeBytes, storageMaxBytes: this.storageMaxBytes };
  }

  async collectGarbage(): Promise<{ removedBlocks: number; errors: readonly string[] }> {
    this.#answer();
    this.collections += 1;
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

  it('runs after the pins of sealed files were looked at, and not while that is not possible', async () => {
    const world = await gcWorld();
    const collectedBefore: number[] = [];
    let isAway = true;
    world.keepPins = async () => {
      collectedBefore.push(world.repository.collections);
      if (isAway) throw new SmError('SWORKER_UNREACHABLE', 'connection refused');
      return 0;
    };
    await world.start();
    await world.after(5 * MINUTE_MS);
    expect(world.repository.collections).toBe(0);
    expect(collectedBefore.length).toBeGreaterThan(1);
    expect(world.holds).toBe(true);
    isAway = false;
    await world.after(MINUTE_MS);
    expect(world.repository.collections).toBe(1);
    expect(new Set(collectedBefore)).toEqual(new Set([0]));
    expect(world.holds).toBe(false);
  });

  it('does not run while the daemon refuses to pin sealed files: pulls go on, and it is tried again later', async () => {
    const world = await gcWorld();
    let looks = 0;
    world.keepPins = async () => {
      looks += 1;
      return looks > 1 ? 0 : 2;
    };
    await world.start();
    await world.after(MINUTE_MS);
    expect([looks, world.repository.collections, world.holds]).toEqual([1, 0, false]);
    expect(world.putOff).toMatch(/blocks of 2 sealed files .* refuses to pin: Qm1: pin: merkledag: bad block$/u);
    expect(world.logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    await world.after(HOUR_MS - 2 * MINUTE_MS);
    expect([looks, world.holds]).toEqual([1, false]);
    expect(world.putOff).toBeDefined();
    await world.after(2 * MINUTE_MS);
    expect([looks, world.repository.collections, world.holds]).toEqual([2, 1, false]);
    expect(world.putOff).toBeUndefined();
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

  it('lifts the hold when the daemon fails, and is tried again after the interval', async () => {
    const world = await gcWorld();
    world.running = 1;
    await world.start();
    world.repository.isAway = true;
    world.running = 0;
    await world.after(10_000);
    expect(world.holds).toBe(false);
    expect(world.conditions.away('ipfs')).toBe(true);
    world.repository.isAway = false;
    await world.after(HOUR_MS + MINUTE_MS);
    expect(world.repository.collections).toBe(1);
    expect(world.conditions.away('ipfs')).toBe(false);
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
